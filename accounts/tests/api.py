"""How the tests speak to the API."""

import re
from typing import Any

from rest_framework.test import APIClient

from accounts import services
from accounts.models import User
from accounts.tests.factories import PASSWORD
from accounts.tokens import Tokens
from bookstore.core.models import Mail

BOOKS = "/api/v1/books"
ME = "/api/v1/auth/me"


def call(path: str, body: Any = None, method: str = "post", **headers: str) -> Any:
    """Call `/api/v1/<path>` as a client that keeps nothing, and sends what is in `headers`."""
    return getattr(APIClient(), method)(f"/api/v1/{path}", body or {}, headers=headers)


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["code"]


def fields_at_fault(answer: Any) -> list[str]:
    assert problem(answer) == (400, "VALIDATION_ERROR"), answer.content
    return [error["field"] for error in answer.json()["errors"]]


def login(email: str, password: str = PASSWORD) -> Any:
    return call("auth/login", {"email": email, "password": password})


def refresh(token: str) -> Any:
    return call("auth/refresh", {"refresh_token": token})


def tokens_of(user: User) -> Tokens:
    """Sign a user in as the login does, without its password's hash."""
    return services.open_session(user, APIClient().get("/healthz").wsgi_request)


def bearer(token: str) -> APIClient:
    """Return a client that sends this access token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def client_of(user: User) -> APIClient:
    return bearer(tokens_of(user).access_token)


def link_in_the_mail() -> tuple[str, str]:
    """Return uid and token of the link that resets a password, in the newest mail."""
    match = re.search(r"/accounts/password/reset/key/([0-9a-z]+)-([^/]+)/", Mail.objects.latest("pk").text)
    assert match
    return match[1], match[2]
