"""Prebooks through HTTP, as the contract says."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tests.api import problem
from accounts.tests.factories import StaffFactory, UserFactory
from catalog import services as catalogue
from catalog.models import Book
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking import services
from prebooking.models import Prebook
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db

PREBOOKS = "/api/v1/prebooks"
DEMAND = "/api/v1/admin/prebooks/demand"


def prebook(client: APIClient, book: Book) -> dict[str, Any]:
    response = client.post(PREBOOKS, {"book_id": book.pk})
    assert response.status_code == 201, response.content
    return response.json()


def listed(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    response = client.get(PREBOOKS + query)
    assert response.status_code == 200, response.content
    return response.json()["items"]


def positions(client: APIClient) -> list[int | None]:
    return [item["position"] for item in listed(client)]


# Prebooking


def test_a_prebook_is_shown_as_the_contract_says(reader):
    book = BookFactory(title="The Hobbit", byline="J. R. R. Tolkien", authors=["J. R. R. Tolkien"])
    shown = prebook(reader, book)
    assert listed(reader) == [shown]
    assert shown.pop("created_at")[-1] == "Z"
    assert shown == {
        "id": Prebook.objects.get().pk, "book_id": book.pk, "book_title": "The Hobbit",
        "book_author": "J. R. R. Tolkien", "status": "WAITING", "notified_at": None, "fulfilled_at": None,
        "cancelled_at": None, "position": 1,
    }  # fmt: skip


def test_a_book_can_be_prebooked_whose_offers_are_empty_or_switched_off(reader):
    book = OfferFactory(stock_quantity=0).book
    OfferFactory(book=book, stock_quantity=5, is_active=False)
    assert prebook(reader, book)["status"] == "WAITING"


def test_what_cannot_be_prebooked_is_refused_and_leaves_nothing(reader):
    there, archived = OfferFactory(stock_quantity=1).book, BookFactory()
    OfferFactory(book=there, stock_quantity=0)
    catalogue.archive_book(archived.pk)
    refusals = {
        (409, "PREBOOK_BOOK_IN_STOCK"): [{"book_id": there.pk}],
        (404, "BOOK_NOT_FOUND"): [{"book_id": archived.pk}, {"book_id": 10**9}],
        (400, "VALIDATION_ERROR"): [{}, {"book_id": "1"}, {"book_id": True}, {"book_id": 0}, {"book_id": 10**30}, []],
    }  # fmt: skip
    for expected, bodies in refusals.items():
        for body in bodies:
            assert problem(reader.post(PREBOOKS, body)) == expected, body
    assert Prebook.objects.count() == 0


def test_a_book_is_prebooked_once_whether_waiting_or_told(reader):
    offer = OfferFactory(stock_quantity=0)
    prebook(reader, offer.book)
    assert problem(reader.post(PREBOOKS, {"book_id": offer.book_id})) == (409, "PREBOOK_DUPLICATE")
    catalogue.set_stock(offer.pk, 1)
    catalogue.set_stock(offer.pk, 0)
    assert problem(reader.post(PREBOOKS, {"book_id": offer.book_id})) == (409, "PREBOOK_DUPLICATE")
    assert [item["status"] for item in listed(reader)] == ["NOTIFIED"]


def test_a_key_sent_twice_prebooks_once(reader):
    body, headers = {"book_id": BookFactory().pk}, {"Idempotency-Key": "k1"}
    first, again = (reader.post(PREBOOKS, body, headers=headers) for _each in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again["Idempotent-Replayed"] == "true"


def test_a_stranger_is_asked_to_sign_in():
    for method, path in (("get", PREBOOKS), ("post", PREBOOKS), ("delete", f"{PREBOOKS}/1"), ("get", DEMAND)):
        assert problem(getattr(APIClient(), method)(path)) == (401, "AUTH_REQUIRED")


# Positions


def test_positions_count_those_who_wait_by_time_then_id(reader, user):
    book, now = BookFactory(), timezone.now()
    first, second, third = (PrebookFactory(book=book) for _each in range(3))
    mine = services.create_prebook(user, book.pk)
    Prebook.objects.update(created_at=now)
    assert positions(reader) == [4]
    Prebook.objects.filter(pk=first.pk).update(created_at=now + timedelta(seconds=1))
    assert positions(reader) == [3]
    services.cancel_prebook(second.user, second.pk)
    assert positions(reader) == [2]
    Prebook.objects.filter(pk=mine.pk).update(created_at=now - timedelta(days=1))
    assert (positions(reader), third.status) == ([1], "WAITING")


def test_who_does_not_wait_has_no_position(reader, user):
    offers = [OfferFactory(stock_quantity=0) for _each in range(3)]
    for offer in offers:
        prebook(reader, offer.book)
    catalogue.set_stock(offers[0].pk, 1)
    services.fulfil(user.pk, [offers[1].book_id])
    reader.delete(f"{PREBOOKS}/{listed(reader)[0]['id']}")
    assert [(item["status"], item["position"]) for item in listed(reader)] == [
        ("CANCELLED", None), ("FULFILLED", None), ("NOTIFIED", None),
    ]  # fmt: skip


# The list


def test_the_list_has_all_that_is_mine_newest_first_in_pages(reader):
    PrebookFactory()
    books = [BookFactory() for _each in range(3)]
    for book in books:
        prebook(reader, book)
    newest_first = [book.pk for book in reversed(books)]
    assert [item["book_id"] for item in listed(reader)] == newest_first
    page = reader.get(f"{PREBOOKS}?size=2").json()
    assert (page["total"], [item["book_id"] for item in page["items"]]) == (3, newest_first[:2])
    assert [item["book_id"] for item in listed(reader, f"?size=2&cursor={page['next']}")] == newest_first[2:]
    assert problem(reader.get(f"{PREBOOKS}?size=101")) == (400, "VALIDATION_ERROR")


def test_queries_do_not_grow(reader, user):
    listed(reader)  # the first request of a session notes its use
    amounts = []
    for _each in range(2):
        for _number in range(3):
            PrebookFactory(book=PrebookFactory(user=user).book)
        with CaptureQueriesContext(connection) as queries:
            listed(reader)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 4


def test_nobody_keeps_a_copy(reader):
    assert "no-store" in reader.get(PREBOOKS)["Cache-Control"]


# Cancelling


def test_a_prebook_is_cancelled_once_and_the_book_prebooked_anew(reader):
    book = BookFactory()
    first = prebook(reader, book)
    assert reader.delete(f"{PREBOOKS}/{first['id']}").status_code == 204
    assert problem(reader.delete(f"{PREBOOKS}/{first['id']}")) == (409, "PREBOOK_ALREADY_CANCELLED")
    prebook(reader, book)
    statuses = [(item["status"], item["cancelled_at"] is None) for item in listed(reader)]
    assert statuses == [("WAITING", True), ("CANCELLED", False)]


def test_a_prebook_is_cancelled_after_its_reader_was_told(reader):
    offer = OfferFactory(stock_quantity=0)
    mine = prebook(reader, offer.book)
    catalogue.set_stock(offer.pk, 1)
    assert reader.delete(f"{PREBOOKS}/{mine['id']}").status_code == 204
    assert Prebook.objects.get().is_mail_due is False


def test_what_was_bought_is_not_cancelled(reader, user):
    mine = prebook(reader, BookFactory())
    services.fulfil(user.pk, [mine["book_id"]])
    assert problem(reader.delete(f"{PREBOOKS}/{mine['id']}")) == (409, "PREBOOK_NOT_CANCELLABLE")
    assert Prebook.objects.get().status == "FULFILLED"


@pytest.mark.parametrize("number", ["other", 10**9, 10**17])
def test_anothers_prebook_is_not_found(reader, number):
    other = PrebookFactory()
    number = other.pk if number == "other" else number
    assert problem(reader.delete(f"{PREBOOKS}/{number}")) == (404, "PREBOOK_NOT_FOUND")
    assert Prebook.objects.get().status == "WAITING"


# Demand


@pytest.fixture
def staff() -> APIClient:
    client = APIClient()
    client.force_login(StaffFactory())
    return client


def test_staff_see_how_much_each_book_is_wanted(staff):
    much, little = OfferFactory(stock_quantity=0), OfferFactory(stock_quantity=0)
    OfferFactory(book=much.book, stock_quantity=7, is_active=False)
    for book in (little.book, much.book, much.book, BookFactory()):
        PrebookFactory(book=book)
    unwanted = Prebook.objects.latest("pk")
    services.cancel_prebook(unwanted.user, unwanted.pk)
    catalogue.set_stock(little.pk, 4)
    page = staff.get(DEMAND).json()
    columns = ("book_id", "waiting", "notified", "copies_for_sale", "copies_held")
    assert [tuple(item[name] for name in columns) for item in page["items"]] == [
        (much.book_id, 2, 0, 0, 7),
        (little.book_id, 0, 1, 4, 0),
    ]
    assert (page["total"], page["items"][0]["waiting_since"][-1], page["items"][1]["waiting_since"]) == (2, "Z", None)


def test_demand_comes_in_pages_with_as_many_queries_for_more_books(staff):
    staff.get(DEMAND)  # the first request of a session notes its use
    amounts = []
    for number in (2, 3):
        for _each in range(number):
            PrebookFactory()
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(f"{DEMAND}?size=4").json()
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 4
    assert (len(page["items"]), page["total"]) == (4, 5)
    assert len(staff.get(f"{DEMAND}?size=4&page=2").json()["items"]) == 1


def test_demand_is_for_staff_alone(reader):
    assert problem(reader.get(DEMAND)) == (403, "FORBIDDEN")


def test_a_reader_of_another_account_sees_nothing_of_mine(user):
    PrebookFactory()
    other = APIClient()
    other.force_login(UserFactory())
    assert listed(other) == []
