"""What has become cheaper is told once, and by one mail a day; wishes count for popularity."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Channel, Kind, Notification, User
from accounts.services import set_preferences
from accounts.tests.factories import UserFactory
from bookstore.core.models import Mail
from catalog import services as catalogue
from catalog.jobs import count_popularity
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, OfferFactory
from wishlist import services
from wishlist.jobs import tell_price_drops
from wishlist.models import Wish
from wishlist.services import drops

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com")


def wished_offer(*users: User, title: str = "Emma", price: str = "10.00") -> Offer:
    offer = OfferFactory(book=BookFactory(title=title), price=Decimal(price))
    for user in users:
        services.add_wish(user, offer.book_id)
    return offer


def reprice(offer: Offer, price: str) -> None:
    catalogue.change_offer(offer.pk, price=Decimal(price))


def a_day_later() -> int:
    Wish.objects.update(told_at=F("told_at") - timedelta(days=1))
    return tell_price_drops()


def told(user: User) -> list[str]:
    return list(Notification.objects.of(user).order_by("pk").values_list("title", flat=True))


def test_a_drop_is_told_in_the_shop_and_by_mail(ada):
    offer = wished_offer(ada)
    reprice(offer, "8.50")
    assert tell_price_drops() == 1
    notice = Notification.objects.get()
    assert (notice.title, notice.body, notice.url) == (
        "“Emma” costs less",
        "It is on your wishlist, and now costs €8.50.",
        offer.book.get_absolute_url(),
    )
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("ada@example.com", "“Emma” costs less")
    assert f"€8.50, was €10.00\nhttp://localhost:8000{offer.book.get_absolute_url()}\n" in mail.text
    assert "List-Unsubscribe" in mail.headers


def test_a_drop_is_told_once_and_a_deeper_one_again(ada):
    offer = wished_offer(ada)
    for price, number in (("9.00", 1), ("9.00", 1), ("9.50", 1), ("8.99", 2), ("10.00", 2), ("8.99", 2)):
        reprice(offer, price)
        a_day_later()
        assert len(told(ada)) == number, price


def test_what_is_not_cheaper_than_when_saved_or_not_there_is_not_told(ada):
    offers = [wished_offer(ada) for _each in range(4)]
    reprice(offers[0], "10.00"), reprice(offers[1], "11.00")
    reprice(offers[2], "5.00"), catalogue.set_stock(offers[2].pk, 0)
    reprice(offers[3], "5.00"), catalogue.archive_book(offers[3].book_id)
    services.add_wish(ada, BookFactory().pk)
    assert tell_price_drops() == 0
    assert (Notification.objects.count(), Mail.objects.count()) == (0, 0)


def test_all_drops_of_a_day_go_into_one_mail_and_later_ones_wait(ada):
    first, second, third = (wished_offer(ada, title=title) for title in ("Emma", "Persuasion", "Sanditon"))
    reprice(first, "9.00"), reprice(second, "8.00")
    tell_price_drops()
    reprice(third, "7.00")
    assert tell_price_drops() == 0
    mail = Mail.objects.get()
    assert mail.subject == "2 books on your wishlist cost less"
    assert ("Emma" in mail.text, "Persuasion" in mail.text, "Sanditon" in mail.text) == (True, True, False)
    assert a_day_later() == 1
    assert sorted(told(ada)) == ["“Emma” costs less", "“Persuasion” costs less", "“Sanditon” costs less"]


def test_who_wants_no_mail_or_no_notice_gets_the_other(ada):
    other = UserFactory()
    set_preferences(ada, {(Kind.PRICE_DROP, Channel.MAIL): False})
    set_preferences(other, {(Kind.PRICE_DROP, Channel.IN_APP): False})
    reprice(wished_offer(ada, other), "9.00")
    assert tell_price_drops() == 2
    assert (told(ada), told(other)) == (["“Emma” costs less"], [])
    assert [mail.to for mail in Mail.objects.all()] == [other.email]


def test_many_readers_are_told_in_batches_that_stand_by_themselves(monkeypatch):
    monkeypatch.setattr(drops, "READERS_AT_ONCE", 2)
    readers = [UserFactory() for _each in range(5)]
    reprice(wished_offer(*readers), "9.00")
    assert tell_price_drops() == 5
    assert [len(told(reader)) for reader in readers] == [1] * 5
    assert Mail.objects.count() == 5


def test_notices_are_one_statement_for_each_book_however_many_wish_for_it():
    statements = []
    for number in (2, 6):
        reprice(wished_offer(*(UserFactory() for _each in range(number))), "9.00")
        with CaptureQueriesContext(connection) as queries:
            tell_price_drops()
        statements.append(sum("INSERT INTO accounts_notification" in query["sql"] for query in queries))
    assert statements == [1, 1]


def test_a_wish_counts_for_popularity_as_a_copy_sold_does():
    wished, sold, both, neither = (OfferFactory(stock_quantity=90) for _each in range(4))
    for _each in range(12):
        user = UserFactory()
        services.add_wish(user, wished.book_id), services.add_wish(user, both.book_id)
    catalogue.take_stock({sold.pk: 9, both.pk: 9}, order_number="A-1")
    count_popularity()
    books = Book.objects.in_bulk()
    assert [books[offer.book_id].popularity for offer in (wished, sold, both, neither)] == [10, 9, 20, 0]
    Wish.objects.all().delete()
    count_popularity()
    assert Book.objects.get(pk=wished.book_id).popularity == 0
