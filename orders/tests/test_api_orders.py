"""Shoppers' orders through HTTP, as the contract says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import create_service_account
from accounts.tests.api import bearer, problem
from accounts.tests.factories import StaffFactory, UserFactory
from catalog.models import Book, Offer, Seller
from catalog.services import archive_book, change_offer
from orders.models import Order, OrderStatus, Refund
from orders.services import deliver_order, refund_order, ship_order
from orders.tests.doors import ORDERS, pay, signed_in
from orders.tests.factories import bought, fill, offer_of, shopper_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return shopper_with(offer_of(5), quantity=2)


@pytest.fixture
def client(user: User) -> APIClient:
    return signed_in(user)


def buy(client: APIClient, user: User, *offers: Offer, **body: Any) -> dict[str, Any]:
    fill(user, *offers)
    answer = pay(client, **body)
    assert answer.status_code in {201, 402}, answer.content
    return answer.json()


# Reading


def test_orders_come_newest_first_in_pages_whatever_became_of_them(client, user):
    first = pay(client).json()
    declined = buy(client, user, offer_of(), payment_token="tok_declined")
    last = pay(client).json()
    page = client.get(ORDERS, {"size": 2}).json()
    assert ([order["id"] for order in page["items"]], page["total"]) == ([last["id"], declined["order_id"]], 3)
    rest = client.get(ORDERS, {"size": 2, "cursor": page["next"]}).json()
    assert (rest["items"], rest["next"]) == ([first], None)
    assert client.get(ORDERS, {"size": 2, "page": 2}).json()["items"] == [first]
    assert problem(client.get(ORDERS, {"size": 101})) == (400, "VALIDATION_ERROR")


def test_an_order_is_shown_alone_as_in_the_list(client):
    order = pay(client).json()
    assert client.get(f"{ORDERS}/{order['id']}").json() == client.get(ORDERS).json()["items"][0] == order


@pytest.mark.parametrize("path", ["", "/1", "/by-key/k", "/1/cancel", "/checkout"])
def test_who_is_not_signed_in_is_asked_to(path):
    method = "post" if path.endswith(("cancel", "checkout")) else "get"
    answer = getattr(APIClient(), method)(ORDERS + path)
    assert (problem(answer), "account" in answer.json()["detail"]) == ((401, "AUTH_REQUIRED"), True)


@pytest.mark.parametrize("number", ["another's", 0, 10**9, 10**18 - 1])
def test_an_order_of_somebody_else_is_not_found(client, number):
    order = bought(offer_of())
    number = order.pk if number == "another's" else number
    assert problem(client.get(f"{ORDERS}/{number}")) == (404, "ORDER_NOT_FOUND")
    assert problem(client.post(f"{ORDERS}/{number}/cancel")) == (404, "ORDER_NOT_FOUND")
    assert (client.get(ORDERS).json()["items"], Order.objects.get().status) == ([], "CONFIRMED")


def test_what_is_no_number_of_ours_is_not_found(client):
    for path in (f"/{10**18}", f"/{2**63}", "/x", "/-1", "/1.0"):
        assert problem(client.get(ORDERS + path)) == (404, "NOT_FOUND")
    assert problem(client.put(f"{ORDERS}/1", {})) == (405, "METHOD_NOT_ALLOWED")
    assert problem(client.post(ORDERS, {})) == (405, "METHOD_NOT_ALLOWED")


def test_staff_and_programs_have_no_more_than_their_own_here():
    order = bought(offer_of())
    program = bearer(create_service_account("Press", timedelta(days=1)))
    for client in (signed_in(StaffFactory()), program):
        assert problem(client.get(f"{ORDERS}/{order.pk}")) == (404, "ORDER_NOT_FOUND")
        assert client.get(ORDERS).json()["total"] == 0


def test_a_line_stays_as_it_was_bought(client):
    order = pay(client).json()
    Book.objects.update(title="Another title", byline="Another")
    Seller.objects.update(name="Another seller")
    change_offer(Offer.objects.get().pk, price=Decimal("99.00"))
    (line,) = client.get(f"{ORDERS}/{order['id']}").json()["items"]
    (before,) = order["items"]
    kept = ("unit_price", "line_total", "title", "author", "isbn", "seller")
    assert [line[name] for name in kept] == [before[name] for name in kept]
    assert (line["book"]["title"], line["book"]["price"]) == ("Another title", "99.00")


def test_a_line_whose_book_is_archived_has_no_book(client):
    order = pay(client).json()
    archive_book(order["items"][0]["book_id"])
    (line,) = client.get(f"{ORDERS}/{order['id']}").json()["items"]
    assert line == {**order["items"][0], "book": None}


def test_an_order_says_how_it_was_sent_and_when(client):
    order = pay(client).json()
    ship_order(order["id"], actor=None, carrier="Post", tracking="7")
    deliver_order(order["id"], actor=None)
    shown = client.get(f"{ORDERS}/{order['id']}").json()
    assert (shown["status"], shown["shipment"]) == ("DELIVERED", {"carrier": "Post", "tracking": "7"})
    assert [entry["status"] for entry in shown["timeline"]] == ["PENDING", "CONFIRMED", "SHIPPED", "DELIVERED"]


def test_a_part_that_was_refunded_is_an_amount_and_no_status(client):
    order = pay(client).json()
    refund_order(order["id"], actor=None, amount=Decimal("0.50"))
    shown = client.get(f"{ORDERS}/{order['id']}").json()
    assert (shown["status"], shown["refunded_amount"]) == ("CONFIRMED", "0.50")
    assert [entry["status"] for entry in shown["timeline"]] == ["PENDING", "CONFIRMED"]


def test_nobody_keeps_a_copy(client):
    order = pay(client, "k").json()
    for path in ("", f"/{order['id']}", "/by-key/k"):
        assert client.get(ORDERS + path)["Cache-Control"] == "private, no-store"


def test_queries_do_not_grow_with_orders_and_lines(client, user):
    pay(client)
    amounts = []
    for number in (1, 3):
        for _each in range(number):
            buy(client, user, *[offer_of() for _line in range(number)])
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(ORDERS)
        amounts.append(len(queries))
    assert len(answer.json()["items"]) == 5
    assert amounts[0] == amounts[1] <= 6


# Cancelling


def test_a_cancelled_order_gives_copies_and_money_back(client):
    order = pay(client).json()
    answer = client.post(f"{ORDERS}/{order['id']}/cancel")
    shown = answer.json()
    assert (answer.status_code, shown["status"], shown["refunded_amount"]) == (200, "CANCELLED", "20.00")
    assert [entry["status"] for entry in shown["timeline"]] == ["PENDING", "CONFIRMED", "CANCELLED"]
    assert (Offer.objects.get().stock_quantity, Refund.objects.get().amount) == (5, 20)
    assert client.get(f"{ORDERS}/{order['id']}").json() == shown
    assert problem(client.post(f"{ORDERS}/{order['id']}/cancel")) == (409, "ORDER_NOT_CANCELLABLE")
    assert (Offer.objects.get().stock_quantity, Refund.objects.count()) == (5, 1)


def test_a_key_sent_twice_cancels_once_and_is_answered_alike(client):
    order, headers = pay(client).json(), {"Idempotency-Key": "k"}
    first, again = (client.post(f"{ORDERS}/{order['id']}/cancel", headers=headers) for _each in range(2))
    assert (first.status_code, first.content, again["Idempotent-Replayed"]) == (200, again.content, "true")
    assert Refund.objects.count() == 1


def test_what_is_sent_declined_or_undecided_is_not_cancelled(client, user, settings):
    settings.PAYMENT_TEST_TOKENS, settings.PAYMENT_TIMEOUT = True, 0
    sent = pay(client).json()["id"]
    ship_order(sent, actor=None)
    declined = buy(client, user, offer_of(), payment_token="tok_declined")["order_id"]
    undecided = pay(client, payment_token="tok_timeout").json()["id"]
    for pk in (sent, declined, undecided):
        assert problem(client.post(f"{ORDERS}/{pk}/cancel")) == (409, "ORDER_NOT_CANCELLABLE")
    statuses = list(Order.objects.order_by("pk").values_list("status", flat=True))
    assert statuses == [OrderStatus.SHIPPED, OrderStatus.PAYMENT_FAILED, OrderStatus.PENDING]
    assert Refund.objects.count() == 0


def test_an_order_whose_shopper_is_gone_is_nobodys(client, user):
    order = pay(client).json()
    Order.objects.update(user=None)
    assert problem(client.get(f"{ORDERS}/{order['id']}")) == (404, "ORDER_NOT_FOUND")
    assert problem(signed_in(UserFactory()).get(f"{ORDERS}/{order['id']}")) == (404, "ORDER_NOT_FOUND")
    assert signed_in(StaffFactory()).get(f"/api/v1/admin{ORDERS[7:]}/{order['id']}").json()["user_id"] is None
