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


def test_redoc_shows_and_searches_the_operations(visit: Visit) -> None:
    page = visit("/api/redoc")
    expect(page.get_by_role("heading", name="Responses").first).to_be_visible()
    page.get_by_placeholder("Search").fill("retrieve")
    expect(page.locator("[data-role='search:results']")).to_be_visible()
