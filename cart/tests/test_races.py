"""Many requests of one shopper at once."""

import threading
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import transaction

from accounts.services import close_account
from accounts.tests.factories import UserFactory
from bookstore.core.errors import Busy
from bookstore.core.problems import problem_of
from bookstore.core.tests.racing import PATIENCE, failures, meeting, race, wait_for_waiting
from cart import services
from cart.exceptions import CartQuantityLimit
from cart.models import Cart, CartItem
from cart.services import Shopper, lines
from catalog.models import Offer
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)


def adds(number: int) -> tuple[list[object], Offer]:
    offer, shopper = OfferFactory(stock_quantity=500), Shopper(user_id=UserFactory().pk)
    return race(*[partial(services.add_item, shopper, offer.book_id)] * number), offer


def test_twenty_parallel_adds_make_one_line_of_twenty_in_one_cart():
    outcomes, _offer = adds(20)
    assert failures(outcomes) == []
    assert (Cart.objects.count(), CartItem.objects.get().quantity) == (1, 20)


def test_of_thirty_two_parallel_adds_twelve_are_refused():
    outcomes, _offer = adds(32)
    assert failures(outcomes) == [CartQuantityLimit] * 12
    assert (Cart.objects.count(), CartItem.objects.get().quantity) == (1, 20)


@contextmanager
def meeting_before_writing(*, is_locking: bool):
    """Let two who write a line wait for each other; without the shopper's lock both have read by then."""
    meet, write_line = meeting(2, is_locking=is_locking), lines.write_line

    def meet_and_write(item: CartItem, *rest: object) -> None:
        meet()
        write_line(item, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "write_line", meet_and_write)
        if not is_locking:
            patch.setattr(lines, "lock_shoppers", lambda *shoppers: None)
        yield


def two_add_to_one_line(*, is_locking: bool) -> int:
    offer, shopper = OfferFactory(stock_quantity=50), Shopper(user_id=UserFactory().pk)
    services.add_item(shopper, offer.book_id)
    with meeting_before_writing(is_locking=is_locking):
        assert failures(race(*[partial(services.add_item, shopper, offer.book_id)] * 2)) == []
    return CartItem.objects.get().quantity


def test_two_adds_to_one_line_both_count():
    assert two_add_to_one_line(is_locking=True) == 3


def test_control_without_the_lock_one_add_is_lost():
    assert two_add_to_one_line(is_locking=False) == 2


def test_two_merges_of_one_guest_happen_once():
    guest = services.add_guest(services.new_token())
    offer, user = OfferFactory(stock_quantity=9), UserFactory()
    services.add_item(Shopper(guest_id=guest.pk), offer.book_id, 3)
    merged = race(*[partial(services.merge_guest, guest.pk, user.pk)] * 4)
    assert sorted(sum(one.copies.values()) for one in merged) == [0, 0, 0, 3]
    assert CartItem.objects.get().quantity == 3


def test_an_add_that_a_sign_in_overtakes_is_refused_rather_than_lost():
    guest = services.add_guest(services.new_token())
    offer, user, shopper = OfferFactory(stock_quantity=9), UserFactory(), Shopper(guest_id=guest.pk)
    services.merge_guest(guest.pk, user.pk)
    with pytest.raises(Busy):
        services.add_item(shopper, offer.book_id)
    assert not Cart.objects.exists()


def test_an_add_that_waits_while_its_account_is_closed_fails_as_one_to_try_again():
    offer, user = OfferFactory(stock_quantity=9), UserFactory()
    has_locked = threading.Event()

    def lock_and_close() -> None:
        with transaction.atomic():
            services.lock_shoppers(Shopper(user_id=user.pk))
            has_locked.set()
            wait_for_waiting()
            close_account(user)

    def wait_and_add() -> None:
        has_locked.wait(PATIENCE)
        services.add_item(Shopper(user_id=user.pk), offer.book_id)

    _closed, error = race(lock_and_close, wait_and_add)
    assert problem_of(error).status == 503
    assert not Cart.objects.exists()


def test_a_merge_and_an_add_in_the_opposite_order_of_locks_both_succeed():
    guest = services.add_guest(services.new_token())
    offer, user = OfferFactory(stock_quantity=99), UserFactory()
    shopper, account = Shopper(guest_id=guest.pk), Shopper(user_id=user.pk)
    services.add_item(shopper, offer.book_id)
    acts = [
        partial(services.merge_guest, guest.pk, user.pk),
        *[partial(services.add_item, account, offer.book_id)] * 5,
        *[partial(services.empty_carts, shopper)] * 2,
    ]
    assert failures(race(*acts)) == []
    assert Cart.objects.active().get().user_id == user.pk
