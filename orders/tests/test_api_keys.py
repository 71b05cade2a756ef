"""A checkout's idempotency key: whatever is sent again, and whenever, there is one order and one charge."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.api import client_of, fields_at_fault, problem
from bookstore.core.models import KEPT_FOR, IdempotencyKey
from bookstore.core.tests.racing import race
from cart.models import Cart
from catalog.models import Offer
from orders.models import MockCharge, Order
from orders.tests.doors import CART, CHECKOUT, ORDERS, pay, signed_in
from orders.tests.factories import fill, offer_of, shopper_with

pytestmark = pytest.mark.django_db

REUSED = (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.fixture
def user() -> User:
    return shopper_with(offer_of(5), quantity=2)


@pytest.fixture
def client(user: User) -> APIClient:
    return signed_in(user)


def orders_and_charges() -> tuple[int, int]:
    return Order.objects.count(), MockCharge.objects.count()


def leave_undecided(client: APIClient, settings: Any) -> Any:
    """Check out with a payment of which the provider does not speak in time; return the answer."""
    settings.PAYMENT_TEST_TOKENS, settings.PAYMENT_TIMEOUT = True, 0
    answer = pay(client, "k", payment_token="tok_timeout")
    settings.PAYMENT_TIMEOUT = 15
    return answer


def ask_again(client: APIClient) -> Any:
    return pay(client, "k", payment_token="tok_timeout")


# Sent again


@pytest.mark.parametrize(("token", "status"), [("tok_ok", 201), ("tok_declined", 402)])
def test_the_same_key_gets_the_same_answer_and_buys_once(client, token, status):
    first, again = (pay(client, "k", payment_token=token) for _each in range(2))
    assert (first.status_code, again.status_code) == (status, status)
    assert first["Content-Type"] == again["Content-Type"]
    assert {**first.json(), "request_id": ""} == {**again.json(), "request_id": ""}
    assert (first.has_header("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (False, "true")
    assert (orders_and_charges(), Offer.objects.get().stock_quantity) == ((1, 1), 3 if status == 201 else 5)


def test_another_key_after_a_decline_is_another_try(client):
    assert pay(client, "k", payment_token="tok_declined").status_code == 402
    assert pay(client, "l").status_code == 201
    assert orders_and_charges() == (2, 2)


def test_a_key_in_the_body_counts_as_the_header(client):
    assert pay(client, idempotency_key="k").status_code == 201
    assert pay(client, "k")["Idempotent-Replayed"] == "true"
    assert fields_at_fault(pay(client, "k", idempotency_key="l")) == ["idempotency_key"]


def test_a_refusal_leaves_the_key_free(client, user):
    Cart.objects.all().delete()
    assert problem(pay(client, "k")) == (422, "ORDER_CART_EMPTY")
    fill(user, offer_of())
    assert pay(client, "k").status_code == 201


def test_a_key_with_another_body_is_refused(client):
    pay(client, "k")
    for body in ({"expected_total": "20.00"}, {"payment_token": "tok_declined"}, {"anything": 1}):
        assert problem(pay(client, "k", **body)) == REUSED
    assert orders_and_charges() == (1, 1)


def test_bodies_are_the_same_that_are_equal_as_json(client):
    for body in (
        b'{"payment_token": "tok_ok", "expected_total": 20.0}',
        b'{"expected_total":20,"payment_token":"tok_ok"}',
    ):
        answer = client.post(CHECKOUT, body, content_type="application/json", headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
    assert orders_and_charges() == (1, 1)


def test_a_key_is_one_shoppers(client):
    other = signed_in(shopper_with(offer_of()))
    assert pay(client, "k").json()["id"] != pay(other, "k").json()["id"]
    assert orders_and_charges() == (2, 2)


def test_a_key_of_the_till_is_refused_elsewhere_and_the_other_way_round(client, user):
    pay(client, "till")
    body, refused = {"book_id": Offer.objects.get().book_id}, {"Idempotency-Key": "till"}
    assert problem(client.post(f"{CART}/items", body, headers=refused)) == REUSED
    assert client.post(f"{CART}/items", body, headers={"Idempotency-Key": "cart"}).status_code == 201
    assert problem(pay(client, "cart")) == REUSED
    order = Order.objects.get()
    assert problem(client.post(f"{ORDERS}/{order.pk}/cancel", headers=refused)) == REUSED
    assert (orders_and_charges(), order.status) == ((1, 1), "CONFIRMED")


def test_an_order_keeps_its_key_longer_than_a_day(client):
    order = pay(client, "k").json()
    IdempotencyKey.objects.update(created_at=IdempotencyKey.objects.get().created_at - 2 * KEPT_FOR)
    assert pay(client, "k").json() == order
    assert orders_and_charges() == (1, 1)


def test_an_order_that_went_on_is_shown_as_it_is_now(client):
    order = pay(client, "k").json()
    client.post(f"{ORDERS}/{order['id']}/cancel")
    again = pay(client, "k")
    assert (again.status_code, again.json()["status"]) == (201, "CANCELLED")


# Undecided


def test_an_undecided_payment_is_202_and_holds_copies_and_cart(client, settings):
    answer = leave_undecided(client, settings)
    shown = answer.json()
    assert (answer.status_code, shown["status"], shown["payment"]["status"]) == (202, "PENDING", "PENDING")
    assert (shown["payment"]["reference"], [entry["status"] for entry in shown["timeline"]]) == (None, ["PENDING"])
    assert (Offer.objects.get().stock_quantity, Cart.objects.get().status) == (3, "LOCKED")
    assert problem(pay(client)) == (409, "CART_LOCKED")


def test_asking_again_settles_what_was_charged(client, settings):
    first = leave_undecided(client, settings).json()
    again = ask_again(client)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert (again.json()["id"], again.json()["status"], orders_and_charges()) == (first["id"], "CONFIRMED", (1, 1))


def test_while_the_first_may_still_be_charging_the_second_waits(client, settings):
    leave_undecided(client, settings)
    MockCharge.objects.all().delete()
    answer = ask_again(client)
    assert (problem(answer), answer["Retry-After"]) == ((409, "IDEMPOTENCY_IN_PROGRESS"), "1")
    assert (orders_and_charges(), Order.objects.get().status) == ((1, 0), "PENDING")


def test_what_was_never_charged_is_voided_and_has_failed(client, settings):
    leave_undecided(client, settings)
    MockCharge.objects.all().delete()
    Order.objects.update(created_at=Order.objects.get().created_at - timedelta(seconds=16))
    for _each in range(2):
        answer = ask_again(client)
        assert (problem(answer), answer["Idempotent-Replayed"]) == ((402, "ORDER_PAYMENT_FAILED"), "true")
    assert (MockCharge.objects.get().status, Offer.objects.get().stock_quantity) == ("VOIDED", 5)


def test_newer_lines_are_bought_while_an_order_is_undecided(client, user, settings):
    leave_undecided(client, settings)
    fill(user, offer_of(price="4.00"))
    assert pay(client, "l").json()["total_price"] == "4.00"
    assert ask_again(client).json()["total_price"] == "20.00"


# Lost answers


@pytest.mark.parametrize("key", ["k", "a/b", "a/", "a//", "//", "ä ö", "50 %?#&", "../x", "%2F", "x" * 255, "  "])
def test_an_order_is_found_by_any_key(client, key):
    order = pay(client, idempotency_key=key).json()
    address = f"{ORDERS}/by-key/{quote(key, safe='')}"
    assert client.get(address).json() == order
    assert client.get(f"{address}/").json() == order


def test_of_keys_that_differ_by_a_slash_each_finds_its_own(client, user):
    first = pay(client, "a").json()["id"]
    fill(user, offer_of())
    second = pay(client, "a/").json()["id"]
    found = [client.get(f"{ORDERS}/by-key/{key}").json()["id"] for key in ("a", "a%2F")]
    assert found == [first, second]


def test_an_undecided_order_is_found_by_its_key(client, settings):
    order = leave_undecided(client, settings).json()
    assert client.get(f"{ORDERS}/by-key/k").json() == order


@pytest.mark.parametrize("key", ["l", "K", "k%20", "%01", "x" * 3000])
def test_a_key_that_made_no_order_finds_none(client, key):
    pay(client, "k")
    pay(signed_in(shopper_with(offer_of())), "l")
    assert problem(client.get(f"{ORDERS}/by-key/{key}")) == (404, "ORDER_NOT_FOUND")


def test_an_order_without_a_key_is_found_by_none(client):
    pay(client)
    for path in ("by-key/", "by-key//", "by-key"):
        assert client.get(f"{ORDERS}/{path}").status_code == 404
    assert problem(client.get(f"{ORDERS}/by-key/a%00")) == (400, "VALIDATION_ERROR")
    assert problem(APIClient().get(f"{ORDERS}/by-key/k")) == (401, "AUTH_REQUIRED")


# At once


@pytest.mark.django_db(transaction=True)
def test_an_app_that_sends_twice_at_once_buys_once():
    user = shopper_with(offer_of(5))
    clients = [client_of(user) for _each in range(6)]
    answers = race(*[lambda client=client: pay(client, "k") for client in clients])
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"IDEMPOTENCY_IN_PROGRESS"}
    (order,) = {answer.json()["id"] for answer in answers if answer.status_code == 201} | {Order.objects.get().pk}
    assert (pay(clients[0], "k").json()["id"], orders_and_charges()) == (order, (1, 1))
    assert Offer.objects.get().stock_quantity == 4


@pytest.mark.django_db(transaction=True)
def test_without_a_key_two_at_once_buy_once_too():
    user = shopper_with(offer_of(5))
    clients = [client_of(user) for _each in range(6)]
    answers = race(*[lambda client=client: pay(client) for client in clients])
    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], set(statuses[1:]) <= {409, 422}) == (201, True)
    refusals = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert refusals <= {"CART_LOCKED", "ORDER_CART_EMPTY"}
    assert (orders_and_charges(), Offer.objects.get().stock_quantity) == ((1, 1), 4)


@pytest.mark.django_db(transaction=True)
def test_a_key_sent_to_till_and_cart_at_once_counts_for_one():
    user = shopper_with(offer_of(5))
    other = offer_of(5)
    till, cart = client_of(user), client_of(user)
    body, headers = {"book_id": other.book_id}, {"Idempotency-Key": "k"}
    answers = race(lambda: pay(till, "k"), lambda: cart.post(f"{CART}/items", body, headers=headers))
    assert sorted(answer.status_code for answer in answers) in ([201, 409], [201, 422])
    assert IdempotencyKey.objects.count() == 1
