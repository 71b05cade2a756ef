"""The delivery desk in a real browser, by a scanner: it types digits and presses Enter, and waits for nobody."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import User
from accounts.tests.factories import StaffFactory
from bookstore.web.tests.browser import ACCESSIBILITY, PHONE, Visit, assert_fits, cookies_of
from catalog import services
from catalog.models import Delivery, Offer
from catalog.tests.factories import BookFactory, OfferFactory

pytestmark = pytest.mark.browser

EMMA, MATILDA, UNKNOWN = "9780306406157", "9780140328721", "9783161484100"


@pytest.fixture
def staff(transactional_db: None) -> User:
    return StaffFactory()


@pytest.fixture
def emma(staff: User) -> Offer:
    book = BookFactory(title="Emma", isbn=EMMA)
    return OfferFactory(book=book, seller=services.store_seller(), stock_quantity=0)


def shoot(page: Page, *isbns: str) -> None:
    for isbn in isbns:
        page.keyboard.type(isbn)
        page.keyboard.press("Enter")


def assert_desk_is_accessible(page: Page) -> None:
    """Find nothing by axe in what is ours; around it is the theme."""
    found = Axe().run(page, "#desk", ACCESSIBILITY)
    assert found.violations_count == 0, found.generate_report()


def test_a_scanner_that_waits_for_nobody_loses_nothing(visit: Visit, staff: User, emma: Offer) -> None:
    page = visit("/admin/receiving/", user=staff)
    expect(page.locator("[name=reference]")).to_be_focused()
    shoot(page, "LS 4711")
    expect(page.locator("[name=isbn]")).to_be_focused()
    page.wait_for_load_state()  # the focus may be there before the script of the desk is

    shoot(page, EMMA, "", EMMA, UNKNOWN, EMMA, "978030640615", EMMA)

    expect(page.locator("#received + p")).to_have_text("1 title, 4 copies")
    expect(page.locator("[name=isbn]")).to_be_focused()
    expect(page.locator("[role=status]")).to_have_text("“Emma”: +1, now 4 in stock.")
    page.get_by_role("button", name="Take one copy of Emma back").click()
    expect(page.locator("#received + p")).to_have_text("1 title, 3 copies")
    expect(page.locator("[name=isbn]")).to_be_focused()
    assert (Offer.objects.get().stock_quantity, Delivery.objects.get().kept_aside.get().isbn) == (3, UNKNOWN)
    assert_desk_is_accessible(page)


@pytest.fixture
def page_of_a_weak_network(chromium: Browser, live_server: Any, staff: User) -> Iterator[Page]:
    """A page of the staff's whose console may complain of answers that are lost, unlike that of a `visit`."""
    client = Client()
    client.force_login(staff)
    with chromium.new_context(base_url=live_server.url) as context:
        context.add_cookies(cookies_of(client, live_server.url))
        yield context.new_page()


def test_scans_wait_while_the_shop_cannot_be_reached_and_count_once(page_of_a_weak_network: Page, emma: Offer) -> None:
    page = page_of_a_weak_network
    page.goto(services.open_delivery(emma.seller_id, "LS 4711").get_absolute_url())
    lost, sent = [], []

    def answers_are_lost(route: Route) -> None:
        if not lost:
            route.fetch(max_redirects=0)
        lost.append(route.request.post_data)
        route.abort()

    def answers_come(route: Route) -> None:
        sent.append(route.request.post_data)
        route.continue_()

    page.route("**/desk/scan/", answers_are_lost)
    shoot(page, EMMA)
    expect(page.locator("#desk-waiting")).to_contain_text(EMMA)
    shoot(page, EMMA)
    expect(page.locator("#desk-waiting")).to_contain_text(f"{EMMA}, {EMMA}")

    page.route("**/desk/scan/", answers_come)  # from now on, in the place of the other
    expect(page.locator("#received + p")).to_have_text("1 title, 2 copies")
    expect(page.locator("#desk-waiting")).to_be_hidden()
    assert set(lost) == {sent[0]} != {sent[1]}
    assert Offer.objects.get().stock_quantity == 2


def test_the_desk_works_without_scripts(visit: Visit, staff: User, emma: Offer) -> None:
    delivery = services.open_delivery(emma.seller_id, "LS 4711")
    page = visit(delivery.get_absolute_url(), user=staff, javascript=False, viewport=PHONE)

    for count in (1, 2):
        expect(page.locator("[name=isbn]")).to_be_focused()
        shoot(page, EMMA)
        expect(page.locator("#desk-news")).to_have_text(f"“Emma”: +1, now {count} in stock.")
    page.get_by_role("button", name="Undo the line of Emma").click()
    expect(page.locator("#desk-news")).to_have_text("Undone: 2 copies were taken back.")

    assert Offer.objects.get().stock_quantity == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_a_delivery_is_accessible_and_fits_a_phone(
    visit: Visit, staff: User, emma: Offer, scheme: str
) -> None:
    BookFactory(title="Matilda", isbn=MATILDA)
    delivery = services.open_delivery(emma.seller_id, "LS 4711")
    for isbn in (EMMA, EMMA, MATILDA, UNKNOWN):
        services.receive_copies(delivery.pk, isbn)
    page = visit(delivery.get_absolute_url(), user=staff, scheme=scheme, viewport=PHONE)
    for path in [delivery.get_absolute_url(), "/admin/receiving/", f"/admin/catalog/delivery/{delivery.pk}/close/"]:
        page.goto(path)
        expect(page.locator("#content")).to_be_visible()
        assert_fits(page)
    page.goto(delivery.get_absolute_url())
    shoot(page, "abc")
    expect(page.locator("#desk-news [data-level=error]")).to_be_visible()
    assert_desk_is_accessible(page)
