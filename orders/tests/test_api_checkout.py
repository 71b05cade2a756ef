"""The checkout through HTTP, as the contract says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.services import create_service_account
from accounts.tests.api import bearer, fields_at_fault, problem
from accounts.tests.factories import UserFactory
from bookstore.core.rate_limits import RULES, Rule
from cart.models import Cart, CartItem, CartStatus
from catalog.models import Offer
from catalog.services import archive_book, change_offer, set_stock
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory
from orders.models import MockCharge, Order
from orders.tests.doors import CART, CHECKOUT, ORDERS, codes, pay, signed_in
from orders.tests.factories import ADDRESS, fill, offer_of, shopper_with

pytestmark = pytest.mark.django_db


def buyer(*offers: Offer, quantity: int = 1) -> APIClient:
    """Return the client of somebody with copies of these offers, or of some offer, in the cart."""
    return signed_in(shopper_with(*offers or [offer_of()], quantity=quantity))


def nothing_happened(stock: int = 5) -> bool:
    """Tell whether there is neither order nor charge, all copies are there and all carts still shoppers'."""
    return not (
        Order.objects.exists()
        or MockCharge.objects.exists()
        or Offer.objects.exclude(stock_quantity=stock).exists()
        or Cart.objects.exclude(status=CartStatus.ACTIVE).exists()
    )


# Buying


def test_an_order_is_shown_as_the_contract_says():
    book = BookFactory(
        title="Emma", authors=["Jane Austen"], isbn="9780141439587", cover_image_url="https://c.example/1"
    )
    offer = OfferFactory(book=book, seller=SellerFactory(name="Hay Books"), price=Decimal("7.50"), stock_quantity=5)
    user = shopper_with(offer, quantity=2)
    answer = pay(signed_in(user), shipping_address=ADDRESS)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "private, no-store")
    order, shown = Order.objects.get(), answer.json()
    assert shown.pop("created_at").endswith("Z")
    assert [(entry["status"], entry.pop("at")[-1]) for entry in shown["timeline"]] == [
        ("PENDING", "Z"), ("CONFIRMED", "Z"),
    ]  # fmt: skip
    assert shown == {
        "id": order.pk, "number": order.number, "user_id": user.pk, "status": "CONFIRMED",
        "items": [{
            "id": order.items.get().pk, "book_id": book.pk, "quantity": 2, "unit_price": "7.50",
            "line_total": "15.00", "title": "Emma", "author": "Jane Austen", "isbn": "9780141439587",
            "seller": {"id": offer.seller_id, "name": "Hay Books", "slug": "hay-books"},
            "book": {
                "id": book.pk, "title": "Emma", "author": "Jane Austen", "isbn": "9780141439587", "price": "7.50",
                "cover_image_url": "https://c.example/1",
            },
        }],
        "items_total": "15.00", "shipping_total": "0.00", "tax_total": "0.00", "total_price": "15.00",
        "refunded_amount": "0.00", "currency": "EUR", "shipping_address": ADDRESS,
        "payment": {"provider": "mock", "status": "SUCCEEDED", "reference": MockCharge.objects.get().reference},
        "shipment": None,
        "timeline": [{"status": "PENDING"}, {"status": "CONFIRMED"}],
    }  # fmt: skip


def test_a_purchase_takes_the_copies_and_empties_the_cart():
    offer = offer_of(5)
    client = buyer(offer, quantity=2)
    assert pay(client).status_code == 201
    offer.refresh_from_db()
    assert (offer.stock_quantity, client.get(CART).json()["items"]) == (3, [])
    assert problem(pay(client)) == (422, "ORDER_CART_EMPTY")


def test_tax_and_shipping_stand_in_the_order(settings):
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal("7"), Decimal("3.90")
    shown = pay(buyer(offer_of(price="6.80"))).json()
    names = ("items_total", "shipping_total", "tax_total", "total_price")
    assert [shown[name] for name in names] == ["6.80", "3.90", "0.70", "10.70"]


def test_without_a_cart_everything_of_all_sellers_is_one_order():
    assert len(pay(buyer(offer_of(), offer_of())).json()["items"]) == 2
    assert list(Cart.objects.values_list("status", flat=True)) == ["CHECKED_OUT"] * 2


def test_one_cart_can_be_bought_alone():
    client = buyer(offer_of(price="3.00"), offer_of(price="4.00"))
    first, second = Cart.objects.order_by("pk")
    assert pay(client, cart_id=second.pk).json()["total_price"] == "4.00"
    assert [cart["id"] for cart in client.get(CART).json()["carts"]] == [first.pk]


def test_queries_do_not_grow_with_the_lines():
    seller, amounts = SellerFactory(), []
    for number in (2, 5):
        client = buyer(*[offer_of(seller=seller) for _line in range(number)])
        client.get(ORDERS)  # the first request of a session notes its use
        with CaptureQueriesContext(connection) as queries:
            answer = pay(client, "k")
        amounts.append(len(queries))
    assert (answer.status_code, len(answer.json()["items"])) == (201, 5)
    assert amounts[0] == amounts[1] <= 40


def test_unknown_members_are_ignored_and_nulls_are_nothing_given():
    shown = pay(buyer(), cart_id=None, expected_total=None, shipping_address=None, gift=[{}]).json()
    assert (shown["status"], shown["shipping_address"]) == ("CONFIRMED", None)


def test_a_programs_account_buys_its_own_cart_alone():
    offer = offer_of()
    shopper_with(offer)
    client = bearer(create_service_account("Press", timedelta(days=1)))
    assert problem(pay(client, cart_id=Cart.objects.get().pk)) == (404, "CART_NOT_FOUND")
    assert problem(pay(client)) == (422, "ORDER_CART_EMPTY")
    client.post(f"{CART}/items", {"book_id": offer.book_id})
    assert pay(client).status_code == 201


# Payments that fail


@pytest.mark.parametrize("how", [{"payment_token": "tok_declined"}, {"force_payment_failure": True}])
def test_a_declined_payment_is_402_and_everything_is_as_it_was(how):
    offer = offer_of(5)
    client = buyer(offer, quantity=2)
    before = client.get(CART).json()
    answer = pay(client, **how)
    order = Order.objects.get()
    assert problem(answer) == (402, "ORDER_PAYMENT_FAILED")
    assert (answer.json()["order_id"], answer.json()["number"]) == (order.pk, order.number)
    assert (client.get(CART).json(), Offer.objects.get().stock_quantity) == (before, 5)
    assert client.get(f"{ORDERS}/{order.pk}").json()["status"] == "PAYMENT_FAILED"
    assert pay(client).status_code == 201


def test_too_many_declined_payments_close_the_till_for_a_while(monkeypatch):
    monkeypatch.setitem(RULES, "payment", Rule(RULES["payment"].window, per_address=99, per_account=2))
    client = buyer()
    for key in "ab":
        assert pay(client, key, payment_token="tok_declined").status_code == 402
        assert pay(client, key, payment_token="tok_declined")["Idempotent-Replayed"] == "true"
    refused = pay(client)
    assert (problem(refused), int(refused["Retry-After"]) > 800) == ((429, "RATE_LIMITED"), True)
    assert pay(client, "b", payment_token="tok_declined").status_code == 402
    assert (Order.objects.count(), pay(buyer()).status_code) == (2, 201)


def test_what_is_not_declined_does_not_count_against_the_shopper(monkeypatch):
    monkeypatch.setitem(RULES, "payment", Rule(RULES["payment"].window, per_address=1, per_account=1))
    client = buyer()
    for _each in range(3):
        assert pay(client, cart_id=10**9).status_code == 404
    assert [pay(client).status_code, pay(client).status_code, pay(buyer()).status_code] == [201, 422, 201]


# Consent


@pytest.mark.parametrize(
    ("price", "body", "total"),
    [
        ("12.00", {}, None),
        ("12.00", {"accept_price_changes": False}, None),
        ("12.00", {"accept_price_changes": True}, "24.00"),
        ("12.00", {"expected_total": "23.99"}, None),
        ("12.00", {"expected_total": "23.99", "accept_price_changes": True}, None),
        ("12.00", {"expected_total": "24.00"}, "24.00"),
        ("12.00", {"expected_total": 24}, "24.00"),
        ("12.00", {"expected_total": 24.5}, "24.00"),
        ("8.00", {}, "16.00"),
        ("8.00", {"expected_total": "20.00"}, "16.00"),
        ("8.00", {"expected_total": "15.99"}, None),
        ("10.00", {"expected_total": "20.00"}, "20.00"),
    ],
)
def test_more_than_was_agreed_is_refused_and_less_applies_by_itself(price, body, total):
    offer = offer_of(5, "10.00")
    client = buyer(offer, quantity=2)
    change_offer(offer.pk, price=Decimal(price))
    answer = pay(client, **body)
    if total:
        assert (answer.status_code, answer.json()["total_price"]) == (201, total)
    else:
        assert codes(answer) == ["PRICE_CHANGED"]
        assert nothing_happened()


def test_a_risen_price_is_told_with_the_old_and_the_new():
    offer, same = offer_of(price="10.00"), offer_of()
    client = buyer(offer, same)
    change_offer(offer.pk, price=Decimal("12.00"))
    (line,) = pay(client).json()["items"]
    about = {"book_id": offer.book_id, "offer_id": offer.pk, "title": offer.book.title}
    assert line == {**about, "old_price": "10.00", "new_price": "12.00"}


def test_at_a_price_in_the_currency_that_the_shop_had_before_nothing_is_sold(settings):
    old = offer_of(5, "10.00")
    client = buyer(old)
    settings.STORE_CURRENCY = "JPY"
    refusal = pay(client)
    assert codes(refusal) == ["ORDER_ITEMS_UNAVAILABLE"]
    assert [line["offer_id"] for line in refusal.json()["problems"][0]["items"]] == [old.pk]
    assert not Order.objects.exists()


def test_the_same_number_in_another_currency_is_sold_to_those_who_agree(settings):
    offer = offer_of(5, "10.00")
    client = buyer(offer)
    settings.STORE_CURRENCY = "USD"
    change_offer(offer.pk, price=Decimal("10.00"))
    assert codes(pay(client)) == ["PRICE_CHANGED"]
    assert not Order.objects.exists()
    assert pay(client, accept_price_changes=True).json()["currency"] == "USD"


def test_all_problems_of_all_lines_are_told_at_once():
    archived, inactive, short, gone, risen, fine = offers = [offer_of(5, "10.00") for _each in range(6)]
    client = buyer(*offers, quantity=3)
    archive_book(archived.book_id)
    change_offer(inactive.pk, is_active=False)
    set_stock(short.pk, 2)
    set_stock(gone.pk, 0)
    change_offer(risen.pk, price=Decimal("11.00"))
    refusal = pay(client)
    assert codes(refusal) == ["ORDER_ITEMS_UNAVAILABLE", "ORDER_INSUFFICIENT_STOCK", "PRICE_CHANGED"]
    lines = [[line["offer_id"] for line in kind["items"]] for kind in refusal.json()["problems"]]
    assert lines == [[archived.pk, inactive.pk], [short.pk, gone.pk], [risen.pk]]
    shorts = refusal.json()["problems"][1]["items"]
    assert [(line["requested"], line["available"]) for line in shorts] == [(3, 2), (3, 0)]
    assert (Order.objects.count(), CartItem.objects.count()) == (0, 6)


# Carts that cannot be bought


def test_there_must_be_something_to_buy():
    client = signed_in(UserFactory())
    assert problem(pay(client)) == (422, "ORDER_CART_EMPTY")
    fill(user := UserFactory(), offer_of())
    CartItem.objects.all().delete()
    assert problem(pay(signed_in(user), cart_id=Cart.objects.get().pk)) == (422, "ORDER_CART_EMPTY")


@pytest.mark.parametrize("cart_id", ["another's", 10**9, 2**63 - 1])
def test_a_cart_of_somebody_else_is_not_found(cart_id):
    shopper_with(offer_of())
    cart_id = Cart.objects.get().pk if cart_id == "another's" else cart_id
    assert problem(pay(buyer(offer_of()), cart_id=cart_id)) == (404, "CART_NOT_FOUND")
    assert nothing_happened()


def test_a_cart_that_is_locked_by_hand_is_not_bought():
    client = buyer()
    cart = Cart.objects.get()
    client.put(f"{CART}/{cart.pk}/status", {"status": "LOCKED"})
    assert problem(pay(client)) == problem(pay(client, cart_id=cart.pk)) == (409, "CART_LOCKED")
    client.put(f"{CART}/{cart.pk}/status", {"status": "ACTIVE"})
    assert pay(client).status_code == 201


def test_a_cart_that_was_bought_is_empty():
    client = buyer()
    pay(client)
    assert problem(pay(client, cart_id=Cart.objects.get().pk)) == (422, "ORDER_CART_EMPTY")


# What is sent


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cart_id": "1"}, "cart_id"),
        ({"cart_id": True}, "cart_id"),
        ({"cart_id": 0}, "cart_id"),
        ({"cart_id": 2**63}, "cart_id"),
        ({"cart_id": 1.5}, "cart_id"),
        ({"accept_price_changes": "true"}, "accept_price_changes"),
        ({"accept_price_changes": 1}, "accept_price_changes"),
        ({"accept_price_changes": None}, "accept_price_changes"),
        ({"force_payment_failure": "no"}, "force_payment_failure"),
        ({"expected_total": "20.001"}, "expected_total"),
        ({"expected_total": "1e2"}, "expected_total"),
        ({"expected_total": -1}, "expected_total"),
        ({"expected_total": 10**40}, "expected_total"),
        ({"expected_total": ""}, "expected_total"),
        ({"expected_total": True}, "expected_total"),
        ({"payment_token": 7}, "payment_token"),
        ({"payment_token": ""}, "payment_token"),
        ({"payment_token": "tok\0ok"}, "payment_token"),
        ({"payment_token": "x" * 501}, "payment_token"),
        ({"shipping_address": "Berlin"}, "shipping_address"),
        ({"shipping_address": []}, "shipping_address"),
        ({"shipping_address": {**ADDRESS, "country": "de"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "country": "XX"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "country": "DEU"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "full_name": "x" * 201}}, "shipping_address.full_name"),
        ({"shipping_address": {**ADDRESS, "city": " "}}, "shipping_address.city"),
        ({"shipping_address": {**ADDRESS, "phone": None}}, "shipping_address.phone"),
        ({"shipping_address": {**ADDRESS, "line2": "a\0b"}}, "shipping_address.line2"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": 7}, "idempotency_key"),
    ],
)
def test_what_cannot_be_right_is_refused_and_names_the_field(body: Any, field: str):
    client = buyer()
    assert fields_at_fault(pay(client, **body)) == [field]
    assert nothing_happened()


def test_an_address_needs_name_street_town_and_country():
    answer = pay(buyer(), shipping_address={})
    assert fields_at_fault(answer) == [f"shipping_address.{name}" for name in ("full_name", "line1", "city", "country")]
    least = {name: ADDRESS[name] for name in ("full_name", "line1", "city", "country")}
    assert pay(buyer(), shipping_address=least).json()["shipping_address"] == ADDRESS | {"postal_code": ""}


@pytest.mark.parametrize("body", [b"[]", b"7", b'"x"', b"{", b"\xff", b'{"cart_id": NaN}'])
def test_what_is_no_object_is_refused(body):
    answer = buyer().post(CHECKOUT, body, content_type="application/json")
    assert (problem(answer), nothing_happened()) == ((400, "VALIDATION_ERROR"), True)


def test_a_form_is_not_taken():
    answer = buyer().post(CHECKOUT, "payment_token=tok_ok", content_type="application/x-www-form-urlencoded")
    assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert problem(buyer().get(CHECKOUT)) == (405, "METHOD_NOT_ALLOWED")


def test_who_has_no_account_is_asked_to_make_one():
    guest = APIClient()
    guest.post(f"{CART}/items", {"book_id": offer_of().book_id}, headers={"X-Cart-Token": "new"})
    answer = pay(guest)
    assert problem(answer) == (401, "AUTH_REQUIRED")
    assert "account" in answer.json()["detail"]
    assert problem(pay(bearer("garbage"))) == (401, "AUTH_INVALID_TOKEN")


def test_another_site_cannot_buy_with_a_readers_cookie():
    client, program = buyer(), APIClient(enforce_csrf_checks=True)
    program.cookies = client.cookies
    assert problem(client.post(CHECKOUT, headers={"Origin": "https://evil.example"})) == (403, "FORBIDDEN")
    assert problem(pay(program)) == (403, "FORBIDDEN")
    assert nothing_happened()


def test_a_slash_at_the_end_is_as_good():
    assert buyer().post(f"{CHECKOUT}/", {"payment_token": "tok_ok"}).status_code == 201


def test_a_purchase_takes_few_statements():
    buyer, (first, second) = signed_in(UserFactory()), (offer_of(), offer_of())
    buyer.post(f"{CART}/items", {"book_id": first.book_id})
    with CaptureQueriesContext(connection) as adding:
        assert buyer.post(f"{CART}/items", {"book_id": second.book_id}).status_code == 201
    with CaptureQueriesContext(connection) as paying:
        assert pay(buyer, "key-1").status_code == 201
    # In the test's transaction, where each of theirs is two savepoints more: one for the add, two for the checkout.
    assert [len([query for query in asked if "SAVEPOINT" in query["sql"]]) for asked in (adding, paying)] == [2, 4]
    assert len(adding) <= 9
    assert len(paying) <= 29
