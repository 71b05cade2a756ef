"""Every answer fits the OpenAPI document, and no input, however odd, ends in a server error."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from bookstore.core.tests.contract import check, schema, staff_session
from catalog.tests.factories import BookFactory
from prebooking.models import Prebook
from prebooking.tests.factories import PrebookFactory

__all__ = ["staff_session"]


@pytest.fixture
def some_prebooks(db: None) -> None:
    BookFactory(), PrebookFactory(), PrebookFactory()


@schema.include(path_regex=r"^/api/v1/(admin/)?prebooks\b").parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_documented(
    case: schemathesis.Case, some_prebooks: None, staff_session: dict[str, str]
) -> None:
    check(case, staff_session, {"prebooks": Prebook})
