"""Offers of which few copies are left, by API and in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tests.api import fields_at_fault, problem
from accounts.tests.factories import StaffFactory, UserFactory
from catalog import services
from catalog.models import Offer
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db

LOW_STOCK = "/api/v1/admin/inventory/low-stock"
PAGE = "/admin/catalog/offerrunninglow/"


@pytest.fixture
def staff() -> APIClient:
    client = APIClient()
    client.force_login(StaffFactory())
    return client


def offers_in(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [item["offer_id"] for item in answer.json()["items"]]


def test_fewest_copies_come_first_and_ties_go_by_id(staff):
    two, none, one, other_two = (OfferFactory(stock_quantity=copies).pk for copies in (2, 0, 1, 2))
    OfferFactory(stock_quantity=4)
    assert offers_in(staff.get(LOW_STOCK)) == [none, one, two, other_two]
    assert offers_in(staff.get(LOW_STOCK, {"threshold": "1"})) == [none, one]
    assert offers_in(staff.get(LOW_STOCK, {"threshold": "0"})) == [none]
    assert len(offers_in(staff.get(LOW_STOCK, {"threshold": "4"}))) == 5


def test_threshold_is_a_setting(staff, settings):
    settings.LOW_STOCK = 7
    offer = OfferFactory(stock_quantity=7)
    assert offers_in(staff.get(LOW_STOCK)) == offers_in(staff.get(LOW_STOCK, {"threshold": ""})) == [offer.pk]


def test_what_shoppers_do_not_see_is_left_out(staff):
    off = OfferFactory(is_active=False)
    gone, archived = OfferFactory(), OfferFactory()
    services.withdraw_offer(gone.pk, actor=None)
    services.archive_book(archived.book_id, actor=None)
    assert Offer.objects.filter(pk__in=[off.pk, gone.pk, archived.pk]).count() == 3
    assert offers_in(staff.get(LOW_STOCK)) == []


def test_an_offer_is_told_with_its_book_and_seller(staff):
    book = BookFactory(title="Middlemarch", isbn="9780141439549", authors=["George Eliot"])
    seller = SellerFactory(name="Acme")
    offer = OfferFactory(book=book, seller=seller, stock_quantity=2)
    assert staff.get(LOW_STOCK).json()["items"] == [
        {
            **{"offer_id": offer.pk, "book_id": book.pk, "title": "Middlemarch", "author": "George Eliot"},
            **{"isbn": "9780141439549", "seller": {"id": seller.pk, "name": "Acme", "slug": "acme"}},
            **{"price": "10.00", "currency": "EUR", "stock_quantity": 2},
        }
    ]


def test_pages_go_on_by_cursor(staff):
    wanted = [OfferFactory(stock_quantity=copies).pk for copies in (0, 1, 1)]
    first = staff.get(LOW_STOCK, {"size": "2"})
    second = staff.get(LOW_STOCK, {"size": "2", "cursor": first.json()["next"]})
    assert (offers_in(first), offers_in(second), first.json()["total"]) == (wanted[:2], wanted[2:], 3)
    assert second.json()["next"] is None


@pytest.mark.parametrize(
    ("name", "value"), [("threshold", "-1"), ("threshold", "x"), ("threshold", "2147483648"), ("page", "0")]
)
def test_a_parameter_that_cannot_be_right_is_refused(staff, name, value):
    assert fields_at_fault(staff.get(LOW_STOCK, {name: value})) == [name]


def test_only_staff_who_may_see_offers_are_told():
    clerk, buyer = StaffFactory(is_superuser=False), StaffFactory(is_superuser=False)
    buyer.user_permissions.add(Permission.objects.get(codename="view_offer"))
    statuses = []
    for user in (UserFactory(), clerk, buyer):
        client = APIClient()
        client.force_login(user)
        statuses.append(client.get(LOW_STOCK).status_code)
    assert statuses == [403, 403, 200]
    assert problem(APIClient().get(LOW_STOCK)) == (401, "AUTH_REQUIRED")


def test_queries_do_not_grow_with_the_offers(staff):
    amounts = []
    for number in (1, 4):
        for _each in range(number):
            OfferFactory()
        staff.get(LOW_STOCK)  # the first request of a session notes its use
        with CaptureQueriesContext(connection) as queries:
            staff.get(LOW_STOCK)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 5


# In the admin


def test_list_of_the_admin_is_filtered_by_threshold_and_seller(client: Client):
    client.force_login(StaffFactory())
    low, lowest = OfferFactory(stock_quantity=3), OfferFactory(stock_quantity=0)
    OfferFactory(stock_quantity=4)

    def shown(**params: Any) -> list[int]:
        return [offer.pk for offer in client.get(PAGE, params).context["cl"].result_list]

    assert shown() == shown(threshold="x") == [lowest.pk, low.pk]
    assert shown(threshold="0") == [lowest.pk]
    assert len(shown(threshold="5")) == 3
    assert shown(seller__id__exact=low.seller_id) == [low.pk]
    assert f'href="/admin/catalog/book/{low.book_id}/change/' in client.get(PAGE).content.decode()


def test_queries_of_the_list_do_not_grow(client: Client):
    client.force_login(StaffFactory())
    amounts = []
    for number in (1, 4):
        for _each in range(number):
            OfferFactory()
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 12
