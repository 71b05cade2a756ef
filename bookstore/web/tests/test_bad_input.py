"""Whatever is typed into an address, a reader gets a page and never a server error."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstore.web.tests.addresses import FORMS, PAGES, arguments_for
from bookstore.web.tests.shop import open_shop

pytestmark = pytest.mark.django_db

NAMES = (
    "page", "size", "cursor", "sort", "genre", "author", "seller", "min_price", "max_price", "in_stock", "format",
    "language", "published_after", "published_before", "q", "next",
)  # fmt: skip
ODD = (
    "", " ", "0", "-1", "1.5", "1e999", "NaN", "9" * 30, "true", "[]", "' OR 1=1 --", "%", "_", "\\",
    "<script>", "../../etc",
    "x" * 2000, "\x01", "\ufeff", "\U0001f4da", "שלום", "٣", "2020-02-30", "0000-00-00", "//evil.example", "zh-Hant-TW",
)  # fmt: skip


def assert_is_a_page(response: Any) -> None:
    assert response.status_code in {200, 301, 302, 400, 404}
    if response.status_code not in {301, 302}:
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", PAGES)
def test_page_takes_any_parameter(client: Client, name: str) -> None:
    path = reverse(name, args=arguments_for(name, open_shop()))
    for value in ODD:
        assert_is_a_page(client.get(path, dict.fromkeys(NAMES, value)))


@pytest.mark.parametrize("parameter", NAMES)
def test_list_takes_any_value(client: Client, parameter: str) -> None:
    for value in ODD:
        assert_is_a_page(client.get("/books/", {parameter: value}))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=st.dictionaries(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=["Cs"]), max_size=50)))
def test_list_takes_any_combination_of_parameters(client: Client, params: dict[str, str]) -> None:
    assert_is_a_page(client.get("/books/", params))


@pytest.mark.parametrize("address", ["/books/?genre=%00", "/books/?author=%ff", "/?%ed%a0%80", "/books/%00/x/"])
def test_an_unreadable_address_is_refused_with_a_page(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code in {400, 404}
    assert "<h1" in response.text


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere/", "/books/0/x/", f"/books/{'9' * 30}/x/", "/books/x/", "/authors/0/x/", f"/authors/{'9' * 30}/x/",
        "/genres/nowhere/", "/sellers/nowhere/", "/covers/1-x.svg", f"/covers/{'9' * 30}-abc.svg", "/books/?page=99",
    ],
)  # fmt: skip
def test_an_unknown_address_is_a_friendly_page(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "<h1" in response.text


@pytest.mark.parametrize("name", [name for name in PAGES if name not in FORMS])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_page_that_is_only_read_refuses_writes(client: Client, name: str, method: str) -> None:
    path = reverse(name, args=arguments_for(name, open_shop()))
    assert getattr(client, method)(path).status_code == 405


def test_a_forged_form_is_refused_with_a_page() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@b.c", "password": "x"})
    assert response.status_code == 403
    assert "load the page again" in response.text


@pytest.mark.parametrize("email", ["", "\x00", "x" * 5000, "' OR 1=1", "\U0001f4da@example.com"])
def test_odd_credentials_are_refused_with_the_form(client: Client, email: str) -> None:
    response = client.post("/accounts/login/", {"login": email, "password": "\x00" * 10})
    assert response.status_code == 200
    assert "<form" in response.text
