"""What the token of each role opens."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from accounts.tests.api import client_of, problem
from accounts.tests.factories import StaffFactory, UserFactory
from catalog.models import Offer, Seller
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db

DENIED, NOT_FOUND = (403, "FORBIDDEN"), (404, "OFFER_NOT_FOUND")


def member_of(seller: Seller) -> APIClient:
    member = UserFactory()
    seller.members.add(member)
    return client_of(member)


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(price=Decimal("9.90"), stock_quantity=3)


def test_a_sellers_member_changes_their_own_sellers_offer(offer):
    answer = member_of(offer.seller).patch(f"/api/v1/offers/{offer.pk}", {"price": "8.50"})
    assert (answer.status_code, answer.json()["price"]) == (200, "8.50")


def test_a_sellers_member_touches_no_other_sellers_offer(offer):
    hostile, address = member_of(SellerFactory()), f"/api/v1/offers/{offer.pk}"
    assert problem(hostile.patch(address, {"price": "0.01"})) == NOT_FOUND
    assert problem(hostile.patch(address, {"seller_id": Seller.objects.last().pk, "is_active": False})) == NOT_FOUND
    assert problem(hostile.delete(address)) == NOT_FOUND
    listed = hostile.get(f"/api/v1/books/{offer.book_id}/offers").json()["items"]
    offer.refresh_from_db()
    assert (listed, offer.price, offer.is_active, offer.stock_quantity) == ([], Decimal("9.90"), True, 3)


def test_a_sellers_member_makes_no_offer_in_anothers_name(offer):
    body = {"seller_id": offer.seller_id, "price": "0.01", "stock_quantity": 1, "is_active": True}
    hostile, book = member_of(SellerFactory()), BookFactory()
    assert problem(hostile.post(f"/api/v1/books/{book.pk}/offers", body)) == (404, "SELLER_NOT_FOUND")
    assert not book.offers.exists()


STAFFS = [
    ("post", "/api/v1/books", {"title": "X", "author": "Y", "price": "1.00"}),
    ("post", "/api/v1/genres", {"name": "X"}),
    ("post", "/api/v1/sellers", {"name": "X"}),
    ("get", "/api/v1/admin/users", None),
]


@pytest.mark.parametrize(("method", "path", "body"), STAFFS)
def test_what_is_the_staffs_is_nobody_elses(method, path, body):
    for client in (
        client_of(UserFactory()),
        client_of(UserFactory(is_service=True)),
        member_of(SellerFactory()),
        client_of(StaffFactory(is_active=True, is_staff=False, is_superuser=True)),
    ):
        assert problem(getattr(client, method)(path, body)) == DENIED


@pytest.mark.parametrize(("method", "path", "body"), STAFFS)
def test_staff_may_what_the_admin_lets_them(method, path, body):
    manager, nobody = StaffFactory(is_superuser=False), StaffFactory(is_superuser=False)
    manager.groups.add(Group.objects.get(name="Manager"))
    assert getattr(client_of(manager), method)(path, body).status_code in {200, 201}
    assert problem(getattr(client_of(nobody), method)(path, body)) == DENIED
