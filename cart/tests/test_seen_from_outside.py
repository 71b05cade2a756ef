"""What operators see of the carts: counters and one log line for each change."""

import logging
from typing import Any

import pytest
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from accounts.tests.factories import UserFactory
from cart.models import CartItem
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db

NAMES = ["cart_create", "cart_add", "cart_update", "cart_remove", "cart_item_conflict"]
ITEMS = "/api/v1/cart/items"


def counts() -> list[float]:
    return [REGISTRY.get_sample_value(f"{name}_total") or 0 for name in NAMES]


def events(caplog: Any) -> list[dict[str, Any]]:
    return [record.msg for record in caplog.records if isinstance(record.msg, dict) and "cart_id" in record.msg]


def test_every_change_is_counted(django_capture_on_commit_callbacks):
    client, offer, before = APIClient(), OfferFactory(stock_quantity=9), counts()
    client.force_login(UserFactory())
    with django_capture_on_commit_callbacks(execute=True):
        for _each in range(2):
            client.post(ITEMS, {"book_id": offer.book_id})
        client.post(ITEMS, {"book_id": offer.book_id, "quantity": 20})
        line = f"{ITEMS}/{CartItem.objects.get().pk}"
        client.put(line, {"quantity": 3})
        client.delete(line)
    # Begun once; added twice, of which one met the line; one refused by the limit.
    assert [after - first for after, first in zip(counts(), before, strict=True)] == [1, 2, 1, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_change_is_logged_with_all_that_names_it(caplog):
    caplog.set_level(logging.INFO)
    offer = OfferFactory(stock_quantity=9)
    APIClient().post(ITEMS, {"book_id": offer.book_id, "quantity": 2}, headers={"X-Request-ID": "abc-1"})
    (line,) = events(caplog)
    item = CartItem.objects.get()
    told = {name: line[name] for name in ("event", "cart_id", "book_id", "offer_id", "quantity", "guest", "request_id")}
    assert told == {
        "event": "cart.added", "cart_id": item.cart_id, "book_id": offer.book_id, "offer_id": offer.pk, "quantity": 2,
        "guest": item.cart.guest_id, "request_id": "abc-1",
    }  # fmt: skip


def test_a_token_is_in_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    response = APIClient().post(ITEMS, {"book_id": OfferFactory().book_id}, headers={"X-Cart-Token": "new"})
    token = response["X-Cart-Token"]
    APIClient().get("/api/v1/cart", headers={"X-Cart-Token": token})
    assert token not in caplog.text
