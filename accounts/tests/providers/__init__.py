"""Google and GitHub for tests: real processes on loopback, and the person who sits before them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from bookstore.core.tests.processes import PATIENCE, Process


class Provider:
    """A provider as tests see it; a person is known there by a name."""

    name: str

    def __init__(self, url: str):
        self.url = url

    def know(self, person: str, email: str | None, *, is_verified: bool = True, full_name: str = "") -> None:
        """Have an account there for the person."""
        raise NotImplementedError

    def consent(self, address: str, person: str) -> str:
        """Let the person allow what is asked; return where their browser is sent."""
        raise NotImplementedError

    def deny(self, address: str) -> str:
        """Let the person decline; return where their browser is sent."""
        raise NotImplementedError

    def click(self, address: str, **form: str) -> str:
        answer = requests.post(address, data=form, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


class Google(Provider):
    name = "google"

    def know(self, person: str, email: str | None, *, is_verified: bool = True, full_name: str = "") -> None:
        said = {"email": email, "email_verified": is_verified} if email else {}
        self.tell(person, {**said, "name": full_name})

    def tell(self, person: str, claims: dict[str, Any]) -> None:
        requests.put(f"{self.url}/users/{person}", json=claims, timeout=PATIENCE).raise_for_status()

    def consent(self, address: str, person: str) -> str:
        return self.click(address, sub=person)

    def deny(self, address: str) -> str:
        return self.click(address, action="deny")


class GitHub(Provider):
    name = "github"

    def know(self, person: str, email: str | None, *, is_verified: bool = True, full_name: str = "") -> None:
        mails = [{"email": email, "primary": True, "verified": is_verified, "visibility": "private"}] if email else []
        self.tell(person, mails, full_name)

    def tell(self, person: str, mails: list[dict[str, Any]], full_name: str = "") -> None:
        number = sum(person.encode())
        user = {"id": number, "name": full_name or None, "email": None}
        self.put("people", {person: {"user": user, "emails": mails}})

    def fail(self, path: str, **how: Any) -> None:
        """Answer a path with `status`, `body`, `after` seconds; only that one."""
        self.put("failing", {path: how} if how else {})

    def put(self, what: str, told: dict[str, Any]) -> None:
        requests.put(f"{self.url}/told/{what}", json=told, timeout=PATIENCE).raise_for_status()

    def consent(self, address: str, person: str) -> str:
        return self.click(address, login=person)

    def deny(self, address: str) -> str:
        return self.click(address, cancel="1")


@contextmanager
def running(module: str) -> Iterator[int]:
    """Run a provider's process until the end of the block; its port is given."""
    process = Process("-m", f"{__name__}.{module}", stderr=subprocess.DEVNULL)
    try:
        yield int(process.line())
    finally:
        process.end()
