"""Every answer fits the OpenAPI document, and no input, however odd, ends in a server error."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from bookstore.core.tests.contract import check, schema, staff_session
from catalog.models import Book, Contributor, Genre, Offer, Seller
from catalog.tests.factories import GenreFactory, OfferFactory

__all__ = ["staff_session"]

EXAMPLES: dict[str, Any] = {
    "authors": Contributor, "books": Book, "genres": Genre, "offers": Offer, "sellers": Seller,
}  # fmt: skip


@pytest.fixture
def a_shop(db: None) -> None:
    for _ in range(3):
        OfferFactory(book__genre=GenreFactory())


@schema.include(path_regex=f"^/api/v1/({'|'.join(EXAMPLES)}|admin/inventory)\\b").parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_documented(case: schemathesis.Case, a_shop: None, staff_session: dict[str, str]) -> None:
    check(case, staff_session, EXAMPLES)
