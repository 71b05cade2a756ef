"""Idempotency keys of partners' services, by either door."""

from decimal import Decimal

import pytest
from django.db import connections, transaction

from bookstore.core import advisory
from bookstore.core.models import IdempotencyKey
from cart.models import CartItem
from cart.tests.partner_doors import Door
from cart.tests.partner_stage import Stage
from catalog import services as catalogue

pytestmark = pytest.mark.django_db(transaction=True)

BOOK = {"company_id": "@seller", "product_id": "@book", "quantity": 3}
REUSED = "INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED"


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture(params=["REST", "gRPC"])
def door(request: pytest.FixtureRequest, doors: dict[str, Door]) -> Door:
    return doors[request.param]


def copies(stage: Stage, cart: str = "active") -> int:
    return CartItem.objects.get(cart=stage.rows[cart].pk, offer__book=stage.rows["book"].pk).quantity


@pytest.mark.parametrize(("who", "cart"), [("shopper", "active"), ("guest", "guests")])
def test_the_same_key_adds_once_and_gets_the_first_answer(stage, door, who, cart):
    first, again = (stage.call(door, who, "UpsertItem", BOOK, "k1") for _each in range(2))
    assert (first.is_replayed, again.is_replayed, again.carts) == (False, True, first.carts)
    assert copies(stage, cart) == 5
    stage.call(door, who, "UpsertItem", BOOK, "k2")
    assert copies(stage, cart) == 8


def test_a_cart_is_begun_and_a_line_is_set_once(stage, door):
    for name, fields in [
        ("UpsertCart", {"company_id": "@elsewhere"}),
        ("UpsertItem", {"cart_id": "@active", "product_id": "@book", "quantity": 4}),
    ]:
        first, again = (stage.call(door, "shopper", name, fields, f"{name}") for _each in range(2))
        assert (again.is_replayed, again.carts) == (True, first.carts)


def test_the_key_of_a_partner_is_for_one_shopper(stage, door):
    stage.call(door, "service", "UpsertItem", BOOK | {"user_id": "@shopper"}, "k1")
    answer = stage.call(door, "service", "UpsertItem", BOOK | {"user_id": "@hostile"}, "k1")
    assert (stage.outcome(answer), copies(stage, "others")) == (REUSED, 2)


@pytest.mark.parametrize("change", [{"quantity": 2}, {"product_id": "@second"}, {"expected_price": "10.00"}])
def test_a_key_that_was_used_for_something_else_is_refused(stage, door, change):
    stage.call(door, "shopper", "UpsertItem", BOOK, "k1")
    assert stage.outcome(stage.call(door, "shopper", "UpsertItem", BOOK | change, "k1")) == REUSED
    assert copies(stage) == 5


def test_a_key_is_its_callers_own(stage, door):
    for who in ("shopper", "hostile", "guest"):
        assert not stage.call(door, who, "UpsertItem", BOOK, "k1").is_replayed
    assert [copies(stage, cart) for cart in ("active", "others", "guests")] == [5, 5, 5]


def test_a_key_used_at_one_door_is_used_at_the_other(stage, doors):
    stage.call(doors["REST"], "shopper", "UpsertItem", BOOK, "k1")
    assert stage.outcome(stage.call(doors["gRPC"], "shopper", "UpsertItem", BOOK, "k1")) == REUSED
    assert copies(stage) == 5


def test_a_refusal_is_tried_anew(stage, door):
    fields = BOOK | {"expected_price": "11.00"}
    refused = stage.call(door, "shopper", "UpsertItem", fields, "k1")
    assert stage.outcome(refused) == "FAILED_PRECONDITION PRICE_CHANGED"
    assert not IdempotencyKey.objects.exists()
    catalogue.change_offer(stage.offers["book"].pk, price=Decimal("11.00"))
    assert not stage.call(door, "shopper", "UpsertItem", fields, "k1").refusal
    assert copies(stage) == 5


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_bad_key_is_refused(stage, door, key):
    answer = stage.call(door, "shopper", "UpsertItem", BOOK, key)
    assert (stage.outcome(answer), copies(stage)) == ("INVALID_ARGUMENT VALIDATION_ERROR", 2)


def test_a_twin_that_is_running_is_told(stage, door):
    with transaction.atomic():
        assert advisory.try_lock(f"idempotency\nuser:{stage.rows['shopper'].pk}\nk1")
        answer = stage.call(door, "shopper", "UpsertItem", BOOK, "k1")
    connections.close_all()
    assert (stage.outcome(answer), copies(stage)) == ("FAILED_PRECONDITION IDEMPOTENCY_IN_PROGRESS", 2)
