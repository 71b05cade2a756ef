"""Coming in by e-mail and password, and going out."""

from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import services
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from accounts.tests.pages import SIGN_IN, faults, is_in, sign_in
from bookstore.core.rate_limits import RULES

pytestmark = pytest.mark.django_db


def test_a_reader_signs_in_by_e_mail_in_any_case_and_out_again(client: Client) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)

    assert sign_in(client, "Ada@Example.com", next="/books/").url == "/books/"
    assert is_in(client)
    client.post("/accounts/logout/")

    assert not is_in(client)
    assert Session.objects.count() == 0


def test_nobody_is_signed_out_by_a_link(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/accounts/logout/").status_code == 405
    assert is_in(client)


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("gone@example.com", PASSWORD),
     ("gone@example.com", "wrong"), ("google@example.com", PASSWORD)],
)  # fmt: skip
def test_whatever_is_wrong_the_page_says_the_same_and_hashes_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, email: str, password: str
) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)
    UserFactory(email="gone@example.com", password=PASSWORD, is_active=False)
    UserFactory(email="google@example.com", password=None)
    hashed: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: hashed.append("made") or encode(*args))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: hashed.append("checked") or verify(*args))

    assert faults(sign_in(client, email, password)) == {"__all__": ["E-mail or password is not right."]}
    assert (len(hashed), is_in(client)) == (1, False)


def test_there_is_no_page_for_the_deactivated(client: Client) -> None:
    assert client.get("/accounts/inactive/").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "https:evil.example", "/\\evil.example", "javascript:alert(1)",
     "http://localhost/", "ftp://testserver/"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(client: Client, address: str) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)
    assert sign_in(client, next=address).url == "/"


@pytest.mark.parametrize("header", ["HTTP_ACCEPT", "HTTP_X_REQUESTED_WITH"])
def test_the_page_is_a_page_for_everyone(client: Client, header: str) -> None:
    answer = client.get(SIGN_IN, **{header: "application/json" if header == "HTTP_ACCEPT" else "XMLHttpRequest"})
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_session_from_before_is_not_carried_in(client: Client) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted

    sign_in(client)

    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_who_is_in_is_led_on(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get(f"{SIGN_IN}?next=/books/").headers["Location"] == "/books/"


def test_a_deactivated_reader_is_out_at_the_next_request(client: Client) -> None:
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    sign_in(client)
    services.deactivate_user(user.pk)
    assert not is_in(client)


def test_a_password_is_shown_without_javascript_and_nothing_is_tried(client: Client) -> None:
    UserFactory(email="ada@example.com", password=PASSWORD)
    shown = sign_in(client, show="on")
    assert f'<input type="text" name="password" value="{PASSWORD}"' in shown.text
    assert (shown.context["form"].errors, is_in(client)) == ({}, False)
    assert f'<input type="password" name="password" value="{PASSWORD}"' in sign_in(client, hide="on").text


def tries(client: Client, number: int) -> list[int]:
    return [sign_in(client, password="wrong").status_code for _ in range(number)]


def test_too_many_tries_are_refused_with_a_page_that_says_when(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = True
    UserFactory(email="ada@example.com", password=PASSWORD)
    assert set(tries(client, RULES["login"].per_account)) == {200}

    refused = sign_in(client)

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert "<h1" in refused.text
    assert not is_in(client)


def test_coming_in_forgives_the_tries_before(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = True
    UserFactory(email="ada@example.com", password=PASSWORD)
    for _again in range(2):
        tries(client, RULES["login"].per_account - 1)
        assert sign_in(client).status_code == 302
        client.post("/accounts/logout/")


# The admin's door


def test_staff_are_sent_to_the_door_of_everybody(client: Client) -> None:
    StaffFactory(email="ada@example.com", password=PASSWORD)
    answer = client.post("/admin/login/?next=/admin/", {"username": "ada@example.com", "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert sign_in(client, next="/admin/").url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_who_is_no_staff_is_not_asked_to_sign_in_again(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/admin/login/").status_code == 403


def test_staff_change_their_password_where_everybody_does(client: Client) -> None:
    client.force_login(StaffFactory())
    assert client.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"


@pytest.mark.parametrize(
    "path",
    ["login/code/", "login/code/confirm/", "phone/verify/", "phone/change/", "2fa/webauthn/", "2fa/trust/",
     "signup/passkey/", "3rdparty/signup/", "social/signup/", "confirm-email/"],
)  # fmt: skip
def test_what_the_shop_does_not_have_is_not_there(client: Client, path: str) -> None:
    assert client.get(f"/accounts/{path}").status_code == 404
