"""What is HTTP's own about one seller's cart; what both doors do is in `test_partner_doors`."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tests.api import client_of, problem
from accounts.tests.factories import UserFactory
from cart.models import Cart, Guest
from catalog.tests.factories import BookFactory, OfferFactory

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def shopper() -> APIClient:
    return client_of(UserFactory())


def fields(offer: Any, quantity: int = 1) -> dict[str, int]:
    return {"company_id": offer.seller_id, "product_id": offer.book_id, "quantity": quantity}


def test_a_cart_is_shown_as_the_contract_says():
    user = UserFactory()
    offer = OfferFactory(book=BookFactory(title="The Hobbit"), price=Decimal("14.90"), stock_quantity=7)
    answer = client_of(user).post(f"{API}/cart/add-item", fields(offer, 2))
    shown = answer.json()
    cart = Cart.objects.get()
    for name, moment in (("created_at", cart.created_at), ("updated_at", cart.updated_at)):
        assert shown.pop(name) == moment.isoformat().replace("+00:00", "Z")
    assert (answer.status_code, answer["Cache-Control"]) == (201, "private, no-store")
    assert shown == {
        "id": cart.pk, "company_id": offer.seller_id, "user_id": user.pk, "status": "ACTIVE",
        "items": [
            {"product_id": offer.book_id, "name": "The Hobbit", "price": "14.90", "currency": "EUR", "quantity": 2}
        ],
        "total_amount": "29.80", "currency": "EUR",
    }  # fmt: skip


def test_too_many_ids_are_counted_and_not_looked_at(shopper):
    answer = shopper.post(f"{API}/carts/by-ids", {"ids": [{}] * 10_000})
    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == ["ids"]


def test_a_cart_that_is_begun_is_created_and_one_that_is_found_is_ok(shopper):
    body = {"company_id": OfferFactory().seller_id}
    first, again = (shopper.post(f"{API}/cart/upsert", body) for _each in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_the_active_cart_is_not_found_before_there_is_one_and_the_guest_is_known_from_then_on():
    guest, offer = APIClient(), OfferFactory(stock_quantity=9)
    answer = guest.get(f"{API}/cart/active?company_id={offer.seller_id}")
    assert problem(answer) == (404, "CART_NOT_FOUND")
    assert (answer.cookies["cart"]["httponly"], Guest.objects.count(), Cart.objects.count()) == (True, 0, 0)
    begun = guest.post(f"{API}/cart/add-item", fields(offer)).json()
    assert guest.get(f"{API}/cart/active?company_id={offer.seller_id}").json() == begun
    assert begun["user_id"] is None


def test_an_app_without_a_token_gets_one():
    offer = OfferFactory()
    answer = APIClient().post(f"{API}/cart/upsert", {"company_id": offer.seller_id}, headers={"X-Cart-Token": "new"})
    app = APIClient(headers={"X-Cart-Token": answer["X-Cart-Token"]})
    assert app.get(f"{API}/cart/{answer.json()['id']}").status_code == 200


def test_a_price_may_be_a_number(shopper):
    offer = OfferFactory(price=Decimal("9.90"), stock_quantity=9)
    assert shopper.post(f"{API}/cart/add-item", fields(offer) | {"price": 9.9}).status_code == 201
    refused = shopper.post(f"{API}/cart/add-item", fields(offer) | {"price": 9})
    assert (problem(refused), refused.json()["expected_price"]) == ((409, "PRICE_CHANGED"), "9.00")
    assert refused.json()["current_price"] == "9.90"


@pytest.mark.parametrize(
    "wrong", [{"company_id": "1"}, {"product_id": True}, {"quantity": 1.5}, {"quantity": "2"}, {"price": "x"}, []]
)
def test_a_body_of_other_types_is_refused(shopper, wrong):
    offer = OfferFactory(stock_quantity=9)
    body = fields(offer) | wrong if isinstance(wrong, dict) else wrong
    assert problem(shopper.post(f"{API}/cart/add-item", body)) == (400, "VALIDATION_ERROR")
    assert not Cart.objects.exists()


@pytest.mark.parametrize("query", ["", "company_id=", "company_id=x", "company_id=1.5", f"company_id={10**30}"])
def test_a_query_that_names_no_company_is_refused(shopper, query):
    assert problem(shopper.get(f"{API}/cart/active?{query}")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("query", ["status=active", "status=LOST", "limit=x", "user_id=me"])
def test_a_filter_that_means_nothing_is_refused(shopper, query):
    assert problem(shopper.get(f"{API}/carts/by-user?{query}")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("status", ["LOST", "active", "", None, 1])
def test_a_status_that_is_none_is_refused(shopper, status):
    cart = shopper.post(f"{API}/cart/upsert", {"company_id": OfferFactory().seller_id}).json()
    answer = shopper.put(f"{API}/cart/{cart['id']}/status", {"status": status})
    assert (problem(answer), Cart.objects.get().status) == ((400, "VALIDATION_ERROR"), "ACTIVE")


@pytest.mark.parametrize("cart", ["0", "-1", "x", "9" * 30])
def test_an_address_of_no_cart_is_not_found(shopper, cart):
    assert problem(shopper.get(f"{API}/cart/{cart}"))[0] == 404


def test_another_site_cannot_change_a_cart():
    browser = APIClient()
    offer = OfferFactory(stock_quantity=9)
    cart = browser.post(f"{API}/cart/add-item", fields(offer)).json()
    evil = {"Sec-Fetch-Site": "cross-site"}
    for answer in (
        browser.post(f"{API}/cart/add-item", fields(offer), headers=evil),
        browser.put(f"{API}/cart/{cart['id']}/status", {"status": "CANCELLED"}, headers=evil),
        browser.delete(f"{API}/cart/{cart['id']}/item/{offer.book_id}", headers=evil),
    ):
        assert problem(answer) == (403, "FORBIDDEN")
    assert browser.get(f"{API}/cart/{cart['id']}").json() == cart


def test_queries_do_not_grow(shopper):
    amounts = []
    for _each in range(2):
        for _number in range(3):
            shopper.post(f"{API}/cart/add-item", fields(OfferFactory()))
        with CaptureQueriesContext(connection) as queries:
            assert shopper.get(f"{API}/carts/by-user").status_code == 200
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 4
