"""How the tests use the pages of an account."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import PASSWORD
from bookstore.core.models import Mail

EMAIL = "ada@example.com"
SIGN_IN = "/accounts/login/"


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD, **more: str) -> Any:
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def is_in(client: Client) -> bool:
    """Tell whether the shop takes this browser for somebody's."""
    return client.get("/accounts/").status_code == 200


def prove(client: Client, password: str = PASSWORD) -> Any:
    """Give the password again, as is asked before what a thief of a session would do."""
    return client.post("/accounts/reauthenticate/", {"password": password})


def faults(answer: Any) -> dict[str, list[str]]:
    """Return what a form says is wrong, by field."""
    assert answer.status_code == 200, answer.status_code
    return {name: list(sentences) for name, sentences in answer.context["form"].errors.items()}


def told(client: Client, path: str = "/") -> list[str]:
    """Return the messages that wait for this browser."""
    return [str(message) for message in client.get(path).context["messages"]]


def path_in_mail(to: str = EMAIL) -> str:
    """Return the path of the link in the last mail to somebody; its address must be the shop's own."""
    text = Mail.objects.filter(to=to).latest("pk").text
    found = re.search(r"http://localhost:8000(/accounts/\S+)", text)
    assert found, text
    return urlsplit(found[1]).path


def queries_of(client: Client, path: str) -> int:
    """Count what a page asks of the database."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)
