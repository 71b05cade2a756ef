"""What ends an order whose process died: a retry, or the sweep; and what becomes of money that comes too late."""

import threading
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from bookstore.core.idempotency import InProgress
from bookstore.core.tests.racing import PATIENCE as LONG
from bookstore.core.tests.racing import race
from bookstore.core.writing import insert
from cart.models import Cart
from cart.services import Shopper, lock_shoppers
from catalog.models import Offer
from catalog.services import receive_stock, set_stock
from catalog.services.ledger import MOST_COPIES
from orders import jobs
from orders.models import PATIENCE, MockCharge, Order, OrderEvent, Refund
from orders.payment import Charge, ChargeStatus, NoAnswer
from orders.payment.mock import MockProvider
from orders.services import CheckoutRequest, Purchase, carry_out_refund, check_out, recover, reserve, settle, timeline
from orders.tests.doors import ORDERS, pay, signed_in
from orders.tests.factories import IS_DECLINED, call_of, fill, offer_of, paying, shopper_with
from orders.tests.factories import jobs as waiting_jobs
from orders.tests.faults import faults
from prebooking.models import Prebook
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db


class Silent(MockProvider):
    """A provider that cannot be reached."""

    def charge(self, *arguments: Any) -> Charge:
        raise NoAnswer

    def find(self, key: str) -> Charge | None:
        raise NoAnswer

    def void(self, key: str) -> Charge:
        raise NoAnswer


SILENT = f"{__name__}.{Silent.__name__}"


def left(charge: str = "", age: timedelta = PATIENCE) -> Order:
    """Return an order of a book that was waited for, which nobody has ended; with what the provider says of it."""
    offer, user = offer_of(0), UserFactory()
    PrebookFactory(book=offer.book, user=user)
    receive_stock(offer.pk, 5)
    fill(user, offer, quantity=2)
    order = reserve(user, paying(call=call_of(user))).order
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - age)
    if charge:
        MockCharge.objects.create(
            key=order.number, status=charge, amount=order.total_price, currency="EUR", reference="ch_1"
        )
    return Order.objects.get(pk=order.pk)


def swept(order: Order) -> tuple[str, int, str, str]:
    """Sweep, and return what became of order, stock, cart and prebook."""
    jobs.sweep_orders()
    for job in waiting_jobs("recover_order"):
        jobs.recover_order(**job)
    order.refresh_from_db()
    statuses = [model.objects.get(user=order.user).status for model in (Cart, Prebook)]
    return order.status, Offer.objects.get().stock_quantity, *statuses


def test_an_order_that_was_charged_is_confirmed():
    order = left("SUCCEEDED")
    assert swept(order) == ("CONFIRMED", 3, "CHECKED_OUT", "FULFILLED")
    assert (order.payment_reference, faults()) == ("ch_1", [])


def test_an_order_that_was_declined_gives_everything_back():
    order = left("DECLINED")
    assert swept(order) == ("PAYMENT_FAILED", 5, "ACTIVE", "NOTIFIED")
    assert faults() == []


def test_an_order_that_was_never_charged_is_voided_and_a_late_charge_does_not_land():
    order = left()
    assert swept(order) == ("PAYMENT_FAILED", 5, "ACTIVE", "NOTIFIED")
    late = MockProvider().charge(order.number, order.total_price, "EUR", paying().means)
    assert late.status == ChargeStatus.VOIDED
    assert settle(order, late).status == "PAYMENT_FAILED"
    assert faults() == []


def test_an_order_that_may_still_be_waiting_for_its_payment_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert swept(left("SUCCEEDED", PATIENCE - timedelta(seconds=5)))[0] == "PENDING"
    assert waiting_jobs("recover_order") == []


def test_an_order_is_queued_once_however_often_the_sweep_comes():
    order = left("SUCCEEDED")
    for _turn in range(3):
        jobs.sweep_orders()
    assert waiting_jobs("recover_order") == [{"order_id": order.pk}]


def test_a_second_recovery_changes_nothing():
    order = left("DECLINED")
    assert swept(order) == swept(order)
    jobs.recover_order(order.pk)
    assert (order.events.count(), faults()) == (2, [])


def test_an_order_of_which_the_provider_says_nothing_is_left_to_the_next_sweep(settings: Any):
    order, provider = left("SUCCEEDED"), settings.PAYMENT_PROVIDER
    settings.PAYMENT_PROVIDER = SILENT
    assert swept(order) == ("PENDING", 3, "LOCKED", "NOTIFIED")
    settings.PAYMENT_PROVIDER = provider
    assert swept(order)[0] == "CONFIRMED"
    assert faults() == []


def test_a_client_hears_202_while_the_provider_says_nothing_and_201_once_it_does(settings: Any):
    provider, settings.PAYMENT_PROVIDER = settings.PAYMENT_PROVIDER, SILENT
    client = signed_in(shopper_with(offer_of(5)))
    first, second = pay(client, "key-1"), pay(client, "key-1")
    assert [(answer.status_code, answer.json()["status"]) for answer in (first, second)] == [(202, "PENDING")] * 2
    assert client.get(f"{ORDERS}/by-key/key-1").json()["status"] == "PENDING"
    order = Order.objects.get()
    settings.PAYMENT_PROVIDER = provider
    MockProvider().charge(order.number, order.total_price, "EUR", paying().means)
    third = pay(client, "key-1")
    assert (third.status_code, third.json()["id"], third.json()["status"]) == (201, order.pk, "CONFIRMED")
    assert faults() == []


def test_a_retry_that_may_have_a_running_twin_ends_nothing():
    order = left(age=timedelta(0))
    with pytest.raises(InProgress):
        check_out(order.user, paying(call=call_of(order.user)))
    assert Order.objects.get().status == "PENDING"


def test_money_that_comes_although_the_order_has_failed_goes_back_once():
    order = left()
    settle(order, Charge(order.number, ChargeStatus.DECLINED, Decimal(0), ""))
    MockCharge.objects.create(
        key=order.number, status="SUCCEEDED", amount=order.total_price, currency="EUR", reference="ch_late"
    )
    for _turn in range(2):
        assert recover(order).status == "PAYMENT_FAILED"
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason) == (order.total_price, "CHARGED_LATE")
    carry_out_refund(refund.pk)
    assert MockCharge.objects.get().refunds.get().amount == order.total_price
    assert (Offer.objects.get().stock_quantity, faults()) == (5, [])


def test_a_failed_order_ends_even_where_there_is_no_room_for_its_copies():
    order = left("DECLINED")
    set_stock(Offer.objects.get().pk, MOST_COPIES)
    assert swept(order)[:2] == ("PAYMENT_FAILED", MOST_COPIES + 2)
    assert faults() == []


def test_an_empty_cart_beside_one_that_is_being_paid_for_does_not_hide_it():
    order, other = left(), offer_of(5)
    fill(order.user, other)
    Cart.objects.active().get(user=order.user).items.all().delete()
    answer = pay(signed_in(order.user))
    assert (answer.status_code, answer.json()["code"]) == (409, "CART_LOCKED")


def hold_the_shopper(user: User, has_locked: threading.Event, may_end: threading.Event) -> None:
    with transaction.atomic():
        lock_shoppers(Shopper(user_id=user.pk))
        has_locked.set()
        may_end.wait(LONG)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("means", "status"), [(paying().means, "CONFIRMED"), (IS_DECLINED, "PAYMENT_FAILED")])
def test_an_order_that_cannot_be_settled_for_a_lock_is_the_shoppers_all_the_same(
    means: Any, status: str, monkeypatch: pytest.MonkeyPatch
):
    user, charge = shopper_with(offer_of(5)), MockProvider.charge
    has_locked, may_end = threading.Event(), threading.Event()

    def charge_and_meet(*arguments: Any) -> Charge:
        charged = charge(*arguments)
        threading.Thread(target=hold_the_shopper, args=(user, has_locked, may_end), daemon=True).start()
        assert has_locked.wait(LONG)
        return charged

    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c lock_timeout=100ms")
    monkeypatch.setattr(MockProvider, "charge", charge_and_meet)
    (purchase,) = race(lambda: check_out(user, CheckoutRequest(means=means, call=call_of(user))))
    may_end.set()
    assert isinstance(purchase, Purchase) and purchase.order.status == "PENDING"
    monkeypatch.undo()
    connection.close()
    assert check_out(user, CheckoutRequest(means=means, call=call_of(user))).order.status == status
    assert faults() == []


def end_session(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


@pytest.mark.django_db(transaction=True)
def test_an_order_whose_connection_dies_with_the_job_to_tell_of_it_is_the_shoppers_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
):
    user, dies = shopper_with(offer_of(5)), iter([False, True])

    def insert_and_die(*rows: Any) -> None:
        insert(*rows)
        if isinstance(rows[0], OrderEvent) and next(dies):
            race(partial(end_session, connection.connection.info.backend_pid))

    monkeypatch.setattr(timeline, "insert", insert_and_die)
    purchase = check_out(user, paying(call=call_of(user)))
    connection.close()
    assert purchase.order.status == "PENDING"
    monkeypatch.undo()
    assert check_out(user, paying(call=call_of(user))).order.status == "CONFIRMED"
    assert faults() == []
