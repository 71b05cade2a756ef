"""What a checkout does to stock, carts, money and prebooks."""

from decimal import Decimal

import pytest

from cart.models import Cart, CartStatus
from cart.services import Shopper
from orders.models import OrderStatus
from orders.services import CheckoutRequest, check_out, recover, reserve
from orders.tests.factories import IS_DECLINED, fill, offer_of, paying, shopper_with

pytestmark = pytest.mark.django_db


def test_a_paid_checkout_confirms_the_order_and_ends_the_cart():
    offer = offer_of(5, "12.50")
    user = shopper_with(offer, quantity=2)
    order = check_out(user, paying()).order
    offer.refresh_from_db()
    assert (order.status, order.total_price, offer.stock_quantity) == (OrderStatus.CONFIRMED, Decimal("25.00"), 3)
    assert [cart.status for cart in Shopper(user_id=user.pk).carts] == [CartStatus.CHECKED_OUT]


def test_a_declined_checkout_puts_everything_back():
    offer = offer_of(5)
    user = shopper_with(offer, quantity=2)
    order = check_out(user, CheckoutRequest(means=IS_DECLINED)).order
    offer.refresh_from_db()
    assert (order.status, offer.stock_quantity) == (OrderStatus.PAYMENT_FAILED, 5)
    assert [cart.status for cart in Shopper(user_id=user.pk).carts] == [CartStatus.ACTIVE]


def test_a_newer_cart_takes_the_lines_of_one_that_was_not_paid(settings):
    settings.PAYMENT_TIMEOUT = 0
    offer = offer_of(5)
    user = shopper_with(offer, quantity=2)
    order = reserve(user, paying()).order
    fill(user, offer)
    assert order.status == OrderStatus.PENDING
    assert recover(order).status == OrderStatus.PAYMENT_FAILED
    assert [cart.status for cart in Cart.objects.order_by("pk")] == [CartStatus.CANCELLED, CartStatus.ACTIVE]
    assert Cart.objects.active().get().items.get().quantity == 3
