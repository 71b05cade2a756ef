"""The shopper's cart through HTTP, for accounts and guests."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tests.api import problem
from accounts.tests.factories import UserFactory
from cart.models import Cart, CartItem, CartStatus, Guest
from catalog import services as catalogue
from catalog.models import Offer
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db

ITEMS = "/api/v1/cart/items"


def signed_in(user: Any = None) -> APIClient:
    client = APIClient()
    client.force_login(user or UserFactory())
    return client


@pytest.fixture
def reader() -> APIClient:
    return signed_in()


@pytest.fixture
def guest() -> APIClient:
    return APIClient()


def add(client: APIClient, offer: Offer, quantity: int = 1, **more: Any) -> dict[str, Any]:
    response = client.post(ITEMS, {"book_id": offer.book_id, "quantity": quantity, **more})
    assert response.status_code == 201, response.content
    return response.json()


def cart(client: APIClient) -> dict[str, Any]:
    response = client.get("/api/v1/cart")
    assert response.status_code == 200
    return response.json()


def lines(client: APIClient) -> list[tuple[int, int]]:
    return [(item["offer_id"], item["quantity"]) for item in cart(client)["items"]]


# Reading


def test_an_empty_cart_is_shown_and_nothing_is_written(reader, guest):
    for client in (reader, guest):
        with CaptureQueriesContext(connection) as queries:
            assert cart(client) == {
                "items": [], "total_items": 0, "total_price": "0.00", "currency": "EUR", "price_changes": 0,
                "carts": [],
            }  # fmt: skip
        changed = [query["sql"] for query in queries if not query["sql"].startswith("SELECT")]
        assert not [sql for sql in changed if '"cart_' in sql]
    assert (Cart.objects.count(), Guest.objects.count()) == (0, 0)


def test_a_line_is_shown_as_the_contract_says(reader):
    book = BookFactory(title="The Hobbit", authors=["J. R. R. Tolkien"], isbn="9780261102217")
    offer = OfferFactory(book=book, price=Decimal("14.90"), stock_quantity=7)
    item = add(reader, offer, 2)
    snapshot = item.pop("price_snapshot")
    assert (snapshot.pop("captured_at")[-1], snapshot) == (
        "Z",
        {"offer_id": offer.pk, "price": "14.90", "currency": "EUR"},
    )
    assert item == {
        "id": CartItem.objects.get().pk, "cart_id": Cart.objects.get().pk, "book_id": book.pk, "offer_id": offer.pk,
        "quantity": 2,
        "book": {
            "id": book.pk, "title": "The Hobbit", "author": "J. R. R. Tolkien", "isbn": "9780261102217",
            "price": "14.90", "cover_image_url": None,
        },
        "seller": {"id": offer.seller_id, "name": offer.seller.name, "slug": offer.seller.slug},
        "current_price": "14.90", "price_changed": False, "price_change": None, "available_quantity": 7,
        "availability": "OK", "line_total": "29.80",
    }  # fmt: skip


def test_carts_of_all_sellers_are_shown_together(reader):
    first, second = OfferFactory(price=Decimal("10.00")), OfferFactory(price=Decimal("2.50"))
    add(reader, first, 2), add(reader, second)
    shown = cart(reader)
    assert (shown["total_items"], shown["total_price"]) == (3, "22.50")
    parts = [tuple(part[name] for name in ("status", "total_items", "total_price")) for part in shown["carts"]]
    assert [(part["seller"]["id"], *rest) for part, rest in zip(shown["carts"], parts, strict=True)] == [
        (first.seller_id, "ACTIVE", 2, "20.00"),
        (second.seller_id, "ACTIVE", 1, "2.50"),
    ]  # fmt: skip


def test_queries_do_not_grow(reader):
    amounts = []
    for _each in range(2):
        for _number in range(3):
            add(reader, OfferFactory())
        with CaptureQueriesContext(connection) as queries:
            cart(reader)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 5


def test_nobody_keeps_a_copy_of_a_cart(reader):
    assert reader.get("/api/v1/cart")["Cache-Control"] == "private, no-store"


# Adding


def test_the_best_offer_in_stock_is_taken(reader):
    book = BookFactory()
    OfferFactory(book=book, price=Decimal("1.00"), stock_quantity=0)
    dear, cheap = (OfferFactory(book=book, price=Decimal(price), stock_quantity=1) for price in ("9.00", "8.00"))
    assert add(reader, cheap)["offer_id"] == cheap.pk
    assert add(reader, dear, offer_id=dear.pk)["offer_id"] == dear.pk


def test_adding_again_lets_the_line_grow_and_renews_its_snapshot(reader):
    offer = OfferFactory(price=Decimal("10.00"), stock_quantity=9)
    first = add(reader, offer, 2)
    catalogue.change_offer(offer.pk, price=Decimal("12.00"))
    again = add(reader, offer, 3)
    assert (again["id"], again["quantity"], again["price_snapshot"]["price"]) == (first["id"], 5, "12.00")


def test_more_than_is_in_stock_is_kept_and_told(reader):
    item = add(reader, OfferFactory(stock_quantity=2), 5)
    assert (item["quantity"], item["available_quantity"], item["availability"]) == (5, 2, "SHORT")


def test_what_cannot_be_added_is_refused_and_leaves_no_cart(reader):
    sold_out, inactive = OfferFactory(stock_quantity=0), OfferFactory(is_active=False)
    archived = OfferFactory()
    catalogue.archive_book(archived.book_id)
    other = OfferFactory()
    refusals = {
        (404, "BOOK_NOT_FOUND"): [{"book_id": 10**9}, {"book_id": archived.book_id}, {"book_id": 10**9, "offer_id": 1}],
        (404, "OFFER_NOT_FOUND"): [{"book_id": other.book_id, "offer_id": sold_out.pk}],
        (409, "CART_BOOK_OUT_OF_STOCK"): [
            {"book_id": sold_out.book_id}, {"book_id": sold_out.book_id, "offer_id": sold_out.pk},
            {"book_id": inactive.book_id}, {"book_id": BookFactory().pk},
        ],
        (409, "CART_OFFER_INACTIVE"): [{"book_id": inactive.book_id, "offer_id": inactive.pk}],
        (409, "CART_QUANTITY_LIMIT"): [{"book_id": other.book_id, "quantity": 21}],
        (400, "VALIDATION_ERROR"): [
            {}, {"book_id": "1"}, {"book_id": True}, {"book_id": other.book_id, "quantity": 0},
            {"book_id": other.book_id, "quantity": -1}, {"book_id": other.book_id, "quantity": 1.5},
            {"book_id": 10**30}, [],
        ],
    }  # fmt: skip
    for expected, bodies in refusals.items():
        for body in bodies:
            assert problem(reader.post(ITEMS, body)) == expected, body
    assert (Cart.objects.count(), CartItem.objects.count()) == (0, 0)


def test_a_line_has_at_most_so_many_copies(reader):
    offer = OfferFactory(stock_quantity=100)
    add(reader, offer, 15)
    refused = reader.post(ITEMS, {"book_id": offer.book_id, "quantity": 6})
    assert problem(refused) == (409, "CART_QUANTITY_LIMIT")
    assert (refused.json()["limit"], refused.json()["quantity"]) == (20, 15)
    assert lines(reader) == [(offer.pk, 15)]


def test_a_cart_has_at_most_so_many_lines(reader, settings):
    settings.CART_MOST_LINES = 2
    seller = SellerFactory()
    first, second, third = (OfferFactory(seller=seller, stock_quantity=9) for _each in range(3))
    add(reader, first), add(reader, second)
    assert problem(reader.post(ITEMS, {"book_id": third.book_id})) == (409, "CART_ITEM_LIMIT")
    add(reader, second)
    add(reader, OfferFactory())
    assert len(lines(reader)) == 3


def test_the_same_key_adds_once(reader):
    offer = OfferFactory(stock_quantity=9)
    body, key = {"book_id": offer.book_id}, {"headers": {"Idempotency-Key": "k1"}}
    first, second = (reader.post(ITEMS, body, **key) for _each in range(2))
    assert (first.json(), first.status_code) == (second.json(), second.status_code)
    assert second["Idempotent-Replayed"] == "true"
    assert problem(reader.post(ITEMS, {**body, "quantity": 2}, **key)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert lines(reader) == [(offer.pk, 1)]


# Changing


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_line_gets_another_quantity_and_a_new_snapshot(reader, method):
    offer = OfferFactory(price=Decimal("10.00"), stock_quantity=9)
    item = add(reader, offer)
    catalogue.change_offer(offer.pk, price=Decimal("9.00"))
    response = getattr(reader, method)(f"{ITEMS}/{item['id']}", {"quantity": 4})
    assert response.status_code == 200
    assert (response.json()["quantity"], response.json()["line_total"]) == (4, "36.00")


@pytest.mark.parametrize("body", [{}, {"quantity": 0}, {"quantity": "2"}, {"quantity": None}])
def test_a_bad_quantity_is_refused(reader, body):
    item = add(reader, OfferFactory(stock_quantity=3))
    assert problem(reader.put(f"{ITEMS}/{item['id']}", body)) == (400, "VALIDATION_ERROR")
    assert problem(reader.put(f"{ITEMS}/{item['id']}", {"quantity": 21})) == (409, "CART_QUANTITY_LIMIT")
    assert cart(reader)["total_items"] == 1


def test_a_line_is_taken_out(reader):
    item = add(reader, OfferFactory())
    assert reader.delete(f"{ITEMS}/{item['id']}").status_code == 204
    assert problem(reader.delete(f"{ITEMS}/{item['id']}")) == (404, "CART_ITEM_NOT_FOUND")
    assert lines(reader) == []


def test_emptying_cancels_the_active_carts_only(reader):
    add(reader, OfferFactory()), add(reader, OfferFactory())
    paid = Cart.objects.first()
    Cart.objects.filter(pk=paid.pk).update(status=CartStatus.LOCKED, held_by="1001")
    assert reader.delete("/api/v1/cart").status_code == 204
    assert [part["id"] for part in cart(reader)["carts"]] == [paid.pk]
    assert sorted(Cart.objects.values_list("status", flat=True)) == ["CANCELLED", "LOCKED"]


@pytest.mark.parametrize("act", [("put", {"quantity": 2}), ("patch", {"quantity": 2}), ("delete", None)])
def test_anothers_line_is_forbidden_and_none_is_not_found(reader, guest, act):
    method, body = act
    item = add(reader, OfferFactory(stock_quantity=5))
    for stranger in (signed_in(), guest):
        assert problem(getattr(stranger, method)(f"{ITEMS}/{item['id']}", body)) == (403, "CART_ITEM_FORBIDDEN")
        assert problem(getattr(stranger, method)(f"{ITEMS}/{10**9}", body)) == (404, "CART_ITEM_NOT_FOUND")
    assert cart(reader)["total_items"] == 1


@pytest.mark.parametrize("act", [("put", {"quantity": 2}), ("delete", None)])
def test_lines_of_a_locked_cart_do_not_change_and_a_new_cart_may_be_begun(reader, act):
    method, body = act
    offer = OfferFactory(stock_quantity=5)
    item = add(reader, offer)
    Cart.objects.update(status=CartStatus.LOCKED)
    assert problem(getattr(reader, method)(f"{ITEMS}/{item['id']}", body)) == (409, "CART_LOCKED")
    assert add(reader, offer)["cart_id"] != item["cart_id"]
    assert [part["status"] for part in cart(reader)["carts"]] == ["LOCKED", "ACTIVE"]


def test_a_line_of_a_cancelled_cart_is_gone(reader):
    item = add(reader, OfferFactory())
    reader.delete("/api/v1/cart")
    assert problem(reader.put(f"{ITEMS}/{item['id']}", {"quantity": 2})) == (404, "CART_ITEM_NOT_FOUND")


# What changed since it was shown


def test_a_moved_price_is_told_beside_the_one_that_was_shown(reader):
    risen, fallen = (OfferFactory(price=Decimal("10.00")) for _each in range(2))
    add(reader, risen), add(reader, fallen)
    catalogue.change_offer(risen.pk, price=Decimal("11.00"))
    catalogue.change_offer(fallen.pk, price=Decimal("9.50"))
    shown = cart(reader)
    assert [
        (item["price_snapshot"]["price"], item["current_price"], item["price_changed"], item["price_change"])
        for item in shown["items"]
    ] == [("10.00", "11.00", True, "RISEN"), ("10.00", "9.50", True, "FALLEN")]
    assert (shown["total_price"], shown["price_changes"]) == ("20.00", 2)


def test_what_became_of_the_offer_is_told(reader):
    sold_out, withdrawn, archived = (OfferFactory(stock_quantity=3) for _each in range(3))
    for offer in (sold_out, withdrawn, archived):
        add(reader, offer, 2)
    catalogue.set_stock(sold_out.pk, 0)
    catalogue.change_offer(withdrawn.pk, is_active=False)
    catalogue.archive_book(archived.book_id)
    items = cart(reader)["items"]
    assert [(item["availability"], item["available_quantity"]) for item in items] == [
        ("SOLD_OUT", 0), ("NOT_OFFERED", 0), ("NOT_OFFERED", 0),
    ]  # fmt: skip
    assert problem(reader.put(f"{ITEMS}/{items[1]['id']}", {"quantity": 1})) == (409, "CART_OFFER_INACTIVE")
    assert reader.delete(f"{ITEMS}/{items[2]['id']}").status_code == 204


# Guests


def test_a_guests_first_write_sets_a_cookie_that_brings_the_cart_back(guest):
    offer = OfferFactory(stock_quantity=5)
    assert guest.get("/api/v1/cart").cookies == {}
    response = guest.post(ITEMS, {"book_id": offer.book_id})
    cookie = response.cookies["cart"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 60 * 24 * 3600)
    add(guest, offer)
    assert lines(guest) == [(offer.pk, 2)]
    assert lines(APIClient()) == []
    assert Guest.objects.get().token_hash not in cookie.value


def test_an_app_gets_its_token_in_a_header():
    offer = OfferFactory(stock_quantity=5)
    response = APIClient().post(ITEMS, {"book_id": offer.book_id}, headers={"X-Cart-Token": "new"})
    token = response["X-Cart-Token"]
    assert response.cookies == {}
    app = APIClient(headers={"X-Cart-Token": token})
    add(app, offer)
    assert lines(app) == [(offer.pk, 2)]
    browser = APIClient()
    browser.cookies["cart"] = token
    assert lines(browser) == [(offer.pk, 2)]


@pytest.mark.parametrize("token", ["x", "abc.def", "new ", "ä" * 20, "x" * 5000])
def test_a_header_that_is_no_token_is_refused_and_such_a_cookie_is_none(token):
    offer = OfferFactory()
    app = APIClient(headers={"X-Cart-Token": token})
    assert problem(app.get("/api/v1/cart")) == (401, "AUTH_INVALID_TOKEN")
    assert problem(app.post(ITEMS, {"book_id": offer.book_id})) == (401, "AUTH_INVALID_TOKEN")
    browser = APIClient()
    browser.cookies["cart"] = token
    assert cart(browser)["items"] == []
    assert Cart.objects.count() == 0


def test_a_refused_first_write_makes_no_guest(guest):
    assert problem(guest.post(ITEMS, {"book_id": 10**9})) == (404, "BOOK_NOT_FOUND")
    assert Guest.objects.count() == 0


def test_a_guests_key_adds_once(guest):
    offer = OfferFactory(stock_quantity=9)
    add(guest, offer)
    for _each in range(2):
        guest.post(ITEMS, {"book_id": offer.book_id}, headers={"Idempotency-Key": "k1"})
    assert lines(guest) == [(offer.pk, 2)]


@pytest.mark.parametrize("header", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_cannot_change_a_guests_cart(guest, header):
    offer = OfferFactory(stock_quantity=5)
    item = add(guest, offer)
    attempts = [
        guest.post(ITEMS, {"book_id": offer.book_id}, headers=header),
        guest.put(f"{ITEMS}/{item['id']}", {"quantity": 3}, headers=header),
        guest.delete("/api/v1/cart", headers=header),
    ]
    assert [problem(response) for response in attempts] == [(403, "FORBIDDEN")] * 3
    assert lines(guest) == [(offer.pk, 1)]


def test_a_form_cannot_post_into_a_cart(guest):
    add(guest, offer := OfferFactory(stock_quantity=5))
    response = guest.post(ITEMS, f"book_id={offer.book_id}", content_type="application/x-www-form-urlencoded")
    assert problem(response) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_the_signed_in_readers_cart_counts_before_a_guests(reader):
    mine, guests = OfferFactory(), OfferFactory()
    guest = APIClient()
    add(guest, guests), add(reader, mine)
    reader.cookies["cart"] = guest.cookies["cart"].value
    assert lines(reader) == [(mine.pk, 1)]
