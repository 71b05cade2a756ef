"""Signing in brings the guest's cart along."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.test import APIClient

from accounts.tests.factories import PASSWORD, UserFactory
from cart import services
from cart.jobs import abandon_carts
from cart.models import Cart, CartItem, CartStatus, Guest
from cart.services import Shopper
from catalog import services as catalogue
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db

ITEMS = "/api/v1/cart/items"


def new_guest() -> Shopper:
    return Shopper(guest_id=services.add_guest(services.new_token()).pk)


def lines_of(shopper: Shopper) -> dict[int, int]:
    items = CartItem.objects.filter(cart__in=shopper.carts.active())
    return dict(items.values_list("offer", "quantity"))


def guest_with(offer: Any, quantity: int = 1, **client: Any) -> APIClient:
    guest = APIClient(**client)
    assert guest.post(ITEMS, {"book_id": offer.book_id, "quantity": quantity}).status_code == 201
    return guest


def test_signing_in_on_the_page_merges_and_spends_the_token():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    offer = OfferFactory(stock_quantity=9)
    cookie = guest_with(offer, 2).cookies["cart"].value
    browser = Client()
    browser.cookies["cart"] = cookie
    browser.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    assert lines_of(Shopper(user_id=user.pk)) == {offer.pk: 2}
    assert services.find_guest(cookie) is None


def test_signing_in_and_up_on_the_api_merges_by_cookie_and_by_header():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    offer = OfferFactory(stock_quantity=9)
    guest = guest_with(offer, 2)
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert guest.post("/api/v1/auth/login", body).status_code == 200
    assert lines_of(Shopper(user_id=user.pk)) == {offer.pk: 2}

    token = APIClient().post(ITEMS, {"book_id": offer.book_id}, headers={"X-Cart-Token": "new"})["X-Cart-Token"]
    app = APIClient(headers={"X-Cart-Token": token})
    registered = app.post("/api/v1/auth/register", {"email": "ben@example.com", "password": PASSWORD})
    assert lines_of(Shopper(user_id=registered.json()["id"])) == {offer.pk: 1}


def test_copies_add_up_to_the_limit_and_the_later_snapshot_stays():
    offer, account, guest = OfferFactory(price=Decimal("10.00"), stock_quantity=99), UserFactory(), new_guest()
    shopper = Shopper(user_id=account.pk)
    services.add_item(shopper, offer.book_id, 15)
    catalogue.change_offer(offer.pk, price=Decimal("8.00"))
    services.add_item(guest, offer.book_id, 9)
    merged = services.merge_guest(guest.guest_id, account.pk)
    item = CartItem.objects.get(cart__user=account)
    assert (item.quantity, item.price, merged.copies) == (20, Decimal("8.00"), {offer.pk: 5})


def test_a_full_cart_drops_no_line(settings):
    settings.CART_MOST_LINES = 1
    first, account, guest = OfferFactory(), UserFactory(), new_guest()
    second = OfferFactory(seller=first.seller)
    services.add_item(Shopper(user_id=account.pk), first.book_id)
    services.add_item(guest, second.book_id)
    services.merge_guest(guest.guest_id, account.pk)
    assert set(lines_of(Shopper(user_id=account.pk))) == {first.pk, second.pk}


def test_a_repeat_does_nothing_and_anothers_token_gets_nothing():
    offer, ada, ben, guest = OfferFactory(stock_quantity=9), UserFactory(), UserFactory(), new_guest()
    services.add_item(guest, offer.book_id, 2)
    results = [services.merge_guest(guest.guest_id, user.pk).copies for user in (ada, ada, ben)]
    assert results == [{offer.pk: 2}, {}, {}]
    assert lines_of(Shopper(user_id=ben.pk)) == {}


def test_a_locked_cart_goes_over_as_it_is():
    account, guest = UserFactory(), new_guest()
    services.add_item(guest, OfferFactory().book_id)
    Cart.objects.update(status=CartStatus.LOCKED)
    services.merge_guest(guest.guest_id, account.pk)
    assert Cart.objects.values_list("user", "guest", "status").get() == (account.pk, None, "LOCKED")


def test_a_merge_can_be_undone():
    kept, grown, new = (OfferFactory(stock_quantity=99) for _each in range(3))
    account, guest = UserFactory(), new_guest()
    shopper = Shopper(user_id=account.pk)
    services.add_item(shopper, kept.book_id), services.add_item(shopper, grown.book_id, 18)
    services.add_item(guest, grown.book_id, 5), services.add_item(guest, new.book_id)
    merged = services.merge_guest(guest.guest_id, account.pk)
    assert lines_of(shopper) == {kept.pk: 1, grown.pk: 20, new.pk: 1}
    services.undo_merge(account.pk, merged.copies)
    assert lines_of(shopper) == {kept.pk: 1, grown.pk: 18}


def test_a_merge_that_fails_does_not_fail_the_sign_in(monkeypatch):
    UserFactory(email="ada@example.com", password=PASSWORD)
    guest = guest_with(OfferFactory())
    monkeypatch.setattr("cart.services.merge_guest", lambda *arguments: 1 / 0)
    answer = guest.post("/api/v1/auth/login", {"email": "ada@example.com", "password": PASSWORD})
    assert answer.status_code == 200
    assert CartItem.objects.count() == 1


def test_a_guests_cart_untouched_for_sixty_days_is_abandoned_and_an_accounts_stays():
    account, guest, recent = Shopper(user_id=UserFactory().pk), new_guest(), new_guest()
    for shopper in (account, guest, recent):
        services.add_item(shopper, OfferFactory(stock_quantity=9).book_id)
    Cart.objects.exclude(guest=recent.guest_id).update(updated_at=timezone.now() - timedelta(days=60, seconds=1))
    assert abandon_carts() == 1
    assert guest.carts.get().status == CartStatus.ABANDONED
    assert {account.carts.get().status, recent.carts.get().status} == {CartStatus.ACTIVE}


def test_a_guest_unseen_for_twice_as_long_goes_with_the_cart():
    gone, guest = new_guest(), new_guest()
    for shopper, days in ((gone, 121), (guest, 119)):
        services.add_item(shopper, OfferFactory(stock_quantity=9).book_id)
        Guest.objects.filter(pk=shopper.guest_id).update(used_at=timezone.now() - timedelta(days=days))
    abandon_carts()
    assert (Guest.objects.get().pk, Cart.objects.get().guest_id) == (guest.guest_id, guest.guest_id)


def test_a_token_counts_for_sixty_days_after_its_last_write():
    token = services.new_token()
    guest = services.add_guest(token)
    Guest.objects.update(used_at=timezone.now() - timedelta(days=59))
    assert services.find_guest(token) == guest
    services.add_item(Shopper(guest_id=guest.pk), OfferFactory().book_id)
    assert Guest.objects.get().used_at > timezone.now() - timedelta(minutes=1)
    Guest.objects.update(used_at=timezone.now() - timedelta(days=60, seconds=1))
    assert services.find_guest(token) is None


QUANTITIES = st.dictionaries(st.integers(0, 3), st.integers(1, 20), max_size=4)


class MergingTest(TestCase):
    """Whatever stood in the two carts, and in whatever order it was put there."""

    @hypothesis(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(mine=QUANTITIES, guests=QUANTITIES, order=st.permutations(range(8)))
    def test_no_line_is_lost_and_the_order_does_not_matter(self, mine, guests, order):
        seller = OfferFactory().seller
        offers = [OfferFactory(stock_quantity=99, **({"seller": seller} if n % 2 else {})) for n in range(4)]
        results = []
        for sequence in (range(8), order):
            account, guest = UserFactory(), new_guest()
            acts = [(Shopper(user_id=account.pk), *each) for each in mine.items()]
            acts += [(guest, *each) for each in guests.items()]
            for place in sequence:
                if place < len(acts):
                    shopper, number, quantity = acts[place]
                    services.add_item(shopper, offers[number].book_id, quantity)
            services.merge_guest(guest.guest_id, account.pk)
            results.append(lines_of(Shopper(user_id=account.pk)))
        wanted = {n: min(mine.get(n, 0) + guests.get(n, 0), 20) for n in {*mine, *guests}}
        assert results == [{offers[n].pk: quantity for n, quantity in wanted.items()}] * 2
