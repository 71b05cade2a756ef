"""What must be true of every page, taken from the URLconf, so that a new one cannot be forgotten."""

from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.shortcuts import render
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from playwright.sync_api import Page

from bookstore.web.seo.sitemaps import PART
from bookstore.web.tests.addresses import OTHERS, PAGES, arguments_for
from bookstore.web.tests.browser import DESKTOP, PHONE, Visit, assert_accessible, assert_fits
from bookstore.web.tests.readers import PROVIDERS, client_for
from bookstore.web.tests.shop import open_shop
from catalog.covers import cover_key


@pytest.fixture
def see(visit: Visit, settings: Any) -> Visit:
    """Visit a page by its name, as one to whom it is shown."""
    shop = open_shop()
    settings.SOCIALACCOUNT_PROVIDERS = PROVIDERS

    def see(name: str, **options: Any) -> Page:
        path = reverse(name, args=arguments_for(name, shop))
        is_for_readers = Client().get(path).status_code == 302
        client = client_for(name, shop.reader, is_for_readers=is_for_readers)
        page = visit(path, client=client, **options)
        assert page.url.endswith(path)
        return page

    return see


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(see: Visit, name: str, scheme: str) -> None:
    page = see(name, scheme=scheme)

    assert_accessible(page)


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone_in_every_language_and_every_zoom(see: Visit, name: str) -> None:
    page = see(name, viewport=PHONE)

    for language in dict(settings.LANGUAGES):
        speak(page, language)
        assert_fits(page)
        assert_accessible(page)
        assert_fits_when_zoomed(page)


def assert_fits_when_zoomed(page: Page) -> None:
    """Look at the page as at a desk at 200 %, by the browser's zoom and by letters alone. Source: WCAG 2.2, 1.4.4."""
    page.set_viewport_size({"width": DESKTOP["width"] // 2, "height": DESKTOP["height"] // 2})
    assert_fits(page)
    page.set_viewport_size(DESKTOP)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert_fits(page)
    page.set_viewport_size(PHONE)


def speak(page: Page, language: str) -> None:
    """Load the page again as for who has chosen this language."""
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.url}])
    page.reload()
    assert page.locator("html").get_attribute("lang") == language


NUMBERED = (
    "accounts:default_address", "accounts:delete_address", "cart:change", "cart:remove", "notifications:follow",
    "orders:again", "orders:cancel", "orders:invoice_pdf", "web:move_to_cart", "wishlist:heart", "wishlist:remove",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(OTHERS))
def test_what_is_left_out_is_no_page(client: Client, name: str, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = PROVIDERS
    shop = open_shop()
    book = shop.book
    arguments = {
        **dict.fromkeys(NUMBERED, [1]),
        "catalog:cover": [book.pk, cover_key(book.title, book.byline)],
        "prebooking:cancel": [1],
        "web:new_in_genre": [shop.genre.slug],
        "web:sitemap_part": ["genres", shop.genre.pk // PART],
        "web:media": [default_storage.save("covers/windy.png", ContentFile(b""))],
    }

    response = client.get(reverse(name, args=arguments.get(name, [])))

    is_html = response.headers["Content-Type"].startswith("text/html")
    assert response.status_code == 405 or not is_html or "<html" not in response.text


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html", "429.html", "500.html", "503.html"])
def test_error_page_is_accessible(visit: Visit, template: str, scheme: str) -> None:
    page = visit("about:blank", scheme=scheme, viewport=PHONE)
    answer = render(RequestFactory().get("/"), template, {"detail": "No.", "request_id": "0a1b" * 8})
    page.route("**/broken/", lambda route: route.fulfill(body=answer.content, content_type="text/html"))

    page.goto("/broken/")

    assert_accessible(page)
    assert_fits(page)


@pytest.mark.parametrize("template", ["500.html", "503.html"])
def test_page_of_a_broken_shop_needs_no_request_and_no_database(template: str) -> None:
    page = render_to_string(template)

    assert "<h1>" in page
    assert "/static/css/shop.css" in page
