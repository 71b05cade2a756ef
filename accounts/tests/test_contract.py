"""Every answer fits the OpenAPI document, and no input, however odd, ends in a server error."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from accounts.models import Kind, Notification, User
from accounts.services import notify
from accounts.tests.factories import UserFactory
from bookstore.core.tests.contract import check, schema, staff_session

__all__ = ["staff_session"]

ROUNDS = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def no_limits(settings: Any) -> None:
    settings.RATE_LIMITS = False


@schema.include(path_regex=r"^/api/v1/(auth|admin|notifications)\b").parametrize()
@ROUNDS
def test_every_call_answers_as_documented(
    case: schemathesis.Case, no_limits: None, staff_session: dict[str, str]
) -> None:
    notify(Kind.PRICE_DROP, User.objects.values_list("pk", flat=True), title="Less", body="", url="/")
    UserFactory()
    check(case, staff_session, {"admin": User, "notifications": Notification})


def test_every_call_is_described():
    described = {(path, method.upper()) for path, calls in schema.raw_schema["paths"].items() for method in calls}
    assert {call for call in described if call[0].startswith(("/api/v1/auth/", "/api/v1/admin/"))} >= {
        ("/api/v1/auth/register", "POST"),
        ("/api/v1/auth/login", "POST"),
        ("/api/v1/auth/mfa", "POST"),
        ("/api/v1/auth/refresh", "POST"),
        ("/api/v1/auth/logout", "POST"),
        ("/api/v1/auth/me", "GET"),
        ("/api/v1/auth/me", "PATCH"),
        ("/api/v1/auth/password/reset", "POST"),
        ("/api/v1/auth/password/reset/confirm", "POST"),
        ("/api/v1/auth/password/change", "POST"),
        ("/api/v1/admin/users", "GET"),
        ("/api/v1/admin/users/{id}/deactivate", "PATCH"),
        ("/api/v1/admin/users/{id}/reactivate", "PATCH"),
    }


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("register", {"201", "400", "409", "429", "503"}),
        ("login", {"200", "400", "401", "429", "503"}),
        ("mfa", {"200", "400", "401", "429"}),
        ("refresh", {"200", "400", "401", "429"}),
        ("logout", {"204", "400", "401"}),
        ("password/reset", {"204", "400", "429"}),
        ("password/reset/confirm", {"204", "400", "429"}),
        ("password/change", {"204", "400", "401", "403", "429"}),
    ],
)
def test_a_call_is_described_with_its_errors(path, statuses):
    assert schema.raw_schema["paths"][f"/api/v1/auth/{path}"]["post"]["responses"].keys() >= statuses


def test_who_calls_is_described():
    assert schema.raw_schema["components"]["securitySchemes"]["bearerAuth"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    paths = schema.raw_schema["paths"]
    assert {"bearerAuth": []} in paths["/api/v1/auth/me"]["get"]["security"]
    assert paths["/api/v1/auth/login"]["post"]["security"] == [{}]
