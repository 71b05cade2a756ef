"""What others bought with a book: counted from what shoppers bought and kept, and shown on its page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import close_account
from accounts.tests.factories import UserFactory
from bookstore.core.tests.racing import failures, race
from catalog.models import Book
from catalog.services import archive_book, set_stock
from catalog.tests.factories import BookFactory, SeriesFactory
from orders.jobs import count_bought_together
from orders.models import BoughtTogether, Order
from orders.services import CheckoutRequest, cancel_order, check_out, refresh_bought_together, refund_order, together
from orders.tests.factories import IS_DECLINED, fill, offer_of, paying

pytestmark = pytest.mark.django_db


def book_to_buy(title: str, **fields: Any) -> Book:
    return offer_of(50, book=BookFactory(**{"title": title, "authors": [f"Author of {title}"], **fields})).book


def buy(user: User, *books: Book) -> Order:
    fill(user, *(book.offers.get() for book in books))
    return check_out(user, paying()).order


def buyers_of(*books: Book, count: int = 3) -> list[User]:
    """Let so many shoppers buy these books, each in one order."""
    users = UserFactory.create_batch(count)
    for user in users:
        buy(user, *books)
    return users


@pytest.fixture
def emma(db: Any) -> Book:
    """A book, in a shop where others buy something else."""
    buyers_of(book_to_buy("Something else"))
    return book_to_buy("Emma")


def beside(book: Book) -> list[str]:
    """Count anew, and return what stands beside a book."""
    refresh_bought_together()
    return [pair.other.title for pair in BoughtTogether.objects.beside(book)]


def test_book_page_shows_what_three_shoppers_bought_with_it(client: Client, emma: Book) -> None:
    persuasion = book_to_buy("Persuasion")
    buyers_of(emma, persuasion)
    count_bought_together()

    for book, other in ((emma, persuasion), (persuasion, emma)):
        shelf = client.get(book.get_absolute_url()).text.partition('id="others"')[2].partition("</section>")[0]
        assert "What others bought with it" in shelf
        assert f'href="{other.get_absolute_url()}"' in shelf


def test_nothing_is_shown_where_nothing_was_bought(client: Client, emma: Book) -> None:
    assert beside(emma) == []
    assert "What others bought with it" not in client.get(emma.get_absolute_url()).text


def test_what_two_shoppers_read_is_not_told_however_often_they_bought_it(emma: Book) -> None:
    persuasion = book_to_buy("Persuasion")
    two = buyers_of(emma, persuasion, count=2)
    for user in two:
        buy(user, emma, persuasion)
    assert beside(emma) == []

    buyers_of(emma, persuasion, count=1)
    assert beside(emma) == ["Persuasion"]


def test_what_one_shopper_bought_at_different_times_belongs_together(emma: Book) -> None:
    persuasion = book_to_buy("Persuasion")
    for user in buyers_of(emma):
        buy(user, persuasion)

    assert beside(emma) == ["Persuasion"]


def test_what_everybody_buys_stands_beside_nothing(emma: Book) -> None:
    bestseller, persuasion = book_to_buy("Bestseller"), book_to_buy("Persuasion")
    buyers_of(emma, bestseller, persuasion)
    for user in User.objects.exclude(orders__items__book=bestseller):
        buy(user, bestseller)

    assert beside(emma) == ["Persuasion"]


def test_what_belongs_more_comes_first_and_what_is_sold_out_last(emma: Book) -> None:
    gone, often, closest = (book_to_buy(title) for title in ("Gone", "Often", "Closest"))
    buyers_of(emma, gone, often, closest)
    buyers_of(often, count=2)
    set_stock(gone.offers.get().pk, 0)

    assert beside(emma) == ["Closest", "Often", "Gone"]


def test_two_books_that_many_bought_count_more_than_two_that_few_bought(emma: Book) -> None:
    few, many = book_to_buy("Few"), book_to_buy("Many")
    buyers_of(emma, few)
    buyers_of(emma, many, count=6)

    assert beside(emma) == ["Many", "Few"]


def test_what_was_not_paid_not_kept_or_long_ago_does_not_count(emma: Book) -> None:
    declined, cancelled, given_back, old = books = [book_to_buy(title) for title in "ABCD"]
    for user in buyers_of(emma):
        fill(user, declined.offers.get())
        check_out(user, CheckoutRequest(means=IS_DECLINED))
        user.carts.all().delete()
        cancel_order(buy(user, cancelled).pk, actor=user)
        order = buy(user, given_back)
        refund_order(order.pk, actor=None, lines={order.items.get().pk: 1})
        Order.objects.filter(pk=buy(user, old).pk).update(created_at=timezone.now() - timedelta(days=366))

    assert Order.objects.filter(items__book__in=books).count() == 12
    assert beside(emma) == []


def test_archived_book_is_gone_at_once_and_leaves_its_place_to_others(emma: Book, monkeypatch: Any) -> None:
    monkeypatch.setattr(together, "MOST_OTHERS", 1)
    closest, other = book_to_buy("Closest"), book_to_buy("Other")
    buyers_of(emma, closest, other)
    buyers_of(other, count=1)
    assert beside(emma) == ["Closest"]

    archive_book(closest.pk)

    assert not BoughtTogether.objects.beside(emma).exists()
    assert beside(emma) == ["Other"]


def test_shopper_who_buys_everything_counts_with_the_latest(emma: Book, monkeypatch: Any) -> None:
    monkeypatch.setattr(together, "MOST_BOOKS", 2)
    closest = book_to_buy("Closest")
    for user in buyers_of(book_to_buy("Long ago")):
        buy(user, emma), buy(user, closest)

    assert beside(emma) == ["Closest"]


def test_shopper_who_has_left_counts_no_more(emma: Book) -> None:
    leaver, *_others = buyers_of(emma, book_to_buy("Persuasion"))
    assert beside(emma) == ["Persuasion"]

    close_account(leaver)

    assert beside(emma) == []


def test_only_what_changed_is_written(emma: Book) -> None:
    persuasion = book_to_buy("Persuasion")
    buyers_of(emma, persuasion)
    assert refresh_bought_together() == 2
    before = versions()
    assert (refresh_bought_together(), versions()) == (0, before)

    buyers_of(emma, count=1)
    assert refresh_bought_together() == 2
    assert versions().keys() == before.keys()


def versions() -> dict[Any, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, (ctid, xmin, xmax)::text FROM orders_boughttogether")
        return dict(cursor.fetchall())


def test_page_does_not_show_a_book_twice(client: Client) -> None:
    buyers_of(book_to_buy("Something else"))
    series = SeriesFactory()
    first, second = (book_to_buy(f"Volume {number}", series=series, series_number=number) for number in "12")
    by_the_same, other = book_to_buy("More", authors=["Author of Volume 1"]), book_to_buy("Other")
    buyers_of(first, second, by_the_same, other)
    refresh_bought_together()

    page = client.get(first.get_absolute_url())

    assert page.context["others"] == [other]
    assert (second in page.context["series"], by_the_same in page.context["more"]) == (True, True)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_write_once() -> None:
    buyers_of(book_to_buy("Something else"))
    books = [book_to_buy(title) for title in "ABCDE"]
    buyers_of(*books)

    written = race(refresh_bought_together, refresh_bought_together)

    assert (failures(written), sorted(written)) == ([], [0, 20])
