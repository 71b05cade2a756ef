"""Many checkouts at once, and checkouts at once with all that may change what they sell."""

import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from accounts.models import User
from bookstore.core import advisory
from bookstore.core.errors import DomainError
from bookstore.core.idempotency import InProgress
from bookstore.core.tests.racing import PATIENCE, failures, locks, meeting_after_reading, race, wait_for_waiting
from cart.exceptions import CartLocked
from cart.models import Cart, CartItem
from cart.services import Shopper, add_guest, add_item, lines, merge_guest, merging, new_token, set_quantity
from catalog.models import Offer, StockMovement
from catalog.services import archive_book, change_prices, set_stock, switch_offers
from catalog.tests.factories import SellerFactory
from orders.exceptions import CheckoutRefused
from orders.models import MockCharge, Order, OrderItem, OrderStatus
from orders.payment.mock import MockProvider
from orders.services import CheckoutRequest, check_out, checkout
from orders.tests.factories import IS_DECLINED, call_of, offer_of, paying, shopper_with
from orders.tests.faults import faults

pytestmark = pytest.mark.django_db(transaction=True)


def sold_copies() -> int:
    return -StockMovement.objects.filter(reason="SOLD").aggregate(sold=Sum("delta", default=0))["sold"]


# Buyers against buyers


def test_of_64_buyers_of_20_copies_exactly_20_get_one():
    offer = offer_of(20)
    buyers = [shopper_with(offer) for _each in range(64)]
    outcomes = race(*[partial(check_out, buyer, paying()) for buyer in buyers])
    assert failures(outcomes) == [CheckoutRefused] * 44
    assert {one.code for one in outcomes if isinstance(one, CheckoutRefused)} == {CheckoutRefused.SHORT}
    assert (Offer.objects.get().stock_quantity, sold_copies()) == (0, 20)
    assert Order.objects.filter(status=OrderStatus.CONFIRMED).count() == MockCharge.objects.count() == 20
    assert faults() == []


def two_buyers_of_the_last_copy(*, is_locking: bool) -> list[Any]:
    offer = offer_of(1)
    buyers = [shopper_with(offer), shopper_with(offer)]
    with meeting_after_reading(Offer, readers=2, is_locking=is_locking):
        return race(*[partial(check_out, buyer, paying()) for buyer in buyers])


def test_second_buyer_of_the_last_copy_is_refused_and_not_charged():
    assert failures(two_buyers_of_the_last_copy(is_locking=True)) == [CheckoutRefused]
    assert MockCharge.objects.count() == 1
    assert faults() == []


def test_control_without_the_lock_the_last_copy_is_sold_twice():
    assert failures(two_buyers_of_the_last_copy(is_locking=False)) == []
    assert sold_copies() == 2
    assert faults() != []


def test_carts_filled_in_opposite_order_do_not_deadlock():
    offers = [offer_of(99) for _each in range(4)]
    buyers = [shopper_with(*offers[:: 1 if number % 2 else -1]) for number in range(16)]
    assert failures(race(*[partial(check_out, buyer, paying()) for buyer in buyers])) == []
    assert set(Offer.objects.values_list("stock_quantity", flat=True)) == {83}
    assert faults() == []


def test_failing_and_paid_checkouts_of_the_same_books_do_not_deadlock():
    offers = [offer_of(99) for _each in range(3)]
    buyers = [shopper_with(*offers[:: 1 if number % 3 else -1]) for number in range(12)]
    acts = [
        partial(check_out, buyer, CheckoutRequest(means=IS_DECLINED) if number % 2 else paying())
        for number, buyer in enumerate(buyers)
    ]
    assert failures(race(*acts)) == []
    assert set(Offer.objects.values_list("stock_quantity", flat=True)) == {93}
    assert faults() == []


def test_of_two_buyers_at_two_sellers_one_gets_everything_and_the_other_nothing():
    offers = [offer_of(1, seller=SellerFactory()) for _each in range(2)]
    buyers = [shopper_with(*offers), shopper_with(*reversed(offers))]
    outcomes = race(*[partial(check_out, buyer, paying()) for buyer in buyers])
    (refusal,) = [one for one in outcomes if isinstance(one, CheckoutRefused)]
    assert {item["offer_id"] for item in refusal.data["items"]} == {offer.pk for offer in offers}
    assert (Order.objects.get().items.count(), sold_copies()) == (2, 2)
    assert faults() == []


# A checkout against staff and sellers


def terms_at_the_writing(act: Callable[[Offer], Any], *, is_locking: bool) -> tuple[Decimal, bool, int]:
    """
    Let somebody act on an offer once a checkout has read it; return its terms as the order is written.

    With the lock it is written once they wait for it; with only `locked()` switched off, once they are done.
    """
    offer = offer_of(5, "10.00")
    buyer, write = shopper_with(offer, quantity=2), checkout._write_order
    has_read, has_acted, terms = threading.Event(), threading.Event(), []

    def meet_and_write(*arguments: Any) -> Order:
        has_read.set()
        wait_for_waiting() if is_locking else has_acted.wait(PATIENCE)
        terms.extend(Offer.objects.values_list("price", "is_active", "stock_quantity"))
        return write(*arguments)

    def wait_and_act() -> None:
        has_read.wait(PATIENCE)
        act(offer)
        has_acted.set()

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(checkout, "_write_order", meet_and_write)
        assert failures(race(partial(check_out, buyer, paying()), wait_and_act)) == []
    assert has_acted.is_set()
    return terms[0]


ACTS: dict[str, Callable[[Offer], Any]] = {
    "stock-take": lambda offer: set_stock(offer.pk, 3),
    "reprice": lambda offer: change_prices({offer.pk: Decimal("12.00")}),
    "archive": lambda offer: archive_book(offer.book_id),
    "switch off": lambda offer: switch_offers([offer.pk], is_active=False),
}
AFTERWARDS = {
    "stock-take": (Decimal("10.00"), True, 3),
    "reprice": (Decimal("12.00"), True, 3),
    "archive": (Decimal("10.00"), False, 3),
    "switch off": (Decimal("10.00"), False, 3),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_is_being_sold_changes_after_the_sale(name: str):
    assert terms_at_the_writing(ACTS[name], is_locking=True) == (Decimal("10.00"), True, 5)
    assert Offer.objects.values_list("price", "is_active", "stock_quantity").get() == AFTERWARDS[name]
    assert OrderItem.objects.get().unit_price == Decimal("10.00")
    assert faults() == []


@pytest.mark.parametrize("name", ACTS)
def test_control_without_the_lock_it_changes_under_the_order(name: str):
    assert terms_at_the_writing(ACTS[name], is_locking=False) != (Decimal("10.00"), True, 5)


def test_a_storm_of_checkouts_and_staff_leaves_everything_in_order():
    offers = [offer_of(30) for _each in range(3)]
    for turn in range(3):
        buyers = [shopper_with(*offers[turn:], quantity=2) for _each in range(8)]
        wishes = [CheckoutRequest(means=IS_DECLINED), paying(accepts_price_changes=True)]
        acts = [partial(check_out, buyer, wishes[number % 2]) for number, buyer in enumerate(buyers)]
        acts += [partial(set_stock, offer.pk, 30) for offer in offers]
        acts += [partial(change_prices, {offer.pk: Decimal(11 + turn) for offer in reversed(offers)})]
        acts += [partial(switch_offers, [offers[2].pk], is_active=bool(turn % 2))]
        assert set(failures(race(*acts))) <= {CheckoutRefused}
        assert faults() == []
        switch_offers([offers[2].pk], is_active=True)


# A checkout against the same shopper elsewhere


def an_edit_meets_a_checkout(edit: Callable[[User], Any], *, is_locking: bool) -> list[Any]:
    """
    Let the shopper change the cart in a second browser once a checkout has read it; return what became of both.

    With the shopper's lock the order is written once the edit waits for it; without it, the only thing switched off,
    once the lines are.
    """
    offer = offer_of(9)
    buyer, write, touch = shopper_with(offer, quantity=2), checkout._write_order, lines.touch
    has_read, has_edited = threading.Event(), threading.Event()

    def meet_and_write(*arguments: Any) -> Order:
        has_read.set()
        wait_for_waiting() if is_locking else has_edited.wait(PATIENCE)
        return write(*arguments)

    def tell_and_touch(cart: Cart, *fields: str) -> None:
        if cart.user_id:  # a guest's cart is filled before
            has_edited.set()
        touch(cart, *fields)

    def wait_and_edit() -> Any:
        has_read.wait(PATIENCE)
        return edit(buyer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkout, "_write_order", meet_and_write)
        for module in (lines, merging):
            patch.setattr(module, "touch", tell_and_touch)
        if not is_locking:
            patch.setattr(advisory, "lock", lambda names: None)
        return race(partial(check_out, buyer, paying()), wait_and_edit)


def add_one(buyer: User) -> None:
    add_item(Shopper(user_id=buyer.pk), Offer.objects.get().book_id)


def make_it_three(buyer: User) -> None:
    set_quantity(Shopper(user_id=buyer.pk), CartItem.objects.get().pk, 3)


def sign_in_with_three(buyer: User) -> None:
    guest = add_guest(new_token())
    add_item(Shopper(guest_id=guest.pk), Offer.objects.get().book_id, 3)
    merge_guest(guest.pk, buyer.pk)


def copies_by_cart() -> dict[str, int]:
    return dict(CartItem.objects.values_list("cart__status", "quantity"))


@pytest.mark.parametrize(
    ("edit", "refusals", "left"),
    [(add_one, [], {"ACTIVE": 1}), (make_it_three, [CartLocked], {}), (sign_in_with_three, [], {"ACTIVE": 3})],
)
def test_what_is_edited_during_a_checkout_is_refused_or_kept_for_the_next(
    edit: Callable[[User], Any], refusals: list[type], left: dict[str, int]
):
    assert failures(an_edit_meets_a_checkout(edit, is_locking=True)) == refusals
    assert copies_by_cart() == {"CHECKED_OUT": 2, **left}
    assert OrderItem.objects.get().quantity == 2
    assert faults() == []


@pytest.mark.parametrize("edit", [add_one, make_it_three, sign_in_with_three])
def test_control_without_the_shoppers_lock_copies_are_checked_out_that_nobody_bought(edit: Callable[[User], Any]):
    assert failures(an_edit_meets_a_checkout(edit, is_locking=False)) == []
    assert OrderItem.objects.get().quantity == 2
    assert copies_by_cart()["CHECKED_OUT"] > 2


def eight_clicks(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[User], CheckoutRequest]) -> list[Any]:
    """Click eight times at once; the provider waits with its answer until seven have been refused."""
    buyer, charge, refused = shopper_with(offer_of(9)), MockProvider.charge, threading.Semaphore(0)

    def wait_and_charge(*arguments: Any) -> Any:
        assert all(refused.acquire(timeout=PATIENCE) for _each in range(7))
        return charge(*arguments)

    def click() -> Any:
        try:
            return check_out(buyer, wanted(buyer))
        except DomainError:
            refused.release()
            raise

    monkeypatch.setattr(MockProvider, "charge", wait_and_charge)
    return race(*[click] * 8)


def test_of_eight_clicks_one_buys_and_the_others_find_the_cart_locked(monkeypatch: pytest.MonkeyPatch):
    outcomes = eight_clicks(monkeypatch, lambda buyer: paying())
    assert failures(outcomes) == [CartLocked] * 7
    assert (Order.objects.get().status, MockCharge.objects.count(), sold_copies()) == ("CONFIRMED", 1, 1)
    assert faults() == []


def test_of_eight_clicks_with_one_key_one_buys_and_the_others_hear_that_it_is_running(
    monkeypatch: pytest.MonkeyPatch,
):
    outcomes = eight_clicks(monkeypatch, lambda buyer: paying(call=call_of(buyer)))
    assert failures(outcomes) == [InProgress] * 7
    assert (Order.objects.get().status, MockCharge.objects.count(), sold_copies()) == ("CONFIRMED", 1, 1)
    assert faults() == []


def test_retries_with_one_key_of_any_speed_are_one_order():
    buyer = shopper_with(offer_of(9))
    outcomes = race(*[partial(check_out, buyer, paying(call=call_of(buyer)))] * 8)
    assert set(failures(outcomes)) <= {InProgress}
    assert check_out(buyer, paying(call=call_of(buyer))).order.status == OrderStatus.CONFIRMED
    assert (Order.objects.count(), MockCharge.objects.count(), sold_copies()) == (1, 1, 1)
    assert faults() == []
