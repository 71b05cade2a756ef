"""The admin in a real browser, whose console must stay silent: the theme's scripts run under our policy."""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.factories import StaffFactory
from bookstore.web.tests.browser import Visit, assert_fits
from catalog import services
from catalog.models import Offer
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}


@pytest.fixture
def staff(transactional_db: None) -> User:
    return StaffFactory()


def open_book(page: Page, isbn: str, title: str) -> None:
    page.get_by_placeholder("Title, author, or ISBN in any form").fill(isbn)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]q="))  # the list before has that link too
    page.get_by_role("link", name=title).click()
    expect(page.locator("[name=title]")).to_have_value(title)


def test_staff_find_a_book_and_correct_its_stock_while_it_is_being_sold(visit: Visit, staff: User) -> None:
    offer = OfferFactory(book=BookFactory(title="Emma", isbn="9780306406157"), stock_quantity=5)
    page = visit("/admin/catalog/book/", user=staff)

    open_book(page, "0-306-40615-2", "Emma")
    services.take_stock({offer.pk: 4}, order_number="A-1")
    page.locator("[name=offers-0-stock_change]").fill("-2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("There are not that many copies left.")).to_be_visible()
    page.locator("[name=offers-0-stock_change]").fill("+2")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Offer.objects.get().stock_quantity == 3


def test_staff_add_an_offer(visit: Visit, staff: User) -> None:
    book = BookFactory(title="Emma")
    SellerFactory(name="The Attic")
    page = visit(reverse("admin:catalog_book_change", args=[book.pk]), user=staff)

    page.get_by_text("Add another New offer").click()
    page.locator(".field-seller [role=combobox]").last.click()
    page.locator(".select2-search__field").fill("attic")
    page.get_by_role("option", name="The Attic").click()
    page.locator("[name=offers-2-0-price]").fill("7.50")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Offer.objects.get().price == Decimal("7.50")


def test_staff_change_stock_in_the_list_and_then_all_prices_of_what_it_shows(visit: Visit, staff: User) -> None:
    offer = OfferFactory(book=BookFactory(title="Emma"), seller=services.store_seller(), stock_quantity=5)
    page = visit("/admin/catalog/book/", user=staff, viewport=TABLET)

    save = page.get_by_role("button", name="Save the stock")
    expect(save).to_be_hidden()
    page.get_by_label("Change the stock of Emma by").fill("+3")
    expect(save).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The stock of 1 book is changed.")).to_be_visible()

    page.get_by_role("link", name="Change prices").click()
    page.get_by_label("Per cent").fill("10")
    page.get_by_label("Round the new price").select_option("99")
    page.get_by_role("button", name="Look first").click()
    expect(page.get_by_role("row", name="Emma")).to_contain_text("€10.99")
    assert_fits(page)
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_text("done", exact=True)).to_be_visible()
    offer.refresh_from_db()
    assert (offer.stock_quantity, offer.price) == (8, Decimal("10.99"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_without_complaint_and_fits_a_tablet(visit: Visit, staff: User, scheme: str) -> None:
    OfferFactory(book=BookFactory(genre=GenreFactory(), series=SeriesFactory()))
    page = visit("/admin/", user=staff, scheme=scheme, viewport=TABLET)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = model._default_manager.all()[:1]
        for path in [reverse(f"{name}_changelist"), *(reverse(f"{name}_change", args=[row.pk]) for row in rows)]:
            page.goto(path)
            expect(page.locator("#content")).to_be_visible()
            assert_fits(page)
