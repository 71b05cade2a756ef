"""The dashboard in a real browser: it can be read by everybody, fits a phone, and its buttons work."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core.audit import run_audit
from bookstore.core.models import Mail
from bookstore.staff.tests.test_dashboard import failed_job, given_up, statuses
from bookstore.web.tests.browser import ACCESSIBILITY, PHONE, Visit, assert_fits
from catalog.search.missed import note_missed
from catalog.tests.factories import BookFactory
from orders.tests.factories import bought, offer_of
from prebooking.services import create_prebook

pytestmark = pytest.mark.browser


@pytest.fixture
def boss(transactional_db: None) -> User:
    """Somebody who may see everything, in a shop where everything has something to show."""
    order = bought(offer_of(1, "1234.50", book=BookFactory(title="A book with quite a long title " * 5)))
    create_prebook(UserFactory(), order.items.get().book_id)
    note_missed("zebras and other animals of the savannah")
    failed_job()
    given_up("somebody.with.a.very.long.address@mailbox.example.com")
    run_audit()
    return StaffFactory.create()


def assert_panels_are_accessible(page: Page) -> None:
    found = Axe().run(page, context=".dashboard", options=ACCESSIBILITY)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dashboard_is_accessible_and_fits_a_phone_in_every_language(visit: Visit, boss: User, scheme: str) -> None:
    page = visit("/admin/", user=boss, scheme=scheme)
    assert_panels_are_accessible(page)
    page.set_viewport_size(PHONE)
    for language in dict(settings.LANGUAGES):
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.url}])
        page.reload()
        expect(page.locator(".dashboard section")).to_have_count(13)
        assert_fits(page)
        assert_panels_are_accessible(page)


def test_what_failed_is_tried_again_by_a_click(visit: Visit, boss: User) -> None:
    page = visit("/admin/", user=boss)
    page.get_by_role("button", name="Try again: delete_old_jobs").click()
    expect(page.get_by_text("1 job will be tried again.")).to_be_visible()
    page.get_by_role("button", name="Send all again").click()
    expect(page.get_by_text("1 mail will be sent again.")).to_be_visible()
    expect(page.get_by_text("None.")).to_have_count(2)
    assert statuses() == ["todo"] and not Mail.objects.failed().exists()
