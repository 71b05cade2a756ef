"""Tokens: which are good, for how long, and what a stolen one is worth."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import services
from accounts.models import AuthSession, User
from accounts.tests.api import BOOKS, ME, bearer, call, problem, refresh, tokens_of
from accounts.tests.factories import UserFactory
from accounts.tokens import Tokens

pytestmark = pytest.mark.django_db

KEY = settings.SIMPLE_JWT["SIGNING_KEY"]
INVALID, REVOKED = (401, "AUTH_INVALID_TOKEN"), (401, "AUTH_TOKEN_REVOKED")


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def tokens(user: User) -> Tokens:
    return tokens_of(user)


def changed(token: str, *, key: str = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """Sign what a token says anew, with other claims or by another key."""
    payload = jwt.decode(token, options={"verify_signature": False}) | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key, algorithm=algorithm)


def seconds_from_now(seconds: int) -> int:
    return int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def tampered(token: str) -> str:
    header, payload, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    said["sub"], said["role"] = "1", "admin"
    return f"{header}.{base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b'=').decode()}.{signature}"


FORGERIES = {
    "nothing": lambda token: "",
    "garbage": lambda token: "garbage",
    "parts of garbage": lambda token: "a.b.c",
    "not ASCII": lambda token: "tökén",
    "long": lambda token: "x" * 4000,
    "cut short": lambda token: token[:-3],
    "without a signature": lambda token: token.rpartition(".")[0] + ".",
    "algorithm none": unsigned,
    "other claims": tampered,
    "another key": lambda token: changed(token, key="x" * 64),
    "the shop's secret itself": lambda token: changed(token, key=settings.SECRET_KEY),
    "another algorithm": lambda token: changed(token, algorithm="HS512"),
    "over": lambda token: changed(token, exp=seconds_from_now(-31)),
    "endless": lambda token: changed(token, exp=None),
    "from the future": lambda token: changed(token, iat=seconds_from_now(60)),
    "without a type": lambda token: changed(token, token_type=None),
    "of an unknown type": lambda token: changed(token, token_type="sliding"),
    "without a session": lambda token: changed(token, sid=None),
    "of no session": lambda token: changed(token, sid="1"),
    "of an unknown session": lambda token: changed(token, sid=str(uuid4())),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
def test_a_bad_access_token_is_refused_also_where_none_is_needed(tokens, how):
    client = bearer(FORGERIES[how](tokens.access_token))
    for path in (ME, BOOKS, "/api/v1/genres", "/api/v1/books/suggest?q=x"):
        answer = client.get(path)
        assert problem(answer) == INVALID, path
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("how", [how for how in FORGERIES if how != "nothing"])
def test_a_bad_refresh_token_is_refused_and_ends_nothing(tokens, how):
    assert problem(refresh(FORGERIES[how](tokens.refresh_token))) == INVALID
    assert refresh(tokens.refresh_token).status_code == 200


def test_a_token_counts_only_for_what_it_is(tokens):
    assert problem(bearer(tokens.refresh_token).get(ME)) == INVALID
    assert problem(refresh(tokens.access_token)) == INVALID
    assert refresh(tokens.refresh_token).status_code == 200


def test_clocks_may_be_a_little_apart(tokens):
    for access in (
        changed(tokens.access_token, exp=seconds_from_now(-20)),
        changed(tokens.access_token, iat=seconds_from_now(20)),
    ):
        assert bearer(access).get(ME).status_code == 200


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_the_scheme_is_read_whatever_its_case(tokens, header):
    client = APIClient(headers={"Authorization": header.format(tokens.access_token)})
    assert client.get(ME).status_code == 200


def test_a_token_counts_before_a_browsers_session(user):
    other = UserFactory()
    client = bearer(tokens_of(user).access_token)
    client.force_login(other)
    assert client.get(ME).json()["id"] == user.pk
    client.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    assert problem(client.get(ME)) == INVALID


def test_a_token_needs_no_proof_against_forgery_from_other_sites(user):
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens_of(user).access_token}")
    assert client.patch(ME, {"full_name": "Ada"}).status_code == 200


def test_a_session_of_the_browser_does(user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    assert problem(client.patch(ME, {"full_name": "Ada"})) == (403, "FORBIDDEN")


def test_public_calls_cost_no_query_more_for_having_tokens(tokens):
    with CaptureQueriesContext(
        connection,
    ) as without:
        APIClient().get("/api/v1/genres/7")
    with CaptureQueriesContext(connection) as with_token:
        bearer(tokens.access_token).get("/api/v1/genres/7")
    assert (len(without), len(with_token)) == (1, 2)


# Refreshing


def test_a_refresh_token_is_spent_for_a_new_pair(tokens):
    new = refresh(tokens.refresh_token)
    pair = new.json()
    assert (new.status_code, pair.keys()) == (200, vars(tokens).keys())
    assert pair["refresh_token"] != tokens.refresh_token
    assert bearer(pair["access_token"]).get(ME).status_code == 200
    assert AuthSession.objects.count() == 1


def test_a_spent_token_used_again_ends_the_whole_family(tokens):
    second = refresh(tokens.refresh_token).json()
    third = refresh(second["refresh_token"]).json()
    assert problem(refresh(tokens.refresh_token)) == REVOKED
    assert AuthSession.objects.get().revoked_at is not None
    for descendant in (second, third):
        assert problem(refresh(descendant["refresh_token"])) == REVOKED
        assert problem(bearer(descendant["access_token"]).get(ME)) == INVALID


def test_the_family_of_another_sign_in_stays(user, tokens):
    other = tokens_of(user)
    refresh(tokens.refresh_token)
    refresh(tokens.refresh_token)
    assert refresh(other.refresh_token).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_replayed_family_is_committed_although_it_is_refused(tokens):
    refresh(tokens.refresh_token)
    assert problem(refresh(tokens.refresh_token)) == REVOKED
    connection.close()
    assert AuthSession.objects.get().revoked_at is not None


def test_each_refresh_lengthens_the_session(tokens):
    AuthSession.objects.update(expires_at=timezone.now() + timedelta(days=1))
    refresh(tokens.refresh_token)
    left = AuthSession.objects.get().expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left < timedelta(days=7, seconds=1)


# At the next request, on every door


def deactivated(user: User) -> None:
    services.deactivate_user(user.pk)


def switched_off_in_the_database(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def with_a_new_password(user: User) -> None:
    services.change_password(user, "another-lamp-8-river")


def with_a_new_password_by_other_means(user: User) -> None:
    user.set_password("another-lamp-8-river")
    user.save()


def signed_out_everywhere(user: User) -> None:
    services.end_all_sessions(user)


def deleted(user: User) -> None:
    user.delete()


OUT = [
    deactivated,
    switched_off_in_the_database,
    with_a_new_password,
    with_a_new_password_by_other_means,
    signed_out_everywhere,
    deleted,
]


@pytest.mark.parametrize("end", OUT, ids=lambda end: end.__name__)
def test_who_is_locked_out_is_out_at_the_next_request(user, tokens, end):
    client, browser = bearer(tokens.access_token), APIClient()
    browser.force_login(user)
    assert (client.get(ME).status_code, browser.get(ME).status_code) == (200, 200)
    end(User.objects.get(pk=user.pk))
    assert problem(client.get(ME)) == problem(client.get(BOOKS)) == INVALID
    assert problem(browser.get(ME)) == (401, "AUTH_REQUIRED")
    refused = problem(refresh(tokens.refresh_token))
    assert refused == (INVALID if end is deleted else REVOKED)


def test_who_is_let_in_again_has_to_sign_in_again(user, tokens):
    services.deactivate_user(user.pk)
    services.reactivate_user(user.pk)
    assert problem(bearer(tokens.access_token).get(ME)) == INVALID
    assert problem(refresh(tokens.refresh_token)) == REVOKED
    assert bearer(tokens_of(User.objects.get()).access_token).get(ME).status_code == 200


def test_one_session_is_ended_alone(user, tokens):
    other = tokens_of(user)
    session = AuthSession.objects.latest("created_at")
    services.end_session(UserFactory(), session.pk)
    assert bearer(other.access_token).get(ME).status_code == 200
    services.end_session(user, session.pk)
    assert problem(bearer(other.access_token).get(ME)) == INVALID
    assert bearer(tokens.access_token).get(ME).status_code == 200


def test_the_session_notes_where_it_was_opened():
    UserFactory(email="ada@example.com", password="quiet-lamp-7-harbour")
    body = {"email": "ada@example.com", "password": "quiet-lamp-7-harbour"}
    call("auth/login", body, **{"User-Agent": "Quire/1.0 " + "x" * 300})
    session = AuthSession.objects.get()
    assert (session.address, session.user_agent[:9], len(session.user_agent)) == ("127.0.0.1", "Quire/1.0", 200)
