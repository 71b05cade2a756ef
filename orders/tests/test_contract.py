"""Every answer fits the OpenAPI document, and no input, however odd, ends in a server error."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from accounts.models import User
from bookstore.core.tests.contract import check, schema, staff_session
from orders.models import Order
from orders.services import check_out
from orders.tests.factories import bought, fill, offer_of, paying

__all__ = ["staff_session"]


@pytest.fixture
def some_orders(staff_session: dict[str, str]) -> dict[str, str]:
    """Orders of staff and of others, and something in the staff's cart; returns the staff's cookies."""
    staff = User.objects.get()
    fill(staff, offer_of())
    check_out(staff, paying())
    bought(offer_of())
    fill(staff, offer_of(50))
    return staff_session


@schema.include(path_regex=r"^/api/v1/((admin/)?orders|admin/sales)\b").parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_documented(case: schemathesis.Case, some_orders: dict[str, str]) -> None:
    check(case, some_orders, {"orders": Order, "admin": Order})
