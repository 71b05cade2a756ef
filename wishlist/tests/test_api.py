"""The wishlist through HTTP."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.services import close_account, personal_data
from accounts.tests.api import problem
from accounts.tests.factories import UserFactory
from catalog import services as catalogue
from catalog.tests.factories import BookFactory, OfferFactory
from wishlist import services
from wishlist.models import SharedWishlist, Wish

pytestmark = pytest.mark.django_db

WISHES = "/api/v1/wishlist"


def signed_in(user: Any = None) -> APIClient:
    client = APIClient()
    client.force_login(user or UserFactory())
    return client


@pytest.fixture
def reader() -> APIClient:
    return signed_in()


def wished(client: APIClient, **params: Any) -> list[int]:
    return [item["book_id"] for item in client.get(WISHES, params).json()["items"]]


def test_a_wish_is_shown_as_the_contract_says(reader):
    book = BookFactory(title="The Hobbit", authors=["J. R. R. Tolkien"], cover_image_url="https://covers.example/1.jpg")
    for price, stock in ((Decimal("14.90"), 2), (Decimal("9.50"), 0), (Decimal("15.00"), 5)):
        OfferFactory(book=book, price=price, stock_quantity=stock)
    made = reader.post(WISHES, {"book_id": book.pk})
    assert made.status_code == 201
    item = made.json()
    assert reader.get(WISHES).json()["items"] == [item]
    assert item.pop("added_at").endswith("Z")
    assert item == {
        "id": Wish.objects.get().pk, "book_id": book.pk,
        "book": {
            "id": book.pk, "title": "The Hobbit", "author": "J. R. R. Tolkien", "price": "14.90",
            "stock_quantity": 7, "in_stock": True, "cover_image_url": "https://covers.example/1.jpg",
        },
    }  # fmt: skip


def test_wishes_come_newest_first_in_pages(reader):
    books = [BookFactory().pk for _each in range(3)]
    for book_id in books:
        reader.post(WISHES, {"book_id": book_id})
    first = reader.get(WISHES, {"size": 2}).json()
    assert ([item["book_id"] for item in first["items"]], first["total"]) == ([books[2], books[1]], 3)
    assert wished(reader, size=2, cursor=first["next"]) == [books[0]]


def test_a_book_without_offers_is_wished_for(reader):
    book = reader.post(WISHES, {"book_id": BookFactory().pk}).json()["book"]
    assert (book["price"], book["stock_quantity"], book["in_stock"], book["cover_image_url"]) == (None, 0, False, None)


def test_the_same_book_again_is_refused_and_another_readers_is_not(reader):
    book = BookFactory().pk
    assert reader.post(WISHES, {"book_id": book}).status_code == 201
    assert problem(reader.post(WISHES, {"book_id": book})) == (409, "WISHLIST_DUPLICATE")
    assert signed_in().post(WISHES, {"book_id": book}).status_code == 201
    assert wished(reader) == [book]


def test_what_cannot_be_wished_for_is_refused_and_writes_nothing(reader):
    archived = BookFactory()
    catalogue.archive_book(archived.pk)
    for book_id in (archived.pk, 10**9):
        assert problem(reader.post(WISHES, {"book_id": book_id})) == (404, "BOOK_NOT_FOUND")
    for body in ({}, {"book_id": "1"}, {"book_id": True}, {"book_id": 0}, {"book_id": 10**30}, []):
        assert problem(reader.post(WISHES, body)) == (400, "VALIDATION_ERROR")
    assert Wish.objects.count() == 0


def test_the_same_key_wishes_once(reader):
    body, key = {"book_id": BookFactory().pk}, {"headers": {"Idempotency-Key": "k1"}}
    first, second = (reader.post(WISHES, body, **key) for _each in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second["Idempotent-Replayed"] == "true"


def test_a_wish_is_taken_back_once(reader):
    book = BookFactory().pk
    reader.post(WISHES, {"book_id": book})
    stranger = signed_in()
    assert problem(stranger.delete(f"{WISHES}/{book}")) == (404, "WISHLIST_ITEM_NOT_FOUND")
    assert wished(reader) == [book]
    assert reader.delete(f"{WISHES}/{book}").status_code == 204
    assert problem(reader.delete(f"{WISHES}/{book}")) == (404, "WISHLIST_ITEM_NOT_FOUND")
    assert wished(reader) == []


def test_an_archived_book_stays_listed(reader):
    offer = OfferFactory()
    reader.post(WISHES, {"book_id": offer.book_id})
    catalogue.archive_book(offer.book_id)
    (item,) = reader.get(WISHES).json()["items"]
    assert (item["book"]["price"], item["book"]["stock_quantity"], item["book"]["in_stock"]) == (None, 0, False)
    assert reader.delete(f"{WISHES}/{offer.book_id}").status_code == 204


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", ""), ("delete", "/1")])
def test_who_is_not_signed_in_is_asked_to(method, path):
    assert problem(getattr(APIClient(), method)(WISHES + path)) == (401, "AUTH_REQUIRED")


def test_queries_do_not_grow_and_nobody_keeps_a_copy(reader):
    amounts = []
    for _each in range(2):
        for _number in range(3):
            reader.post(WISHES, {"book_id": OfferFactory().book_id})
        with CaptureQueriesContext(connection) as queries:
            answer = reader.get(WISHES)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 5
    assert answer["Cache-Control"] == "private, no-store"


def test_wishes_go_along_and_go_with_the_account():
    user = UserFactory()
    services.add_wish(user, OfferFactory(book=BookFactory(title="Emma"), price=Decimal("7.00")).book_id)
    services.share_wishlist(user, shows_name=True)
    data = personal_data(user)
    assert [(wish["title"], wish["price"]) for wish in data["wishlist"]] == [("Emma", Decimal("7.00"))]
    assert [row["shows_name"] for row in data["shared_wishlist"]] == [True]
    close_account(user)
    assert (Wish.objects.count(), SharedWishlist.objects.count()) == (0, 0)
