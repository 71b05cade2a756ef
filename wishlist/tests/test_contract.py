"""Every answer fits the OpenAPI document, and no input, however odd, ends in a server error."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from accounts.models import User
from bookstore.core.tests.contract import check, schema, staff_session
from catalog.models import Book
from catalog.tests.factories import OfferFactory
from wishlist import services

__all__ = ["staff_session"]


@pytest.fixture
def a_wish(staff_session: dict[str, str]) -> None:
    services.add_wish(User.objects.get(), OfferFactory().book_id)


@schema.include(path_regex="^/api/v1/wishlist").parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_documented(case: schemathesis.Case, a_wish: None, staff_session: dict[str, str]) -> None:
    check(case, staff_session, {"wishlist": Book})
