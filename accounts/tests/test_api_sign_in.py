"""Registering, signing in and out, and what the API says of the one who is signed in."""

import time

import jwt
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.signals import user_logged_in
from rest_framework.test import APIClient

from accounts.models import AuthSession, User
from accounts.tests.api import ME, bearer, call, client_of, fields_at_fault, login, problem, refresh, tokens_of
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from bookstore.core.models import Mail

pytestmark = pytest.mark.django_db

ADA = {"email": "Ada@Example.com", "password": PASSWORD, "full_name": "Ada Lovelace"}


def claims(token: str) -> dict[str, object]:
    return jwt.decode(token, options={"verify_signature": False})


# Registering


def test_who_registers_is_signed_in():
    answer = call("auth/register", ADA)
    shown = answer.json()
    user = User.objects.get()
    access, refresh_token = shown.pop("access_token"), shown.pop("refresh_token")
    assert answer.status_code == 201
    assert shown == {
        "id": user.pk, "email": "ada@example.com", "role": "user", "full_name": "Ada Lovelace",
        "token_type": "bearer", "expires_in": 900,
    }  # fmt: skip
    assert bearer(access).get(ME).json()["id"] == user.pk
    assert refresh(refresh_token).status_code == 200


def test_registering_mails_a_link_to_confirm_the_e_mail():
    call("auth/register", ADA)
    assert (Mail.objects.get().to, "/accounts/confirm-email/" in Mail.objects.get().text) == ("ada@example.com", True)
    address = EmailAddress.objects.get()
    assert (address.email, address.primary, address.verified) == ("ada@example.com", True, False)


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com "])
def test_a_taken_e_mail_is_refused_whatever_its_case(email):
    UserFactory(email="ada@example.com")
    assert problem(call("auth/register", ADA | {"email": email})) == (409, "AUTH_EMAIL_CONFLICT")
    assert (User.objects.count(), AuthSession.objects.count(), Mail.objects.count()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada+books@example.com", "ada+books@example.com"),
        ("Ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@例子.example", "ada@xn--fsqu00a.example"),
    ],
)
def test_an_e_mail_is_kept_in_one_form(typed, kept):
    assert call("auth/register", ADA | {"email": typed}).json()["email"] == kept
    assert problem(call("auth/register", ADA | {"email": kept})) == (409, "AUTH_EMAIL_CONFLICT")
    assert login(typed).status_code == 200


def test_a_plus_sign_makes_another_e_mail():
    UserFactory(email="ada@example.com")
    assert call("auth/register", ADA | {"email": "ada+books@example.com"}).status_code == 201


@pytest.mark.parametrize("name", ["", "Łukasz Żółć", "村上 春樹", "محمود درويش", "Ὅμηρος", "👩‍🚀"])
def test_a_name_may_be_in_any_script(name):
    assert call("auth/register", ADA | {"full_name": name}).json()["full_name"] == name
    assert User.objects.get().full_name == name


@pytest.mark.parametrize(
    "email", ["", " ", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "ada@exam_ple.com", 7,
     None, "mıke@example.com", "ada@example.com\nBcc: x@example.com", f"{'a' * 250}@example.com", "用户@example.com"],
)  # fmt: skip
def test_what_is_no_e_mail_is_refused(email):
    assert fields_at_fault(call("auth/register", ADA | {"email": email})) == ["email"]
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["", "short", "password123", "1234567890", "ada@example", "Ada Lovelace", 7])
def test_a_weak_password_is_refused(password):
    assert fields_at_fault(call("auth/register", ADA | {"password": password})) == ["password"]
    assert not User.objects.exists()


def test_nobody_registers_as_more_than_a_shopper():
    answer = call("auth/register", ADA | {"role": "admin", "is_staff": True, "is_superuser": True, "is_service": True})
    user = User.objects.get()
    assert (answer.json()["role"], user.is_staff, user.is_superuser, user.is_service) == ("user", False, False, False)


# Signing in


def test_who_signs_in_gets_tokens():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    begun = int(time.time())
    answer = login("ADA@example.com")
    ended = time.time()
    tokens = answer.json()
    assert answer.status_code == 200
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    access = claims(tokens["access_token"])
    assert (access["sub"], access["role"], access["exp"] - access["iat"]) == (str(user.pk), "user", 900)
    assert len(access["jti"]) == 32
    assert begun <= claims(tokens["refresh_token"])["exp"] - 7 * 86400 <= ended


@pytest.mark.parametrize("path", ["auth/register", "auth/login"])
def test_tokens_are_kept_by_nobody_on_the_way(path):
    if path == "auth/login":
        UserFactory(email="ada@example.com", password=PASSWORD)
    answer = call(path, ADA)
    assert (answer.status_code // 100, answer.headers["Cache-Control"]) == (2, "no-store")
    assert not answer.cookies


REFUSALS = {
    "a wrong password": ({}, "wrong-lamp-7-harbour"),
    "an unknown e-mail": ({"email": "ben@example.com"}, PASSWORD),
    "a deactivated account": ({"is_active": False}, PASSWORD),
    "an account without a password": ({"password": None}, PASSWORD),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_login_says_the_same_and_hashes_once_whatever_is_wrong(why, monkeypatch):
    about, password = REFUSALS[why]
    UserFactory(**{"email": "ada@example.com", "password": PASSWORD} | about)
    hashed = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: hashed.append("made") or encode(*args))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: hashed.append("checked") or verify(*args))
    answer = login("ada@example.com", password)
    body = answer.json()
    assert problem(answer) == (401, "AUTH_INVALID_CREDENTIALS")
    assert (body["detail"], answer.headers["WWW-Authenticate"]) == ("E-mail or password is not right.", "Bearer")
    assert (len(hashed), AuthSession.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": "ada@example.com"}, ["password"]),
        ({"email": ["x"], "password": {}}, ["email", "password"]),
        ({"email": "a@example.com", "password": "nul\0"}, ["password"]),
    ],
)
def test_a_malformed_login_names_its_fields(body, fields):
    assert fields_at_fault(call("auth/login", body)) == fields


def test_signing_in_tells_the_other_apps():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    heard = []

    def listen(**sent):
        heard.append((sent["user"], sent["request"].path))

    user_logged_in.connect(listen)
    try:
        login("ada@example.com")
    finally:
        user_logged_in.disconnect(listen)
    assert heard == [(user, "/api/v1/auth/login")]


def test_a_token_that_has_ended_is_in_nobodys_way():
    UserFactory(email="ada@example.com", password=PASSWORD)
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert call("auth/login", body, Authorization="Bearer garbage").status_code == 200


def test_a_password_is_taken_exactly_as_typed():
    UserFactory(email="ada@example.com", password=f" {PASSWORD} ")
    assert login("ada@example.com", PASSWORD).status_code == 401
    assert login("ada@example.com", f" {PASSWORD} ").status_code == 200


def test_forms_do_not_sign_in():
    answer = APIClient().post("/api/v1/auth/login", "email=a", content_type="application/x-www-form-urlencoded")
    assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


# Signing out


def test_who_signs_out_is_out_also_the_second_time():
    tokens = tokens_of(UserFactory())
    for _time in range(2):
        answer = call("auth/logout", {"refresh_token": tokens.refresh_token})
        assert (answer.status_code, answer.content) == (204, b"")
    assert problem(refresh(tokens.refresh_token)) == (401, "AUTH_TOKEN_REVOKED")
    assert problem(bearer(tokens.access_token).get(ME)) == (401, "AUTH_INVALID_TOKEN")


def test_signing_out_of_one_session_leaves_the_others():
    user = UserFactory()
    one, other = tokens_of(user), tokens_of(user)
    call("auth/logout", {"refresh_token": one.refresh_token})
    assert refresh(other.refresh_token).status_code == 200


def test_signing_out_by_a_spent_token_ends_its_session():
    old = tokens_of(UserFactory())
    new = refresh(old.refresh_token).json()
    assert call("auth/logout", {"refresh_token": old.refresh_token}).status_code == 204
    assert problem(refresh(new["refresh_token"])) == (401, "AUTH_TOKEN_REVOKED")


def test_nobody_signs_out_by_what_is_no_refresh_token():
    tokens = tokens_of(UserFactory())
    for token in ("garbage", tokens.access_token):
        assert problem(call("auth/logout", {"refresh_token": token})) == (401, "AUTH_INVALID_TOKEN")
    assert bearer(tokens.access_token).get(ME).status_code == 200


# Who is signed in


def test_me_is_shown_as_the_contract_says():
    user = UserFactory(email="ada@example.com", full_name="Ada Lovelace")
    answer = client_of(user).get(ME)
    shown = answer.json()
    assert shown.pop("created_at").endswith("Z")
    assert shown == {
        "id": user.pk, "email": "ada@example.com", "email_verified": False, "role": "user", "full_name": "Ada Lovelace",
    }  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_confirmed_e_mail_is_verified():
    user = UserFactory(email="ada@example.com")
    EmailAddress.objects.create(user=user, email="old@example.com", verified=True)
    assert client_of(user).get(ME).json()["email_verified"] is False
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    assert client_of(user).get(ME).json()["email_verified"] is True


def test_me_is_for_who_is_signed_in():
    assert problem(APIClient().get(ME)) == (401, "AUTH_REQUIRED")


def test_the_name_is_changed_and_nothing_else():
    user = UserFactory(email="ada@example.com", full_name="Ada")
    answer = client_of(user).patch(ME, {"full_name": "Ada L.", "email": "x@example.com", "role": "admin", "id": 1})
    user.refresh_from_db()
    assert (answer.status_code, answer.json()["full_name"]) == (200, "Ada L.")
    assert (user.full_name, user.email, user.is_staff) == ("Ada L.", "ada@example.com", False)


@pytest.mark.parametrize("name", [None, 7, "x" * 201, "nul\0", ["Ada"]])
def test_a_bad_name_changes_nothing(name):
    user = UserFactory(full_name="Ada")
    assert fields_at_fault(client_of(user).patch(ME, {"full_name": name})) == ["full_name"]
    user.refresh_from_db()
    assert user.full_name == "Ada"


def test_the_role_that_counts_is_the_accounts():
    boss = StaffFactory()
    client = client_of(boss)
    assert client.get("/api/v1/admin/users").status_code == 200
    User.objects.update(is_staff=False, is_superuser=False)
    assert client.get(ME).json()["role"] == "user"
    assert problem(client.get("/api/v1/admin/users")) == (403, "FORBIDDEN")
