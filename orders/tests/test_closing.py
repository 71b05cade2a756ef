"""What is left of orders once their shopper has closed the account, and what a shopper may take along."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from accounts.services import close_account, personal_data
from accounts.tests.factories import UserFactory
from bookstore.core.errors import Denied
from bookstore.core.tests.racing import failures, race
from cart.models import Cart
from orders.models import Order, OrderStatus
from orders.services import (
    CheckoutRequest,
    cancel_order,
    check_out,
    deliver_order,
    recover,
    refund_order,
    reserve,
    ship_order,
)
from orders.tests.factories import ADDRESS, IS_DECLINED, bought, offer_of, paying, shopper_with
from orders.tests.faults import faults
from prebooking.tests.factories import PrebookFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return bought(offer_of(), quantity=2, shipping_address=ADDRESS)


def address_of(order: Order) -> Any:
    order.refresh_from_db()
    return order.shipping_address


def test_the_order_stays_without_its_shopper(order):
    ship_order(order.pk, actor=None)
    deliver_order(order.pk, actor=None)
    close_account(order.user)
    assert (address_of(order), order.user, order.checkout_key) == (None, None, "")
    assert (order.status, order.items.count(), order.events.count()) == ("DELIVERED", 1, 4)


@pytest.mark.parametrize("end", [cancel_order, refund_order])
def test_an_order_that_came_to_an_end_keeps_no_address(order, end):
    end(order.pk, actor=order.user)
    close_account(order.user)
    assert address_of(order) is None
    assert order.events.last().actor is None
    assert order.refunds.get().actor is None


def test_an_order_that_was_not_paid_keeps_no_address():
    user = shopper_with(offer_of())
    order = check_out(user, CheckoutRequest(means=IS_DECLINED, shipping_address=ADDRESS)).order
    close_account(user)
    assert address_of(order) is None


def test_what_is_still_to_be_sent_keeps_its_address_until_it_has_arrived(order):
    close_account(order.user)
    assert address_of(order) == ADDRESS
    ship_order(order.pk, actor=None)
    assert address_of(order) == ADDRESS
    deliver_order(order.pk, actor=None)
    assert address_of(order) is None


@pytest.mark.parametrize("end", [cancel_order, refund_order])
def test_what_is_not_sent_after_all_loses_its_address(order, end):
    close_account(order.user)
    end(order.pk, actor=None)
    assert address_of(order) is None


def test_a_part_given_back_leaves_the_address(order):
    close_account(order.user)
    refund_order(order.pk, actor=None, amount=Decimal("0.01"))
    assert address_of(order) == ADDRESS


def test_while_a_payment_is_open_the_account_stays(settings):
    settings.PAYMENT_TIMEOUT = 0
    user = shopper_with(offer_of())
    order = reserve(user, paying(shipping_address=ADDRESS)).order
    with pytest.raises(Denied, match="payment of yours"):
        close_account(user)
    assert (User.objects.filter(pk=user.pk).exists(), address_of(order)) == (True, ADDRESS)
    recover(order)
    close_account(user)
    assert address_of(order) is None


def test_a_shopper_may_take_the_orders_along_and_nobody_elses(order):
    bought(offer_of())
    refund_order(order.pk, actor=None, amount=Decimal("0.01"), note="known to be difficult")
    (mine,) = personal_data(order.user)["orders"]
    assert (mine["number"], mine["shipping_address"], mine["refunded_amount"]) == (
        order.number,
        ADDRESS,
        Decimal("0.01"),
    )
    assert [item["title"] for item in mine["items"]] == [order.items.get().title]
    assert [event["what"] for event in mine["timeline"]] == ["PENDING", "CONFIRMED", "PARTLY_REFUNDED"]
    assert "difficult" not in str(mine)


@pytest.mark.django_db(transaction=True)
def test_closing_meets_checkout_cancelling_and_a_book_that_comes_back():
    """Neither deadlock nor half a shopper: the locks are taken in one order."""
    for _round in range(5):
        offer = offer_of(3)
        order = bought(offer, quantity=3, shipping_address=ADDRESS)
        user = order.user
        PrebookFactory(book=offer.book, user=user)
        PrebookFactory(book=offer.book, user=UserFactory())
        other = shopper_with(offer_of(5))
        outcomes = race(
            partial(close_account, user),
            partial(cancel_order, order.pk, actor=None),
            partial(check_out, other, paying()),
        )
        assert failures(outcomes) == []
        assert address_of(order) is None
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_an_account_that_buys_while_it_is_closed_leaves_no_cart_and_no_open_payment():
    user = shopper_with(offer_of(5))
    race(partial(close_account, user), partial(check_out, user, paying()))
    assert not Order.objects.filter(user=None, status=OrderStatus.PENDING).exists()
    assert not Cart.objects.exclude(held_by="").exists()
    assert faults() == []
