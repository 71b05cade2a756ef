"""What happens to one order at once: one act wins, and nothing is counted twice. With a control for each."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from bookstore.core.tests.racing import failures, meeting_after_reading, race
from catalog.models import Offer
from orders.exceptions import OrderNotCancellable, OrderStatusTransition, RefundTooLarge
from orders.jobs import carry_out_refund
from orders.models import MockRefund, Order, Refund
from orders.payment import RefundRefused, provider
from orders.services import cancel_order, refund_order, ship_order
from orders.tests.factories import bought, offer_of
from orders.tests.faults import faults

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offer() -> Offer:
    return offer_of(5, "10.00")


@pytest.fixture
def order(offer: Offer) -> Order:
    return bought(offer, quantity=2)


def cancel(order: Order) -> Callable[[], Any]:
    return partial(cancel_order, order.pk, actor=None)


def ship(order: Order) -> Callable[[], Any]:
    return partial(ship_order, order.pk, actor=None)


def refund(order: Order, amount: str) -> Callable[[], Any]:
    return partial(refund_order, order.pk, actor=None, amount=Decimal(amount))


def return_copies(order: Order, copies: int) -> Callable[[], Any]:
    return partial(refund_order, order.pk, actor=None, lines={order.items.get().pk: copies}, restock=True)


def meet(*acts: Callable[[], Any], is_locking: bool = True) -> list[type[Exception]]:
    """Run acts on one order at once, so that all have read it before one writes, where they can; return refusals."""
    with meeting_after_reading(Order, readers=len(acts), is_locking=is_locking):
        return failures(race(*acts))


def copies_of(offer: Offer) -> int:
    offer.refresh_from_db()
    return offer.stock_quantity


def test_cancelling_meets_shipping(order, offer):
    refused = meet(cancel(order), ship(order))
    order.refresh_from_db()
    if order.status == "CANCELLED":
        assert (refused, copies_of(offer)) == ([OrderStatusTransition], 5)
    else:
        assert (order.status, refused, copies_of(offer)) == ("SHIPPED", [OrderNotCancellable], 3)
        assert Refund.objects.count() == 0
    assert faults() == []


def test_cancelling_twice_gives_back_once(order, offer):
    refused = meet(cancel(order), cancel(order))
    assert (refused, copies_of(offer), Refund.objects.count()) == ([OrderNotCancellable], 5, 1)
    assert faults() == []


def test_two_refunds_give_back_no_more_than_was_paid(order):
    refused = meet(refund(order, "12.00"), refund(order, "12.00"))
    order.refresh_from_db()
    assert (refused, order.refunded_amount) == ([RefundTooLarge], Decimal("12.00"))
    assert faults() == []


def test_two_refunds_that_fit_are_both_counted(order):
    refused = meet(refund(order, "8.00"), refund(order, "12.00"))
    order.refresh_from_db()
    assert (refused, order.refunded_amount, order.status) == ([], Decimal("20.00"), "REFUNDED")
    assert faults() == []


def test_a_refund_meets_a_cancelling(order, offer):
    refused = meet(refund(order, "5.00"), cancel(order))
    order.refresh_from_db()
    assert (order.status, order.refunded_amount, copies_of(offer)) == ("CANCELLED", Decimal("20.00"), 5)
    assert refused in ([], [OrderStatusTransition])
    assert faults() == []


def test_copies_that_are_returned_twice_come_back_once(order, offer):
    refused = meet(return_copies(order, 2), return_copies(order, 2))
    # Whoever comes second finds an order that is refunded.
    assert (refused, copies_of(offer), Refund.objects.count()) == ([OrderStatusTransition], 5, 1)
    assert faults() == []


CONTROLS = {
    "cancel, ship": lambda order: (cancel(order), ship(order)),
    "cancel, cancel": lambda order: (cancel(order), cancel(order)),
    "refund, refund": lambda order: (refund(order, "8.00"), refund(order, "12.00")),
    "refund, cancel": lambda order: (refund(order, "5.00"), cancel(order)),
    "return, return": lambda order: (return_copies(order, 1), return_copies(order, 1)),
}


@pytest.mark.parametrize("acts", CONTROLS)
def test_control_without_the_lock_they_spoil_each_other(order, offer, acts):
    refused = meet(*CONTROLS[acts](order), is_locking=False)
    is_sent_though_cancelled = order.events.filter(kind__in=["SHIPPED", "CANCELLED"]).count() == 2
    # Either the database's constraints stop one half way with an error, or both go through and the books are wrong.
    stopped = set(refused) - {OrderNotCancellable, OrderStatusTransition, RefundTooLarge}
    assert stopped or faults() or is_sent_though_cancelled


def test_orders_that_give_back_the_same_books_in_opposite_order_do_not_block_each_other():
    first, second = offer_of(50), offer_of(50)
    for _round in range(3):
        orders = [bought(*pair) for pair in ((first, second), (second, first)) * 3]
        assert failures(race(*(cancel(order) for order in orders))) == []
    assert (copies_of(first), copies_of(second)) == (50, 50)
    assert faults() == []


def test_a_refund_that_two_workers_carry_out_moves_money_once(order):
    made = refund_order(order.pk, actor=None)
    assert failures(race(*[partial(carry_out_refund, made.pk)] * 4)) == []
    assert MockRefund.objects.count() == 1
    assert faults() == []


def test_the_provider_itself_gives_back_no_more_than_it_charged(order):
    keys = [f"{order.number}-X{number}" for number in range(4)]
    outcomes = race(*(partial(provider().refund, key, order.number, Decimal("12.00")) for key in keys))
    assert failures(outcomes) == [RefundRefused] * 3
