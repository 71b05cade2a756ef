"""All that the shop knows of one customer, as staff see it."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import add_address
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from catalog.tests.factories import BookFactory
from orders.models import Order
from orders.services import CheckoutRequest, add_note, check_out, refund_order
from orders.tests.factories import ADDRESS, IS_DECLINED, fill, offer_of, paying
from prebooking.services import create_prebook
from wishlist.services import add_wish

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/admin/")  # the first request of a session notes its use
    return client


def employee(*permissions: str) -> Client:
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


@pytest.fixture
def boss() -> User:
    return StaffFactory(full_name="Max Manager")


@pytest.fixture
def staff(boss: User) -> Client:
    return signed_in(boss)


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", full_name="Ada Reader", password=PASSWORD)


def buy(user: User, price: str = "10.00", **wanted: Any) -> Any:
    fill(user, offer_of(5, price))
    return check_out(user, paying(shipping_address=ADDRESS, **wanted)).order


def page(user: User) -> str:
    return f"/admin/customers/{user.pk}/"


def live(user: User, boss: User) -> None:
    """Leave something of everything behind."""
    add_address(user, **{**ADDRESS, "phone": "+49 30 1234"})
    order = buy(user, "20.00")
    refund_order(order.pk, actor=boss, amount=Decimal("5.00"), note="Late")
    add_note(order.pk, actor=boss, text="Asked for gift wrap")
    fill(user, offer_of(book=BookFactory(title="Emma")))
    add_wish(user, offer_of(book=BookFactory(title="Persuasion")).book_id)
    create_prebook(user, BookFactory(title="Sanditon").pk)
    APIClient().post("/api/v1/auth/login", {"email": user.email, "password": PASSWORD}, HTTP_USER_AGENT="Reader/2.1")
    Client(headers={"user-agent": "Firefox/140"}).post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def test_one_page_says_all_of_a_customer(staff, boss, ada):
    live(ada, boss)
    text = staff.get(page(ada)).text
    for words in (
        *("ada@example.com", "Ada Reader", "not confirmed", "1 Page Street", "+49 30 1234"),
        *("€20.00", "€5.00", "€15.00", "Late", "Asked for gift wrap", "Emma", "Persuasion", "Sanditon", "Reader/2.1"),
        *(order.number for order in ada.orders.all()),
    ):
        assert words in text, words


def test_sums_are_of_what_was_paid(staff, ada):
    for price in ("10.00", "7.50"):
        buy(ada, price)
    fill(ada, offer_of(5, "99.00"))
    check_out(ada, CheckoutRequest(means=IS_DECLINED))
    sums = dict(staff.get(page(ada)).context["parts"][0].sums)
    assert sums == {"Orders": "3", "Paid": "€17.50", "Refunded": "€0.00", "Left": "€17.50"}


def test_sums_leave_out_what_was_paid_in_another_currency(staff, ada):
    buy(ada, "10.00")
    Order.objects.filter(pk=buy(ada, "7.50").pk).update(currency="CHF")
    sums = dict(staff.get(page(ada)).context["parts"][0].sums)
    assert sums == {"Orders": "2", "Paid": "€10.00", "Refunded": "€0.00", "Left": "€10.00"}


def test_nobody_elses_rows_are_shown(staff, boss, ada):
    live(UserFactory(email="eve@example.com", password=PASSWORD), boss)
    parts = staff.get(page(ada)).context["parts"]
    assert [part.rows for part in parts] == [[]] * 6


def test_the_number_of_queries_is_small_and_does_not_grow(ada, boss):
    rights = ("view_user", "view_order", "view_refund", "view_cart", "view_wish", "view_prebook", "view_authsession")
    clerk, amounts = employee(*rights), []
    for _each in range(2):
        live(ada, boss)
        with CaptureQueriesContext(connection) as queries:
            assert clerk.get(page(ada)).status_code == 200
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= MOST_QUERIES


def test_each_part_is_for_those_who_may_see_its_rows(ada, boss):
    live(ada, boss)
    clerk = employee("view_user", "view_wish")
    assert [part.title for part in clerk.get(page(ada)).context["parts"]] == ["Wishes"]
    assert employee("view_order").get(page(ada)).status_code == 403
    assert signed_in(ada).get(page(ada)).status_code == 302


def test_orders_and_accounts_lead_there(staff, ada):
    order = buy(ada)
    for address in (f"/admin/orders/order/{order.pk}/change/", f"/admin/accounts/user/{ada.pk}/change/"):
        assert f'href="{page(ada)}"' in staff.get(address).text
    assert page(ada) not in employee("view_order").get(f"/admin/orders/order/{order.pk}/change/").text


def test_who_is_not_there_is_not_found(staff):
    assert staff.get("/admin/customers/999999/").status_code == 404
    assert staff.post("/admin/customers/999999/").status_code == 405


def test_what_a_customer_wrote_is_text(staff, ada):
    User.objects.filter(pk=ada.pk).update(full_name="<script>alert(1)</script>")
    add_wish(ada, BookFactory(title="<b>x</b>").pk)
    text = staff.get(page(ada)).text
    assert "<script>alert(1)" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
