"""A book is archived, and its ISBN comes back as another book."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, User
from accounts.tests.factories import StaffFactory
from bookstore.core.models import Mail
from catalog import services as catalogue
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking import services
from prebooking.jobs import requeue_prebooks, write_late_mails, write_mails
from prebooking.models import BookInDemand, Prebook
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db

ISBN = "9780141439518"


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(book=BookFactory(title="Middlemarch", isbn=ISBN), stock_quantity=0)


def archive(offer: Offer) -> None:
    catalogue.archive_book(offer.book_id)


def succeed(*, copies: int = 0) -> Offer:
    """Put the ISBN of the archived book into the shop again."""
    return OfferFactory(book=BookFactory(title="Middlemarch anew", isbn=ISBN), stock_quantity=copies)


def notices(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("url", flat=True))


def rows() -> list[tuple[str, int]]:
    return list(Prebook.objects.order_by("pk").values_list("status", "book"))


# To the successor


def test_who_waits_for_an_archived_book_waits_for_its_successor_in_the_old_place(offer):
    first, second = PrebookFactory(book=offer.book), PrebookFactory(book=offer.book)
    archive(offer)
    new = succeed()
    newcomer = PrebookFactory(book=new.book)
    requeue_prebooks()
    places = Prebook.objects.waiting().filter(book=new.book).with_position().order_by("position")
    assert list(places.values_list("pk", "created_at")) == [
        (each.pk, each.created_at) for each in (first, second, newcomer)
    ]
    assert Notification.objects.count() == 0


def test_the_shoppers_list_leads_to_the_successor(offer, user, reader):
    services.create_prebook(user, offer.book_id)
    archive(offer)
    new = succeed()
    page = reader.get("/prebooks/").text
    assert "No longer in our catalogue" in page and new.book.get_absolute_url() not in page
    requeue_prebooks()
    page = reader.get("/prebooks/").text
    assert "Waiting, 1st of 1" in page and new.book.get_absolute_url() in page


def test_a_successor_that_is_in_stock_is_told_of_once(offer, user):
    services.create_prebook(user, offer.book_id)
    archive(offer)
    new = succeed(copies=5)
    for _each in range(2):
        requeue_prebooks()
    assert (rows(), notices(user)) == ([("NOTIFIED", new.book_id)], [new.book.get_absolute_url()])
    write_mails(book_id=new.book_id)
    mail = Mail.objects.get()
    assert (mail.subject, new.book.get_absolute_url() in mail.text) == ("“Middlemarch anew” is back", True)


def test_who_was_told_of_the_archived_book_is_told_of_its_successor(offer, user):
    services.create_prebook(user, offer.book_id)
    catalogue.set_stock(offer.pk, 1)
    archive(offer)
    new = succeed(copies=1)
    requeue_prebooks()
    assert rows() == [("NOTIFIED", new.book_id)]
    assert notices(user) == [offer.book.get_absolute_url(), new.book.get_absolute_url()]


def test_a_mail_of_the_archived_book_counts_for_the_mails_of_a_day(offer, user):
    services.create_prebook(user, offer.book_id)
    catalogue.set_stock(offer.pk, 1)
    write_mails(book_id=offer.book_id)
    archive(offer)
    new = succeed(copies=1)
    requeue_prebooks()
    write_mails(book_id=new.book_id)
    assert (Mail.objects.count(), Prebook.objects.get().is_mail_due) == (1, True)


@pytest.mark.parametrize("state", ["waiting", "told"])
@pytest.mark.parametrize("days", [-1, 1])
def test_who_wants_the_successor_already_keeps_one_prebook_with_the_earlier_place(offer, user, state, days):
    old = services.create_prebook(user, offer.book_id)
    archive(offer)
    new = succeed()
    mine = services.create_prebook(user, new.book_id)
    times = [mine.created_at, mine.created_at + timedelta(days=days)]
    Prebook.objects.filter(pk=old.pk).update(created_at=times[1])
    if state == "told":
        catalogue.set_stock(new.pk, 1)
    requeue_prebooks()
    status = {"waiting": "WAITING", "told": "NOTIFIED"}[state]
    assert rows() == [("CANCELLED", offer.book_id), (status, new.book_id)]
    mine.refresh_from_db()
    assert (mine.created_at, len(notices(user))) == (min(times), state == "told")


def test_whose_book_was_archived_twice_waits_for_the_third(offer, user):
    services.create_prebook(user, offer.book_id)
    archive(offer)
    second = succeed()
    other = PrebookFactory(book=second.book)
    services.create_prebook(user, second.book_id)
    archive(second)
    third = succeed(copies=1)
    requeue_prebooks()
    assert sorted(rows()) == [("CANCELLED", second.book_id), *[("NOTIFIED", third.book_id)] * 2]
    assert (len(notices(user)), len(notices(other.user))) == (1, 1)


def test_a_book_that_gets_the_isbn_later_is_a_successor(offer):
    PrebookFactory(book=offer.book)
    archive(offer)
    other = BookFactory()
    catalogue.update_book(other.pk, {"isbn": ISBN})
    requeue_prebooks()
    assert rows() == [("WAITING", other.pk)]


def test_what_was_cancelled_or_bought_stays_with_the_archived_book(offer):
    cancelled, bought = PrebookFactory(book=offer.book), PrebookFactory(book=offer.book)
    services.cancel_prebook(cancelled.user, cancelled.pk)
    services.fulfil(bought.user_id, [offer.book_id])
    archive(offer)
    succeed()
    requeue_prebooks()
    assert rows() == [("CANCELLED", offer.book_id), ("FULFILLED", offer.book_id)]


@pytest.mark.parametrize("change", ["archived", "other ISBN"])
def test_a_successor_that_is_none_any_more_gets_nobody(offer, change):
    PrebookFactory(book=offer.book)
    archive(offer)
    new = succeed()
    (pair,) = services.books_succeeded()
    if change == "archived":
        archive(new)
    else:
        catalogue.update_book(new.book_id, {"isbn": ""})
    assert (services.pass_on(*pair), rows()) == (0, [("WAITING", offer.book_id)])


def test_passing_on_costs_as_many_queries_however_many_wait(offer):
    amounts = []
    for number in (1, 5):
        for _each in range(number):
            PrebookFactory(book=offer.book)
        archive(offer)
        new = succeed(copies=1)
        with CaptureQueriesContext(connection) as queries:
            assert services.pass_on(offer.book_id, new.book_id) == number
        amounts.append(len(queries))
        archive(new)
        offer = succeed()
    assert amounts[0] == amounts[1]


@pytest.mark.parametrize("is_passed_on", [False, True])
def test_who_buys_the_successor_waits_no_longer(offer, user, is_passed_on):
    services.create_prebook(user, offer.book_id)
    stranger = PrebookFactory(user=user)
    archive(offer)
    new = succeed(copies=1)
    if is_passed_on:
        requeue_prebooks()
    assert services.fulfil(user.pk, [new.book_id]) == 1
    requeue_prebooks()
    assert set(Prebook.objects.open()) == {stranger}
    assert len(notices(user)) == is_passed_on


def test_books_without_isbn_succeed_nothing():
    for book in (BookFactory(isbn=""), BookFactory(isbn="")):
        PrebookFactory(book=book)
    catalogue.archive_book(Book.objects.earliest("pk").pk)
    assert services.books_succeeded() == []


# Without a successor


def test_who_was_told_of_a_book_that_is_archived_waits_again_and_no_mail_is_due(offer):
    PrebookFactory(book=offer.book)
    catalogue.set_stock(offer.pk, 1)
    archive(offer)
    write_mails(book_id=offer.book_id)
    requeue_prebooks()
    write_late_mails()
    assert (rows(), Mail.objects.count()) == ([("WAITING", offer.book_id)], 0)
    assert Prebook.objects.filter(is_mail_due=True).count() == 0
    assert (services.books_sold_out(), services.books_succeeded(), services.books_with_mails_due()) == ([], [], [])


def test_archived_books_are_in_no_demand_and_staff_see_what_they_are(offer):
    mine, other = PrebookFactory(book=offer.book), PrebookFactory(book=BookFactory(title="Emma"))
    archive(offer)
    assert (list(Prebook.objects.in_demand()), list(BookInDemand.objects.wanted())) == ([other], [other.book])
    staff = Client()
    staff.force_login(StaffFactory())
    assert "Prebooks that wait: 1" in staff.get("/admin/").text
    page = staff.get("/admin/prebooking/prebook/", {"q": mine.user.email}).text
    assert "Middlemarch" in page and "archived" in page
    assert "archived" not in staff.get("/admin/prebooking/prebook/", {"q": other.user.email}).text
