"""The OpenAPI document, and what an answer has to be to fit it."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.db.models import Model
from django.test import Client
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.tests.factories import StaffFactory

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_wsgi("/api/schema?format=json", get_wsgi_application())


@pytest.fixture
def staff_session(db: None) -> Iterator[dict[str, str]]:
    """The cookies of staff; a request leaves the test's connection open, as with Django's own test client."""
    browser = Client()
    browser.force_login(StaffFactory())
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield {"sessionid": browser.cookies["sessionid"].value, "csrftoken": "a" * 32}
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


def check(case: schemathesis.Case, session: dict[str, str], examples: dict[str, type[Model]]) -> None:
    """
    Make the call and hold the answer against the document.

    `examples` has, by the first part of the path, the model whose row every other id in the path is to be.
    """
    case.cookies = session
    case.headers["X-CSRFToken"] = session["csrftoken"]
    model: Any = examples.get(case.path.split("/")[3])
    row = model.objects.order_by("pk").first() if model else None
    for name, number in case.path_parameters.items():
        if row and isinstance(number, int) and number % 2:
            case.path_parameters[name] = row.pk
    case.call_and_validate(checks=CHECKS)
