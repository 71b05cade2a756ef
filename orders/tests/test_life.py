"""What becomes of an order that is paid: sent, delivered, cancelled; and its books bought once more."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import UserFactory
from cart.models import CartItem
from catalog import services as catalogue
from catalog.models import Offer
from catalog.tests.factories import OfferFactory
from orders.exceptions import OrderNotCancellable, OrderNotFound, OrderStatusTransition
from orders.models import Order, OrderItem, OrderStatus, Refund, RefundReason
from orders.services import (
    CheckoutRequest,
    buy_again,
    cancel_order,
    check_out,
    deliver_order,
    refund_order,
    reserve,
    ship_order,
)
from orders.tests.factories import IS_DECLINED, bought, offer_of, paying, shopper_with
from prebooking.models import PrebookStatus
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer() -> Offer:
    return offer_of(5, "12.50")


@pytest.fixture
def order(offer: Offer) -> Order:
    return bought(offer, quantity=2)


@pytest.fixture
def staff() -> User:
    return UserFactory(is_staff=True)


def stock(offer: Offer) -> int:
    offer.refresh_from_db()
    return offer.stock_quantity


def timeline(order: Order) -> list[tuple[str, Any]]:
    return list(order.events.values_list("kind", "actor"))


# Sending


def test_an_order_is_shipped_and_arrives_and_the_timeline_says_who_said_so(order, staff):
    ship_order(order.pk, actor=staff, carrier="DHL", tracking="JD0140")
    delivered = deliver_order(order.pk, actor=staff)
    assert (delivered.status, delivered.carrier, delivered.tracking) == ("DELIVERED", "DHL", "JD0140")
    assert timeline(order) == [
        ("PENDING", None),
        ("CONFIRMED", None),
        ("SHIPPED", staff.pk),
        ("DELIVERED", staff.pk),
    ]


def test_shipping_needs_neither_carrier_nor_tracking(order):
    shipped = ship_order(order.pk, actor=None)
    assert (shipped.status, shipped.carrier, shipped.tracking) == ("SHIPPED", "", "")


def brought_to(status: str, offer: Offer) -> Order:
    """Return an order that came to this status the way orders do."""
    if status == OrderStatus.PAYMENT_FAILED:
        return check_out(shopper_with(offer), CheckoutRequest(means=IS_DECLINED)).order
    order = bought(offer)
    if status in {OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
        ship_order(order.pk, actor=None)
    if status == OrderStatus.DELIVERED:
        deliver_order(order.pk, actor=None)
    if status == OrderStatus.CANCELLED:
        cancel_order(order.pk, actor=order.user)
    if status == OrderStatus.REFUNDED:
        refund_order(order.pk, actor=None)
    return Order.objects.get(pk=order.pk)


ACTS = {
    ship_order: ({"CONFIRMED"}, OrderStatusTransition),
    deliver_order: ({"SHIPPED"}, OrderStatusTransition),
    cancel_order: ({"CONFIRMED"}, OrderNotCancellable),
    refund_order: ({"CONFIRMED", "SHIPPED", "DELIVERED"}, OrderStatusTransition),
}
DISALLOWED = [
    (act, status, refusal)
    for act, (allowed, refusal) in ACTS.items()
    for status in OrderStatus
    if status not in allowed and status != OrderStatus.PENDING
]


@pytest.mark.parametrize(("act", "status", "refusal"), DISALLOWED)
def test_what_does_not_follow_is_refused_and_nothing_changes(offer, act, status, refusal):
    order = brought_to(status, offer)
    before = Order.objects.values().get(), timeline(order), stock(offer), Refund.objects.count()
    with pytest.raises(refusal) as error:
        act(order.pk, actor=None)
    assert error.value.data == {"order_status": status}
    assert before == (Order.objects.values().get(), timeline(order), stock(offer), Refund.objects.count())


@pytest.mark.parametrize("act", ACTS)
def test_while_the_payment_is_open_nothing_can_be_done(offer, act):
    order = reserve(shopper_with(offer), paying()).order
    with pytest.raises(ACTS[act][1]):
        act(order.pk, actor=None)
    assert (Order.objects.get().status, stock(offer), Refund.objects.count()) == ("PENDING", 4, 0)


@pytest.mark.parametrize("act", ACTS)
def test_there_is_nothing_to_do_with_what_is_not_there(act):
    with pytest.raises(OrderNotFound):
        act(0, actor=None)


# Cancelling


def test_cancelling_puts_copies_and_money_back(order, offer):
    assert stock(offer) == 3
    cancelled = cancel_order(order.pk, actor=order.user)
    refund = cancelled.refunds.get()
    assert (cancelled.status, cancelled.refunded_amount, stock(offer)) == ("CANCELLED", Decimal("25.00"), 5)
    assert (refund.amount, refund.reason, refund.actor) == (Decimal("25.00"), RefundReason.CANCELLED, order.user)
    assert OrderItem.objects.values_list("refunded_quantity", "restocked_quantity").get() == (2, 2)
    assert timeline(order)[-1] == ("CANCELLED", order.user_id)
    assert cancelled.events.last().refund == refund


def test_cancelling_gives_back_what_was_not_given_back_before(order, offer):
    refund_order(order.pk, actor=None, amount=Decimal("0.01"))
    cancelled = cancel_order(order.pk, actor=order.user)
    assert [refund.amount for refund in cancelled.refunds.all()] == [Decimal("0.01"), Decimal("24.99")]
    assert stock(offer) == 5


def test_copies_refunded_before_stay_where_the_staff_left_them(order, offer):
    line = order.items.get()
    refund_order(order.pk, actor=None, lines={line.pk: 1})  # was damaged, and does not come back
    cancel_order(order.pk, actor=order.user)
    line.refresh_from_db()
    assert (stock(offer), line.refunded_quantity, line.restocked_quantity) == (4, 2, 1)


def test_a_second_cancelling_is_refused_and_gives_nothing_back(order, offer):
    cancel_order(order.pk, actor=order.user)
    with pytest.raises(OrderNotCancellable):
        cancel_order(order.pk, actor=order.user)
    assert (Refund.objects.count(), stock(offer)) == (1, 5)


def test_the_last_copy_that_comes_back_wakes_who_waits_for_it():
    offer = offer_of(1)
    order = bought(offer)
    waiting = PrebookFactory(book=offer.book)
    cancel_order(order.pk, actor=order.user)
    waiting.refresh_from_db()
    assert waiting.status == PrebookStatus.NOTIFIED


def test_copies_of_what_is_no_longer_offered_come_back_too(order, offer):
    catalogue.archive_book(offer.book_id)
    cancel_order(order.pk, actor=order.user)
    assert stock(offer) == 5


# Once more


def test_buying_again_fills_the_cart_at_todays_price(order, offer):
    catalogue.change_offer(offer.pk, price=Decimal("11.00"))
    assert buy_again(order.user, order) == []
    assert CartItem.objects.filter(cart__status="ACTIVE").values_list("offer", "quantity", "price").get() == (
        offer.pk,
        2,
        Decimal("11.00"),
    )


def test_buying_again_takes_another_seller_where_the_first_has_none(order, offer):
    other = OfferFactory(book=offer.book, stock_quantity=2)
    catalogue.set_stock(offer.pk, 0)
    assert buy_again(order.user, order) == []
    assert CartItem.objects.get(cart__status="ACTIVE").offer == other


def test_buying_again_names_what_it_leaves_out_and_takes_the_rest():
    offers = [offer_of(5) for _each in range(4)]
    order = bought(*offers)
    sold_out, archived, inactive, there = offers
    catalogue.set_stock(sold_out.pk, 0)
    catalogue.archive_book(archived.book_id)
    catalogue.change_offer(inactive.pk, is_active=False)
    assert buy_again(order.user, order) == [offer.book.title for offer in (sold_out, archived, inactive)]
    assert CartItem.objects.get(cart__status="ACTIVE").offer == there


def test_buying_again_stops_at_the_carts_limit(order, settings):
    settings.CART_MOST_COPIES = 3
    assert buy_again(order.user, order) == []
    assert buy_again(order.user, order) == [order.items.get().title]
    assert CartItem.objects.get(cart__status="ACTIVE").quantity == 2


# What is wanted


def test_popularity_counts_the_copies_that_stayed_sold(offer):
    kept, cancelled, part = (bought(offer_of(9, book=offer.book), quantity=number) for number in (3, 4, 2))
    check_out(shopper_with(offer), CheckoutRequest(means=IS_DECLINED))
    cancel_order(cancelled.pk, actor=None)
    refund_order(part.pk, actor=None, lines={part.items.get().pk: 1}, restock=True)
    catalogue.refresh_popularity()
    offer.book.refresh_from_db()
    assert offer.book.popularity == 4
    assert kept.items.get().book == offer.book
