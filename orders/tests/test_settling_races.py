"""Several who settle one order at once: its own process, a retry, the sweep; and readers who wait for its copies."""

from functools import partial
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import UserFactory
from bookstore.core.tests.racing import failures, meeting_after_reading, race
from catalog.models import Offer
from orders import jobs
from orders.models import MockCharge, Order, OrderEvent, OrderStatus
from orders.payment import ChargeStatus
from orders.payment.mock import MockProvider
from orders.services import check_out, recover, reserve, settle, settling
from orders.tests.factories import call_of, fill, offer_of, paying, shopper_with
from orders.tests.faults import faults
from prebooking.exceptions import PrebookBookInStock
from prebooking.models import Prebook
from prebooking.services import create_prebook

pytestmark = pytest.mark.django_db(transaction=True)


def left_undecided(charge: ChargeStatus) -> Order:
    """Return an order whose process died after the provider had decided."""
    offer = offer_of(5)
    buyer = shopper_with(offer, quantity=2)
    order = reserve(buyer, paying(call=call_of(buyer))).order
    MockCharge.objects.create(
        key=order.number, status=charge, amount=order.total_price, currency=order.currency, reference="ch_1"
    )
    return order


@pytest.mark.parametrize(
    ("charge", "status", "stock"), [("SUCCEEDED", "CONFIRMED", 3), ("DECLINED", "PAYMENT_FAILED", 5)]
)
def test_sweep_retry_and_the_process_itself_settle_an_order_once(charge: str, status: str, stock: int):
    order = left_undecided(ChargeStatus(charge))
    said = MockProvider().find(order.number)
    acts = [
        *[partial(settle, order, said)] * 3,
        *[partial(recover, order)] * 2,
        *[partial(jobs.recover_order, order.pk)] * 2,
        *[partial(check_out, order.user, paying(call=call_of(order.user)))] * 2,
    ]
    assert failures(race(*acts)) == []
    assert Order.objects.get().status == status
    assert Offer.objects.get().stock_quantity == stock
    assert list(OrderEvent.objects.values_list("kind", flat=True)) == ["PENDING", status]
    assert faults() == []


def two_settle_a_failed_order(*, is_locking: bool) -> int:
    """Let two settle at once with the order's lock alone, as that of a closed account; return the stock."""
    order = left_undecided(ChargeStatus.DECLINED)
    said = MockProvider().find(order.number)
    with meeting_after_reading(Order, readers=2, is_locking=is_locking), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "lock_shoppers", lambda *shoppers: None)
        assert failures(race(*[partial(settle, order, said)] * 2)) == []
    return Offer.objects.get().stock_quantity


def test_the_copies_of_a_failed_order_come_back_once():
    assert two_settle_a_failed_order(is_locking=True) == 5
    assert faults() == []


def test_control_without_the_lock_the_copies_come_back_twice():
    assert two_settle_a_failed_order(is_locking=False) == 7


def test_a_charge_and_the_void_of_a_sweep_at_once_agree(settings: Any):
    settings.PAYMENT_TIMEOUT = 0
    for _turn in range(10):
        order = reserve(shopper_with(offer_of(5)), paying()).order

        def pay(order: Order = order) -> Order:
            return settle(order, MockProvider().charge(order.number, order.total_price, "EUR", paying().means))

        assert failures(race(pay, partial(recover, order))) == []
    assert Order.objects.filter(status=OrderStatus.PENDING).count() == 0
    assert faults() == []


def test_two_workers_that_sweep_queue_each_order_once(settings: Any):
    for _each in range(3):
        left_undecided(ChargeStatus.SUCCEEDED)
    Order.objects.update(created_at="2026-01-01T00:00Z")
    ProcrastinateJob.objects.all().delete()
    assert failures(race(*[jobs.sweep_orders] * 2)) == []
    waiting = ProcrastinateJob.objects.filter(task_name="orders.jobs.recover_order").values_list("args", flat=True)
    assert sorted(job["order_id"] for job in waiting) == sorted(Order.objects.values_list("pk", flat=True))
    assert failures(race(*[partial(jobs.recover_order, **job) for job in waiting] * 2)) == []
    assert set(Order.objects.values_list("status", flat=True)) == {"CONFIRMED"}
    assert faults() == []


# Prebooks


def test_whoever_prebooks_while_a_payment_fails_is_told():
    for _turn in range(8):
        offer = offer_of(1)
        order = reserve(shopper_with(offer), paying()).order
        said = MockProvider().void(order.number)
        readers = [UserFactory() for _each in range(3)]
        create_prebook(readers[0], offer.book_id)
        acts = [partial(create_prebook, reader, offer.book_id) for reader in readers[1:]]
        assert set(failures(race(partial(settle, order, said), *acts))) <= {PrebookBookInStock}
    assert set(Prebook.objects.values_list("status", flat=True)) == {"NOTIFIED"}
    assert faults() == []


def test_a_purchase_and_a_payment_that_fails_leave_no_prebook_of_the_buyer_open():
    offers = [offer_of(1), offer_of(1)]
    failing = reserve(shopper_with(*offers), paying()).order
    said = MockProvider().void(failing.number)
    buyer = UserFactory()
    for offer in offers:
        create_prebook(buyer, offer.book_id)
    settle(failing, said)
    fill(buyer, *reversed(offers))
    assert failures(race(partial(check_out, buyer, paying()), partial(settle, failing, said))) == []
    assert set(Prebook.objects.values_list("status", flat=True)) == {"FULFILLED"}
    assert faults() == []
