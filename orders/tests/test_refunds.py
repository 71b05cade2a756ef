"""Money that goes back: how much, for which copies, and what the provider makes of it."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import UserFactory
from bookstore.core.errors import Invalid
from catalog.models import Offer
from orders.exceptions import OrderStatusTransition, RefundNotFound, RefundStatusTransition, RefundTooLarge
from orders.jobs import carry_out_refund, sweep_orders
from orders.models import PATIENCE, MockCharge, MockRefund, Order, OrderStatus, Refund, RefundStatus
from orders.payment import NoAnswer
from orders.payment.mock import MockProvider
from orders.services import refund_order, retry_refund, settle_refund_by_hand, ship_order
from orders.tests.factories import bought, jobs, offer_of

pytestmark = pytest.mark.django_db

EUROS = Decimal


@pytest.fixture
def staff() -> User:
    return UserFactory(is_staff=True)


@pytest.fixture
def cheap() -> Offer:
    return offer_of(10, "3.33")


@pytest.fixture
def dear() -> Offer:
    return offer_of(10, "20.00")


@pytest.fixture
def order(cheap: Offer, dear: Offer, settings: Any) -> Order:
    """Three copies each at 3.33 and 20.00, and 4.95 for shipping: 74.94."""
    settings.SHIPPING_RATE = EUROS("4.95")
    return bought(cheap, dear, quantity=3)


def line_of(order: Order, offer: Offer) -> Any:
    return order.items.get(offer=offer)


def stocks(*offers: Offer) -> list[int]:
    for offer in offers:
        offer.refresh_from_db()
    return [offer.stock_quantity for offer in offers]


def copies(order: Order) -> list[tuple[int, int]]:
    return list(order.items.values_list("refunded_quantity", "restocked_quantity"))


def test_all_of_it_with_shipping_and_no_copies(order, cheap, dear, staff):
    refund = refund_order(order.pk, actor=staff, note="Lost by the carrier")
    order.refresh_from_db()
    assert (refund.amount, order.refunded_amount, order.status) == (EUROS("74.94"), EUROS("74.94"), "REFUNDED")
    assert (stocks(cheap, dear), copies(order)) == ([7, 7], [(3, 0), (3, 0)])
    event = order.events.last()
    assert (event.kind, event.actor, event.note, event.refund) == ("REFUNDED", staff, "Lost by the carrier", refund)


def test_all_of_it_with_all_copies(order, cheap, dear):
    refund_order(order.pk, actor=None, restock=True)
    assert (stocks(cheap, dear), copies(order)) == ([10, 10], [(3, 3), (3, 3)])


def test_an_amount_leaves_the_order_where_it_is(order, cheap, staff):
    ship_order(order.pk, actor=staff)
    refund = refund_order(order.pk, actor=staff, amount=EUROS("0.01"))
    order.refresh_from_db()
    assert (refund.amount, order.refunded_amount, order.refundable_amount) == (
        EUROS("0.01"),
        EUROS("0.01"),
        EUROS("74.93"),
    )
    assert (order.status, copies(order), stocks(cheap)) == ("SHIPPED", [(0, 0), (0, 0)], [7])
    assert order.events.last().kind == "PARTLY_REFUNDED"


def test_lines_go_back_at_the_price_they_were_bought_for(order, cheap, dear):
    lines = {line_of(order, cheap).pk: 2, line_of(order, dear).pk: 1}
    refund = refund_order(order.pk, actor=None, lines=lines)
    assert refund.amount == EUROS("26.66")
    assert copies(order) == [(2, 0), (1, 0)]
    assert dict(refund.lines.values_list("item", "quantity")) == lines
    assert stocks(cheap, dear) == [7, 7]


def test_with_restock_just_the_named_copies_come_back(order, cheap, dear):
    refund_order(order.pk, actor=None, lines={line_of(order, cheap).pk: 2}, restock=True)
    assert (stocks(cheap, dear), copies(order)) == ([9, 7], [(2, 2), (0, 0)])


def test_all_lines_leave_the_shipping_and_the_order_is_not_yet_refunded(order, cheap, dear):
    refund_order(order.pk, actor=None, lines={line_of(order, cheap).pk: 3, line_of(order, dear).pk: 3})
    order.refresh_from_db()
    assert (order.refundable_amount, order.status) == (EUROS("4.95"), "CONFIRMED")
    refund_order(order.pk, actor=None)
    order.refresh_from_db()
    assert (order.refundable_amount, order.status) == (EUROS("0.00"), "REFUNDED")
    assert [refund.key for refund in order.refunds.all()] == [f"{order.number}-R1", f"{order.number}-R2"]


def test_lines_and_an_amount_give_these_copies_back_for_that_much(order, dear):
    refund = refund_order(order.pk, actor=None, lines={line_of(order, dear).pk: 1}, amount=EUROS("15.00"), restock=True)
    assert (refund.amount, stocks(dear), copies(order)) == (EUROS("15.00"), [8], [(0, 0), (1, 1)])


def test_the_last_cent_makes_it_refunded_and_covers_every_copy(order, cheap, dear):
    refund_order(order.pk, actor=None, amount=EUROS("74.93"))
    last = refund_order(order.pk, actor=None, amount=EUROS("0.01"))
    order.refresh_from_db()
    assert (order.status, copies(order), stocks(cheap, dear)) == ("REFUNDED", [(3, 0), (3, 0)], [7, 7])
    assert last.lines.count() == 2


def test_a_whole_refund_with_restock_leaves_out_copies_that_were_refunded_before(order, cheap, dear):
    refund_order(order.pk, actor=None, lines={line_of(order, cheap).pk: 1})
    refund_order(order.pk, actor=None, restock=True)
    assert (stocks(cheap, dear), copies(order)) == ([9, 10], [(3, 2), (3, 3)])


# Refusals


def refused(order: Order, error: type[Exception], **wanted: Any) -> Any:
    """Try a refund, see that it changes nothing, and return the refusal."""
    before = Order.objects.values().get(pk=order.pk), copies(order), order.events.count(), Refund.objects.count()
    with pytest.raises(error) as refusal:
        refund_order(order.pk, actor=None, **wanted)
    after = Order.objects.values().get(pk=order.pk), copies(order), order.events.count(), Refund.objects.count()
    assert before == after
    return refusal.value


def test_more_than_was_paid_is_refused_with_what_is_left(order):
    refund_order(order.pk, actor=None, amount=EUROS("10.00"))
    assert refused(order, RefundTooLarge, amount=EUROS("64.95")).data == {"refundable_amount": "64.94"}


def test_more_copies_than_were_bought_are_refused_whatever_was_refunded_before(order, cheap):
    line = line_of(order, cheap)
    refused(order, RefundTooLarge, lines={line.pk: 4})
    refund_order(order.pk, actor=None, lines={line.pk: 2})
    refused(order, RefundTooLarge, lines={line.pk: 2})


def test_lines_that_cost_more_than_is_left_are_refused(order, dear):
    refund_order(order.pk, actor=None, amount=EUROS("60.00"))
    refused(order, RefundTooLarge, lines={line_of(order, dear).pk: 1})


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity"])
def test_what_is_no_amount_is_refused(order, amount):
    assert list(refused(order, Invalid, amount=Decimal(amount)).fields) == ["amount"]


def test_what_is_no_line_of_the_order_is_refused(order):
    other = bought(offer_of()).items.get()
    for lines in ({}, {other.pk: 1}, {0: 1}, {order.items.first().pk: 0}, {order.items.first().pk: -1}):
        assert list(refused(order, Invalid, lines=lines).fields) == ["lines"]


def test_an_amount_alone_says_of_no_copies_that_they_are_back(order):
    assert list(refused(order, Invalid, amount=EUROS("5.00"), restock=True).fields) == ["restock"]


def test_nothing_is_left_of_what_was_refunded(order):
    refund_order(order.pk, actor=None)
    refused(order, OrderStatusTransition, amount=EUROS("0.01"))


# The provider


def test_the_provider_is_asked_by_a_job_and_once(order):
    refund = refund_order(order.pk, actor=None, amount=EUROS("5.00"))
    assert (MockRefund.objects.count(), jobs("carry_out_refund")) == (0, [{"refund_id": refund.pk}])
    for _time in range(2):
        carry_out_refund(refund.pk)
    refund.refresh_from_db()
    back = MockRefund.objects.get()
    assert (back.key, back.amount, back.reference) == (refund.key, EUROS("5.00"), refund.reference)
    assert (refund.status, refund.done_at is not None) == (RefundStatus.DONE, True)


def test_a_provider_that_says_nothing_is_asked_again_by_the_sweep(order, monkeypatch):
    refund = refund_order(order.pk, actor=None)
    with monkeypatch.context() as patch:
        patch.setattr(MockProvider, "refund", no_answer)
        carry_out_refund(refund.pk)
    sweep_orders()
    assert len(jobs("carry_out_refund")) == 1
    Refund.objects.update(created_at=refund.created_at - PATIENCE)
    sweep_orders()
    assert len(jobs("carry_out_refund")) == 2


def no_answer(*arguments: Any) -> str:
    raise NoAnswer


@pytest.fixture
def refusal(order: Order) -> Refund:
    """A refund of a charge of which the provider gives nothing back."""
    MockCharge.objects.update(status="VOIDED")
    refund = refund_order(order.pk, actor=None)
    carry_out_refund(refund.pk)
    refund.refresh_from_db()
    return refund


def test_what_the_provider_refuses_waits_for_staff_and_is_not_asked_for_again(refusal):
    assert (refusal.status, list(Refund.objects.refused())) == (RefundStatus.REFUSED, [refusal])
    Refund.objects.update(created_at=refusal.created_at - PATIENCE)
    sweep_orders()
    assert len(jobs("carry_out_refund")) == 1


def test_staff_have_a_refused_refund_tried_again(refusal, staff):
    MockCharge.objects.update(status="SUCCEEDED")
    retry_refund(refusal.pk, actor=staff)
    assert len(jobs("carry_out_refund")) == 2
    carry_out_refund(refusal.pk)
    refusal.refresh_from_db()
    assert (refusal.status, MockRefund.objects.count()) == (RefundStatus.DONE, 1)


def test_staff_give_a_refused_refund_back_another_way(refusal, staff):
    settle_refund_by_hand(refusal.pk, actor=staff, reference="Bank transfer of 3 May")
    carry_out_refund(refusal.pk)
    refusal.refresh_from_db()
    assert (refusal.status, refusal.reference) == (RefundStatus.BY_HAND, "Bank transfer of 3 May")
    assert MockRefund.objects.count() == 0


@pytest.mark.parametrize("act", [retry_refund, settle_refund_by_hand])
def test_only_what_was_refused_is_seen_to_by_staff(order, staff, act):
    refund = refund_order(order.pk, actor=None)
    with pytest.raises(RefundStatusTransition):
        act(refund.pk, actor=staff)
    with pytest.raises(RefundNotFound):
        act(0, actor=staff)
    assert Refund.objects.get().status == RefundStatus.PENDING


def test_a_refund_of_nothing_that_was_paid_is_refused(order):
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.PENDING, payment_status="PENDING")
    refused(order, OrderStatusTransition)
