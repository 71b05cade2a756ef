"""Every check of the audit: a shop in which everything happened passes it, and a row that is not right is found."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from bookstore.core.audit import all_checks
from cart.models import Cart, CartItem
from catalog.models import StockMovement
from catalog.services import correct_stock, take_stock
from orders import audit
from orders.models import Invoice, MockCharge, MockRefund, Order, OrderEvent, OrderItem, Refund, RefundLine
from orders.payment import Charge, ChargeStatus
from orders.services import (
    CheckoutRequest,
    cancel_order,
    carry_out_refund,
    check_out,
    deliver_order,
    issue_invoice,
    refund_order,
    reserve,
    settle,
    ship_order,
)
from orders.tests.factories import IS_DECLINED, offer_of, paying, shopper_with
from orders.tests.faults import faults

pytestmark = pytest.mark.django_db

COPIES = audit.sold_copies_are_the_orders_lines
TOTALS = audit.totals_are_the_lines
CHARGES = audit.charges_are_the_orders
REFUNDED = audit.refunded_amount_is_the_refunds
REFUNDS = audit.refunds_are_the_providers
RETURNED = audit.refunded_copies_are_the_refunds_lines
HELD = audit.held_carts_have_their_order
HOLDING = audit.waiting_orders_have_their_carts
LYING = audit.nothing_is_left_lying
TIMELINES = audit.timelines_end_where_orders_stand
INVOICES = audit.invoices_follow_one_another


@pytest.fixture(autouse=True)
def taxed(settings: Any) -> None:
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal("7.00"), Decimal("3.90")


def bought(copies: int = 2) -> Order:
    return check_out(shopper_with(offer_of(5, "10.00"), quantity=copies), paying()).order


def reserved() -> Order:
    return reserve(shopper_with(offer_of(5)), paying()).order


def charged_late() -> Order:
    """Return an order that failed, and whose charge came all the same."""
    order = reserved()
    MockCharge.objects.create(
        key=order.number, status="SUCCEEDED", amount=order.total_price, currency="EUR", reference="ch_late"
    )
    settle(order, Charge(order.number, ChargeStatus.DECLINED, Decimal(0), "ch_no"))
    return settle(order, Charge(order.number, ChargeStatus.SUCCEEDED, order.total_price, "ch_late"))


def refunded(**wanted: Any) -> Refund:
    order = bought()
    lines = {order.items.get().pk: 1}
    refund = refund_order(order.pk, actor=None, lines=lines, **wanted)
    carry_out_refund(refund.pk)
    return Refund.objects.get(pk=refund.pk)


def test_a_shop_in_which_everything_happened_is_in_order():
    check_out(shopper_with(offer_of(5)), CheckoutRequest(means=IS_DECLINED))
    reserved()
    ship_order(bought().pk, actor=None)
    arrived = ship_order(bought().pk, actor=None)
    deliver_order(arrived.pk, actor=None)
    cancel_order(bought().pk, actor=None)
    refund_order(bought().pk, actor=None, restock=True)
    refund_order(arrived.pk, actor=None, amount=Decimal("1.50"))
    refunded(restock=True)
    charged_late()
    issue_invoice(bought())
    issue_invoice(arrived)
    assert faults() == []


# Copies


def test_copies_that_an_order_never_took_are_found():
    order = bought(2)
    OrderItem.objects.update(quantity=3)
    line = (
        f"order {order.number}, offer {order.items.get().offer_id}: 3 copies by its lines, 2 by the stock's movements"
    )
    assert list(COPIES()) == [line]


def test_copies_that_were_put_back_twice_are_found():
    order = cancel_order(bought(2).pk, actor=None)
    item = order.items.get()
    StockMovement.objects.create(offer=item.offer, delta=2, stock_after=7, reason="PUT_BACK", order_number=order.number)
    assert list(COPIES()) == [
        f"order {order.number}, offer {item.offer_id}: 0 copies by its lines, -2 by the stock's movements"
    ]


def test_copies_that_were_sold_to_no_order_are_found():
    offer = offer_of(5)
    take_stock({offer.pk: 1}, order_number="A-1")
    correct_stock(offer.pk, -1)
    assert list(COPIES()) == [f"order A-1, offer {offer.pk}: 0 copies by its lines, 1 by the stock's movements"]


# Money


def test_a_total_that_is_not_the_lines_is_found():
    order = bought(2)
    Order.objects.update(items_total=F("items_total") + 1, total_price=F("total_price") + 1, tax_total=1)
    assert list(TOTALS()) == [f"order {order.number}: books 21.00, its lines 20.00; tax 1.00, contained are 1.63"]


def test_an_order_without_lines_is_found():
    order = bought(2)
    OrderItem.objects.all().delete()
    assert list(TOTALS()) == [f"order {order.number}: books 20.00, its lines None; tax 1.56, contained are 1.56"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda: MockCharge.objects.all().delete(), "none, None"),
        (lambda: MockCharge.objects.update(status="DECLINED"), "DECLINED, 23.90"),
        (lambda: MockCharge.objects.update(amount=Decimal("47.80")), "SUCCEEDED, 47.80"),
        (lambda: MockCharge.objects.update(reference="ch_other"), "SUCCEEDED, 23.90"),
        (lambda: MockCharge.objects.update(currency="USD"), "SUCCEEDED, 23.90"),
    ],
)
def test_a_paid_order_without_its_charge_is_found(spoil: Callable[[], None], told: str):
    order = bought(2)
    assert list(CHARGES()) == []
    spoil()
    assert list(CHARGES()) == [f"order {order.number}: payment SUCCEEDED, total 23.90; the provider says {told}"]


def test_money_that_was_taken_for_nothing_is_found():
    order = check_out(shopper_with(offer_of(5)), CheckoutRequest(means=IS_DECLINED)).order
    MockCharge.objects.update(status="SUCCEEDED")
    MockCharge.objects.create(key="A-1", status="SUCCEEDED", amount=5, currency="EUR", reference="ch_1")
    assert set(CHARGES()) == {
        f"order {order.number}: payment FAILED, total 13.90; the provider says SUCCEEDED, 13.90",
        "order A-1: payment none, total None; the provider says SUCCEEDED, 5.00",
    }


def test_a_failed_order_whose_charge_may_still_land_is_found():
    order = check_out(shopper_with(offer_of(5)), CheckoutRequest(means=IS_DECLINED)).order
    MockCharge.objects.all().delete()
    assert list(CHARGES()) == [f"order {order.number}: payment FAILED, total 13.90; the provider says none, None"]


def test_a_wrong_sum_of_refunds_is_found():
    refund = refunded()
    Order.objects.update(refunded_amount=20)
    number = refund.order.number
    assert list(REFUNDED()) == [
        f"order {number}: CONFIRMED, refunded 20.00 of 23.90; its refunds add up to 10.00",
    ]


def test_a_cancelled_order_that_was_not_paid_back_is_found():
    order = cancel_order(bought().pk, actor=None)
    Refund.objects.update(amount=20)
    Order.objects.update(refunded_amount=20)
    line = f"order {order.number}: CANCELLED, refunded 20.00 of 23.90; its refunds add up to 20.00"
    assert list(REFUNDED()) == [line]


def test_an_order_that_goes_on_with_all_its_money_back_is_found():
    order = cancel_order(bought().pk, actor=None)
    Order.objects.update(status="CONFIRMED")
    line = f"order {order.number}: CONFIRMED, refunded 23.90 of 23.90; its refunds add up to 23.90"
    assert list(REFUNDED()) == [line]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda: MockRefund.objects.all().delete(), "DONE, 10.00; the provider has given back None"),
        (lambda: MockRefund.objects.update(amount=11), "DONE, 10.00; the provider has given back 11.00"),
        (lambda: MockRefund.objects.update(reference="re_other"), "DONE, 10.00; the provider has given back 10.00"),
        (
            lambda: Refund.objects.update(status="REFUSED", done_at=None),
            "REFUSED, 10.00; the provider has given back 10.00",
        ),
        (lambda: Refund.objects.update(status="BY_HAND"), "BY_HAND, 10.00; the provider has given back 10.00"),
    ],
)
def test_a_refund_that_the_provider_sees_otherwise_is_found(spoil: Callable[[], None], told: str):
    refund = refunded()
    assert list(REFUNDS()) == []
    spoil()
    assert list(REFUNDS()) == [f"refund {refund.key}: {told}"]


def test_money_that_the_provider_gave_back_unasked_is_found():
    order = bought()
    MockRefund.objects.create(key="A-1-R1", charge_id=order.number, amount=5, reference="re_1")
    assert list(REFUNDS()) == ["refund A-1-R1: none, None; the provider has given back 5.00"]


def test_refunded_copies_that_no_refund_names_are_found():
    item = refunded().order.items.get()
    OrderItem.objects.update(refunded_quantity=2)
    assert list(RETURNED()) == [f"order {item.order.number}, line {item.pk}: 2 copies refunded, its refunds say 1"]


def test_a_refund_of_another_orders_line_is_found():
    item, other = refunded().order.items.get(), bought()
    OrderItem.objects.filter(pk=item.pk).update(refunded_quantity=0)
    OrderItem.objects.filter(order=other).update(refunded_quantity=1)
    RefundLine.objects.update(item=other.items.get())
    line = other.items.get()
    assert list(RETURNED()) == [f"order {other.number}, line {line.pk}: 1 copies refunded, its refunds say 1"]


# Carts


@pytest.mark.parametrize("number", ["A-1", None])
def test_a_cart_that_no_waiting_order_holds_is_found(number: str | None):
    order = bought()
    Cart.objects.update(status="LOCKED", held_by=number or order.number)
    told = f"held by order {number}, which is none" if number else f"held by order {order.number}, which is CONFIRMED"
    assert list(HELD()) == [f"cart {Cart.objects.get().pk}: {told}"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Cart.objects.update(status="ACTIVE", held_by=""),
        lambda: CartItem.objects.update(quantity=2),
        lambda: CartItem.objects.all().delete(),
    ],
)
def test_a_waiting_order_without_its_cart_is_found(spoil: Callable[[], None]):
    order = reserved()
    assert list(HOLDING()) == []
    spoil()
    seller = order.items.get().offer.seller_id
    assert list(HOLDING()) == [f"order {order.number}: PENDING, and holds no cart of seller {seller} with these lines"]


# What lies about


def test_payments_and_refunds_that_nobody_ends_are_found():
    order, refund = reserved(), refund_order(bought().pk, actor=None)
    long_ago = timezone.now() - audit.FAR_TOO_LONG - timedelta(minutes=1)
    assert list(LYING()) == []
    Order.objects.update(created_at=long_ago)
    Refund.objects.update(created_at=long_ago)
    told = f"PENDING since {long_ago:%Y-%m-%d %H:%M} UTC; do the jobs run, does the provider answer?"
    assert list(LYING()) == [f"order {order.number}: {told}", f"refund {refund.key}: {told}"]


def test_a_timeline_that_ends_elsewhere_is_found():
    order = bought()
    Order.objects.update(status="SHIPPED")
    assert list(TIMELINES()) == [f"order {order.number}: SHIPPED, its timeline says PENDING, CONFIRMED"]


def test_an_order_that_was_confirmed_twice_is_found():
    order = bought()
    OrderEvent.objects.create(order=order, kind="CONFIRMED")
    line = f"order {order.number}: CONFIRMED, its timeline says PENDING, CONFIRMED, CONFIRMED"
    assert list(TIMELINES()) == [line]


def test_a_gap_between_invoices_and_one_of_an_unpaid_order_are_found():
    issue_invoice(bought())
    Invoice.objects.create(order=reserved(), number=3)
    assert list(INVOICES()) == ["invoice 3: follows 1, its order was not paid"]


def test_every_check_of_orders_has_been_spoilt_here():
    ours = {check for check in all_checks().values() if check.__module__ == audit.__name__}
    assert ours == {COPIES, TOTALS, CHARGES, REFUNDED, REFUNDS, RETURNED, HELD, HOLDING, LYING, TIMELINES, INVOICES}
