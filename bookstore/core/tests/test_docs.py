"""The documentation in a real browser; `visit` fails a test on any breach of the content security policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]


def test_swagger_ui_shows_the_operations_and_tries_them_out(visit: Visit) -> None:
    page = visit("/api/docs")
    page.locator(".opblock-get", has=page.locator('[data-path="/api/v1/books"]')).click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status")).to_have_text("200")


def test_redoc_finds_an_operation_and_shows_its_answers(visit: Visit) -> None:
    page = visit("/api/redoc")
    # It draws all operations at once, and makes its index after: both take as long as they take.
    page.get_by_placeholder("Search").fill("by-key")
    page.locator("[data-role='search:results'] [role=menuitem]").first.click()
    found = page.locator('[data-section-id="tag/orders/operation/orders_by_key_retrieve"]')
    expect(found.get_by_role("heading", name="Responses")).to_be_in_viewport()
