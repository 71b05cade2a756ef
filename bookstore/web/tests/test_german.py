"""Every page speaks German to whoever chose it, and prices are written as Germans write them."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from bookstore.web.tests.addresses import PAGES, arguments_for
from bookstore.web.tests.readers import PROVIDERS, client_for
from bookstore.web.tests.shop import Shop, open_shop
from catalog.prices import format_price


@pytest.mark.django_db
def test_every_page_speaks_german(settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = PROVIDERS
    shop = open_shop()
    assert shop.order.user == shop.reader  # made here, as what a page's example adds is taken back

    spoken = {name: language_of_page(name, shop) for name in PAGES}

    assert spoken == dict.fromkeys(PAGES, "de")


def language_of_page(name: str, shop: Shop) -> str:
    """Visit a page as one who has chosen German, leave nothing behind, and return which language it was in."""
    before = transaction.savepoint()
    shop.reader.refresh_from_db()
    path = reverse(name, args=arguments_for(name, shop))
    is_for_readers = Client().get(path).status_code == 302
    client = client_for(name, shop.reader, is_for_readers=is_for_readers)
    client.cookies["language"] = "de"
    page = client.get(path)
    transaction.savepoint_rollback(before)
    assert page.status_code == 200, name
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", ")), name
    language = page.headers["Content-Language"]
    return language if f'<html lang="{language}"' in page.text else f"{language} without saying so"


@pytest.mark.parametrize(
    ("currency", "english", "german"),
    [
        ("EUR", "€1,234.50", "1.234,50\N{NO-BREAK SPACE}€"),
        ("CHF", "CHF\N{NO-BREAK SPACE}1,234.50", "1.234,50\N{NO-BREAK SPACE}CHF"),
    ],
)
def test_prices_are_written_as_the_reader_does(currency: str, english: str, german: str) -> None:
    with override("en"):
        assert format_price(Decimal("1234.50"), currency) == english
    with override("de"):
        assert format_price(Decimal("1234.50"), currency) == german
