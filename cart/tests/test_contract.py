"""Every answer fits the OpenAPI document, and no input, however odd, ends in a server error."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from bookstore.core.tests.contract import check, schema, staff_session
from cart import services
from cart.models import Cart
from cart.services import Shopper
from catalog.tests.factories import OfferFactory

__all__ = ["staff_session"]


@pytest.fixture
def a_cart(db: None) -> None:
    guest: Any = services.add_guest(services.new_token())
    for _ in range(2):
        services.add_item(Shopper(guest_id=guest.pk), OfferFactory(stock_quantity=9).book_id)


@schema.include(path_regex=r"^/api/v1/carts?\b").parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_documented(case: schemathesis.Case, a_cart: None, staff_session: dict[str, str]) -> None:
    check(case, staff_session, {"cart": Cart})
