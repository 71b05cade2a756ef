import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_reader_signs_in_by_e_mail_in_any_case_and_out_again(client: Client) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)

    response = client.post("/accounts/login/", {"username": "Ada@Example.com", "password": PASSWORD, "next": "/books/"})

    assert response.url == "/books/"  # type: ignore[attr-defined]
    assert "Sign out" in client.get("/").text
    client.post("/accounts/logout/")
    assert Session.objects.count() == 0


def test_wrong_password_is_told_without_saying_who_exists(client: Client) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)

    answers = [
        client.post("/accounts/login/", {"username": email, "password": "wrong"}).context["form"].errors
        for email in ("ada@example.com", "ben@example.com")
    ]

    assert answers[0] == answers[1]
    assert "__all__" in answers[0]


def test_signing_in_leads_nowhere_else(client: Client) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)

    response = client.post(
        "/accounts/login/", {"username": "ada@example.com", "password": PASSWORD, "next": "https://evil.example/"}
    )

    assert response.url == "/"  # type: ignore[attr-defined]
