"""Many requests of one reader at once. What keeps them apart is the constraint; there is no lock to switch off."""

from decimal import Decimal
from functools import partial

import pytest

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from bookstore.core.models import Mail
from bookstore.core.tests.racing import failures, meeting_after_reading, race
from catalog import services as catalogue
from catalog.tests.factories import BookFactory, OfferFactory
from wishlist import services
from wishlist.exceptions import WishlistDuplicate, WishNotFound
from wishlist.models import SharedWishlist, Wish

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_eight_equal_wishes_one_is_made():
    user, book = UserFactory(), BookFactory()
    outcomes = race(*[partial(services.add_wish, user, book.pk)] * 8)
    assert failures(outcomes) == [WishlistDuplicate] * 7
    assert Wish.objects.count() == 1


def two_removals(*, is_locking: bool) -> list[object]:
    user, book = UserFactory(), BookFactory()
    services.add_wish(user, book.pk)
    with meeting_after_reading(Wish, readers=2, is_locking=is_locking):
        return race(*[partial(services.remove_wish, user, book.pk)] * 2)


def test_of_two_removals_one_finds_nothing():
    assert failures(two_removals(is_locking=True)) == [WishNotFound]


def test_control_without_the_lock_both_believe_to_have_removed_it():
    assert failures(two_removals(is_locking=False)) == []


def test_two_who_share_at_once_have_one_link():
    user = UserFactory()
    assert failures(race(*[partial(services.share_wishlist, user, shows_name=False)] * 6)) == []
    assert SharedWishlist.objects.count() == 1


def test_two_runs_at_once_tell_of_a_drop_once():
    offer = OfferFactory(price=Decimal("10.00"))
    for _each in range(5):
        services.add_wish(UserFactory(), offer.book_id)
    catalogue.change_offer(offer.pk, price=Decimal("9.00"))
    assert sorted(race(*[services.tell_price_drops] * 3)) == [0, 0, 5]
    assert (Notification.objects.count(), Mail.objects.count()) == (5, 5)
