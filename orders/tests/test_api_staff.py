"""Staff's calls on orders, as the contract says."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.api import fields_at_fault, problem
from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core.tests.racing import race
from catalog.models import Offer
from orders import services
from orders.models import Order, OrderEvent, Refund
from orders.services import check_out, ship_order
from orders.tests.doors import ORDERS, STAFF, signed_in
from orders.tests.factories import bought, fill, offer_of, paying

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    return StaffFactory.create()


@pytest.fixture
def staff(chief: User) -> APIClient:
    return signed_in(chief)


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [order["id"] for order in answer.json()["items"]]


def placed(day: str, **columns: Any) -> int:
    """Return the id of an order that was placed at that time."""
    order = bought(offer_of())
    Order.objects.filter(pk=order.pk).update(created_at=datetime.fromisoformat(day).replace(tzinfo=UTC), **columns)
    return order.pk


# Who may


ACTS = ["/1/ship", "/1/deliver", "/1/refund", "/1/cancel", "/ship", "/deliver", "/cancel"]


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("get", "/1"), *[("post", act) for act in ACTS]])
def test_only_staff_are_let_in(method, path):
    shopper = signed_in(UserFactory())
    program = signed_in(UserFactory(is_service=True))
    assert problem(getattr(APIClient(), method)(STAFF + path)) == (401, "AUTH_REQUIRED")
    for client in (shopper, program):
        assert problem(getattr(client, method)(STAFF + path)) == (403, "FORBIDDEN")


# Finding


def test_staff_see_everybodys_orders_newest_first(staff):
    first, second = bought(offer_of()), bought(offer_of())
    page = staff.get(STAFF).json()
    assert ([order["id"] for order in page["items"]], page["total"]) == ([second.pk, first.pk], 2)
    mine = signed_in(first.user).get(f"{ORDERS}/{first.pk}").json()
    assert staff.get(f"{STAFF}/{first.pk}").json() == page["items"][1] == mine
    assert problem(staff.get(f"{STAFF}/{10**9}")) == (404, "ORDER_NOT_FOUND")


def test_orders_are_found_by_status_and_user(staff):
    first, second = bought(offer_of()), bought(offer_of())
    ship_order(second.pk, actor=None)
    assert ids(staff.get(STAFF, {"status": "SHIPPED"})) == [second.pk]
    assert ids(staff.get(STAFF, {"user_id": first.user_id})) == [first.pk]
    assert ids(staff.get(STAFF, {"user_id": first.user_id, "status": "SHIPPED"})) == []
    assert ids(staff.get(STAFF, {"user_id": 2**63 - 1})) == []
    assert ids(staff.get(STAFF, {"status": "", "user_id": "", "from": "", "to": "", "q": ""})) == [second.pk, first.pk]


def test_days_are_inclusive_and_of_utc(staff):
    times = ("2026-01-31T23:59:59.999999", "2026-02-01T00:00", "2026-02-02T23:59:59.999999", "2026-02-03T00:00")
    eve, first, last, after = (placed(moment) for moment in times)
    assert ids(staff.get(STAFF, {"from": "2026-02-01", "to": "2026-02-02"})) == [last, first]
    assert ids(staff.get(STAFF, {"to": "2026-01-31"})) == [eve]
    assert ids(staff.get(STAFF, {"from": "2026-02-03"})) == [after]
    assert ids(staff.get(STAFF, {"from": "2026-02-03", "to": "2026-02-01"})) == []
    assert len(ids(staff.get(STAFF, {"from": "0001-01-01", "to": "9999-12-31"}))) == 4


def test_orders_are_found_by_number_however_it_is_written(staff):
    order, other = bought(offer_of()), bought(offer_of())
    for each, number in ((order, "7K3Q-01XD-0M4R"), (other, "8K3Q-01XD-0M4R")):
        Order.objects.filter(pk=each.pk).update(number=number)
    for q in ("7K3Q-01XD-0M4R", "7k3q01xd0m4r", " 7k3q-OlXD ", "7K3", "7k3q 01"):
        assert ids(staff.get(STAFF, {"q": q})) == [order.pk], q
    for q in ("01XD", "7K3Q-01XD-0M4R-7", "%", "_"):
        assert ids(staff.get(STAFF, {"q": q})) == [], q


def test_orders_are_found_by_a_part_of_the_e_mail(staff):
    order = bought(offer_of())
    User.objects.filter(pk=order.user_id).update(email="ada-lovelace@example.org")
    bought(offer_of())
    for q in ("ada-lovelace@example.org", "ADA-LOVE", "-love"):
        assert ids(staff.get(STAFF, {"q": q})) == [order.pk], q
    assert len(ids(staff.get(STAFF, {"q": "example"}))) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "LOST"), ("status", "shipped"), ("user_id", "0"), ("user_id", "x"), ("user_id", str(2**63)),
        ("from", "2026-02-30"), ("from", "yesterday"), ("to", "2026-02-01T00:00"), ("q", "x" * 201),
        ("page", "0"), ("size", "101"), ("cursor", "x"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_right_is_refused(staff, name, value):
    assert fields_at_fault(staff.get(STAFF, {name: value})) == [name]


def test_queries_do_not_grow_with_orders_and_lines(staff):
    staff.get(STAFF)  # the first request of a session notes its use
    amounts = []
    for number in (2, 3):
        for _each in range(number):
            bought(*[offer_of() for _line in range(number)])
        with CaptureQueriesContext(connection) as queries:
            answer = staff.get(STAFF, {"q": "example", "status": "CONFIRMED"})
        amounts.append(len(queries))
    assert (len(ids(answer)), answer["Cache-Control"]) == (5, "private, no-store")
    assert amounts[0] == amounts[1] <= 6


# Acting on one


def test_an_order_is_sent_and_arrives(staff, chief):
    order = bought(offer_of())
    sent = staff.post(f"{STAFF}/{order.pk}/ship", {"carrier": "Post", "tracking": "RR 7"})
    assert (sent.status_code, sent.json()["status"]) == (200, "SHIPPED")
    assert sent.json()["shipment"] == {"carrier": "Post", "tracking": "RR 7"}
    assert staff.post(f"{STAFF}/{order.pk}/deliver").json()["status"] == "DELIVERED"
    assert list(OrderEvent.objects.filter(actor=chief).values_list("kind", flat=True)) == ["SHIPPED", "DELIVERED"]


def test_carrier_and_number_may_be_missing(staff):
    shown = staff.post(f"{STAFF}/{bought(offer_of()).pk}/ship").json()
    assert (shown["status"], shown["shipment"]) == ("SHIPPED", {"carrier": None, "tracking": None})


@pytest.mark.parametrize("act", ["ship", "deliver", "cancel", "refund"])
def test_an_order_that_there_is_not_is_not_found(staff, act):
    assert problem(staff.post(f"{STAFF}/{10**9}/{act}")) == (404, "ORDER_NOT_FOUND")


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ("ship", "ORDER_STATUS_TRANSITION"),
        ("deliver", "ORDER_STATUS_TRANSITION"),
        ("refund", "ORDER_STATUS_TRANSITION"),
        ("cancel", "ORDER_NOT_CANCELLABLE"),
    ],
)
def test_what_does_not_follow_on_the_status_is_refused(staff, act, code):
    order = bought(offer_of(5))
    assert staff.post(f"{STAFF}/{order.pk}/cancel").json()["status"] == "CANCELLED"
    answer = staff.post(f"{STAFF}/{order.pk}/{act}")
    assert (problem(answer), answer.json()["order_status"]) == ((409, code), "CANCELLED")
    assert (Order.objects.get().status, Offer.objects.get().stock_quantity, Refund.objects.count()) == (
        "CANCELLED", 5, 1,
    )  # fmt: skip


def test_a_whole_refund_ends_the_order(staff):
    order = bought(offer_of(5), quantity=2)
    shown = staff.post(f"{STAFF}/{order.pk}/refund", {"restock": True, "note": "Came back wet"}).json()
    assert (shown["status"], shown["refunded_amount"], Offer.objects.get().stock_quantity) == ("REFUNDED", "20.00", 5)
    assert Refund.objects.get().note == "Came back wet"
    assert problem(staff.post(f"{STAFF}/{order.pk}/refund")) == (409, "ORDER_STATUS_TRANSITION")


@pytest.mark.parametrize("amount", ["5.50", 5.5])
def test_a_part_is_refunded_by_amount_never_more_than_is_left(staff, amount):
    order = bought(offer_of(), quantity=2)
    shown = staff.post(f"{STAFF}/{order.pk}/refund", {"amount": amount}).json()
    assert (shown["status"], shown["refunded_amount"]) == ("CONFIRMED", "5.50")
    assert problem(staff.post(f"{STAFF}/{order.pk}/refund", {"amount": "14.51"})) == (409, "REFUND_TOO_LARGE")
    assert staff.post(f"{STAFF}/{order.pk}/refund", {"amount": "14.50"}).json()["status"] == "REFUNDED"


def test_lines_are_refunded_and_put_back(staff):
    offer = offer_of(5, "4.00")
    order = bought(offer, offer_of(price="1.00"), quantity=3)
    line = order.items.get(offer=offer)
    body = {"lines": [{"item_id": line.pk, "quantity": 2}], "restock": True}
    shown = staff.post(f"{STAFF}/{order.pk}/refund", body).json()
    offer.refresh_from_db()
    assert (shown["status"], shown["refunded_amount"], offer.stock_quantity) == ("CONFIRMED", "8.00", 4)
    assert problem(staff.post(f"{STAFF}/{order.pk}/refund", body)) == (409, "REFUND_TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"lines": []}, "lines"),
        ({"lines": {"item_id": 1}}, "lines"),
        ({"lines": [7]}, "lines.0"),
        ({"lines": [{"item_id": 1}]}, "lines.0.quantity"),
        ({"lines": [{"item_id": 1, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"item_id": 1, "quantity": 2**31}]}, "lines.0.quantity"),
        ({"lines": [{"item_id": 1, "quantity": 1}] * 2}, "lines"),
        ({"lines": [{"item_id": 2**63 - 1, "quantity": 1}]}, "lines"),
        ({"restock": "yes"}, "restock"),
        ({"note": "x" * 501}, "note"),
        ({"note": "a\0b"}, "note"),
    ],
)
def test_a_refund_that_cannot_be_right_is_refused_and_names_the_field(staff, body, field):
    order = bought(offer_of())
    at_fault = fields_at_fault(staff.post(f"{STAFF}/{order.pk}/refund", body))
    assert [name.removesuffix(".non_field_errors") for name in at_fault] == [field]
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("body", [{"carrier": "x" * 101}, {"tracking": "x" * 201}, {"carrier": 7}, {"tracking": "\0"}])
def test_a_parcel_that_cannot_be_right_is_refused(staff, body):
    order = bought(offer_of())
    assert fields_at_fault(staff.post(f"{STAFF}/{order.pk}/ship", body)) == list(body)
    assert Order.objects.get().status == "CONFIRMED"


def test_a_key_sent_twice_refunds_once(staff):
    order, body, headers = bought(offer_of()), {"amount": "1.00"}, {"Idempotency-Key": "k"}
    first, again = (staff.post(f"{STAFF}/{order.pk}/refund", body, headers=headers) for _each in range(2))
    assert (first.content, again["Idempotent-Replayed"]) == (again.content, "true")
    assert Refund.objects.get().amount == Decimal("1.00")
    other = staff.post(f"{STAFF}/{order.pk}/refund", {"amount": "2.00"}, headers=headers)
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")


# Acting on many


def test_many_orders_are_acted_on_each_for_itself(staff):
    fine, cancelled, other = (bought(offer_of()) for _each in range(3))
    services.cancel_order(cancelled.pk, actor=None)
    body = {"ids": [other.pk, cancelled.pk, 10**9, fine.pk, other.pk], "carrier": "Post"}
    answer = staff.post(f"{STAFF}/ship", body)
    outcomes = [{**outcome, "detail": bool(outcome.get("detail"))} for outcome in answer.json()["items"]]
    assert (answer.status_code, outcomes) == (200, [
        {"id": other.pk, "status": "SHIPPED", "detail": False},
        {"id": cancelled.pk, "code": "ORDER_STATUS_TRANSITION", "detail": True},
        {"id": 10**9, "code": "ORDER_NOT_FOUND", "detail": True},
        {"id": fine.pk, "status": "SHIPPED", "detail": False},
    ])  # fmt: skip
    assert list(Order.objects.filter(carrier="Post").order_by("pk").values_list("pk", flat=True)) == [fine.pk, other.pk]


def test_many_orders_arrive_and_many_are_cancelled(staff):
    orders = [bought(offer_of(5)) for _each in range(3)]
    body = {"ids": [order.pk for order in orders]}
    assert staff.post(f"{STAFF}/deliver", body).json()["items"][0]["code"] == "ORDER_STATUS_TRANSITION"
    ship_order(orders[0].pk, actor=None)
    assert staff.post(f"{STAFF}/deliver", body).json()["items"][0]["status"] == "DELIVERED"
    outcomes = staff.post(f"{STAFF}/cancel", body).json()["items"]
    assert [outcome.get("status") for outcome in outcomes] == [None, "CANCELLED", "CANCELLED"]
    assert sorted(Offer.objects.values_list("stock_quantity", flat=True)) == [4, 5, 5]


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "ids"), ({"ids": []}, "ids"), ({"ids": 1}, "ids"), ({"ids": ["1"]}, "ids.0"), ({"ids": [0]}, "ids.0"),
     ({"ids": [2**63]}, "ids.0"), ({"ids": [True]}, "ids.0"), ({"ids": list(range(1, 102))}, "ids")],
)  # fmt: skip
@pytest.mark.parametrize("act", ["ship", "deliver", "cancel"])
def test_a_list_of_orders_that_cannot_be_right_is_refused(staff, act, given, field):
    order = bought(offer_of())
    assert fields_at_fault(staff.post(f"{STAFF}/{act}", given)) == [field]
    order.refresh_from_db()
    assert order.status == "CONFIRMED"


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_locked_is_told_and_keeps_no_other_from_its_act():
    client = signed_in(StaffFactory())
    fine, held = bought(offer_of()), bought(offer_of())

    def act() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return client.post(f"{STAFF}/ship", {"ids": [held.pk, fine.pk]}).json()["items"]

    with transaction.atomic():
        Order.objects.locked().get(pk=held.pk)
        (outcomes,) = race(act)
    assert (outcomes[0]["code"], outcomes[1]["status"]) == ("UNAVAILABLE", "SHIPPED")
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["SHIPPED", "CONFIRMED"]


def test_two_carts_of_one_shopper_are_two_orders_to_staff(staff):
    user = UserFactory()
    for _each in range(2):
        fill(user, offer_of())
        check_out(user, paying())
    assert len(ids(staff.get(STAFF, {"user_id": user.pk}))) == 2
