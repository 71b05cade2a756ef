"""Signing in to an account that asks for a code as well."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuthSession, User
from accounts.tests.api import ME, bearer, call, login, problem
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.second_factors import add_app, add_recovery_codes, code_of

pytestmark = pytest.mark.django_db

WRONG, INVALID = (401, "AUTH_INVALID_CREDENTIALS"), (401, "AUTH_INVALID_TOKEN")


@pytest.fixture
def user() -> User:
    return UserFactory(email="ada@example.com", password=PASSWORD)


@pytest.fixture
def secret(user: User) -> str:
    return add_app(user)


@pytest.fixture
def mfa_token(secret: str) -> str:
    return login("ada@example.com").json()["mfa_token"]


def give(mfa_token: str, code: str):
    return call("auth/mfa", {"mfa_token": mfa_token, "code": code})


def test_the_password_alone_opens_nothing(secret):
    answer = login("ada@example.com")
    assert problem(answer) == (401, "AUTH_MFA_REQUIRED")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json().keys() & {"access_token", "refresh_token"} == set()
    assert not AuthSession.objects.exists()


def test_a_wrong_password_does_not_tell_of_the_second_factor(secret):
    assert problem(login("ada@example.com", "wrong-lamp-7-harbour")) == WRONG


def test_password_and_code_sign_in(user, secret, mfa_token):
    answer = give(mfa_token, code_of(secret))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert bearer(answer.json()["access_token"]).get(ME).json()["id"] == user.pk


def test_a_telephones_clock_may_be_half_a_minute_wrong(secret, mfa_token, monkeypatch):
    now = time.time()  # and no next half minute begins on the way
    monkeypatch.setattr(time, "time", lambda: now)
    assert give(mfa_token, code_of(secret, later=-1)).status_code == 200
    assert give(mfa_token, code_of(secret, later=1)).status_code == 200


@pytest.mark.parametrize("later", [-3, 3])
def test_a_code_of_another_time_is_refused(secret, mfa_token, later):
    assert problem(give(mfa_token, code_of(secret, later=later))) == WRONG


def test_a_code_is_taken_once_and_none_before_it(secret, mfa_token):
    code = code_of(secret)
    assert give(mfa_token, code).status_code == 200
    assert problem(give(mfa_token, code)) == problem(give(mfa_token, code_of(secret, later=-1))) == WRONG
    assert AuthSession.objects.count() == 1


def test_a_recovery_code_is_taken_once(user, secret, mfa_token):
    first, second, *_rest = add_recovery_codes(user)
    assert give(mfa_token, first).status_code == 200
    assert problem(give(mfa_token, first)) == WRONG
    assert give(mfa_token, f" {second[:4]}-{second[4:]} ").status_code == 200


def test_a_code_of_somebody_elses_app_is_refused(mfa_token):
    other = add_app(UserFactory())
    assert problem(give(mfa_token, code_of(other))) == WRONG


@pytest.mark.parametrize("code", ["000000000", "abc", "１２３４５６", "\u0660" * 6])
def test_a_wrong_code_is_refused(mfa_token, code):
    assert problem(give(mfa_token, code)) == WRONG
    assert not AuthSession.objects.exists()


def test_what_the_first_factor_gave_is_signed_and_is_no_token(secret, mfa_token):
    code = code_of(secret)
    for forged in ("garbage", mfa_token[:-2], "x" + mfa_token):
        assert problem(give(forged, code)) == INVALID
    assert problem(bearer(mfa_token).get(ME)) == INVALID
    assert give(mfa_token, code).status_code == 200


def test_it_lasts_five_minutes(secret, mfa_token, monkeypatch):
    late = timezone.now().timestamp() + timedelta(minutes=5, seconds=1).total_seconds()
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: late)
        assert problem(give(mfa_token, code_of(secret))) == INVALID


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_it_ends_with_the_password_and_the_account(user, secret, mfa_token, change):
    user.set_password("another-lamp-8-river") if change == "password" else setattr(user, "is_active", False)
    user.save()
    assert problem(give(mfa_token, code_of(secret))) == INVALID


def test_guessing_codes_is_soon_too_often(mfa_token):
    answers = [problem(give(mfa_token, "000000x")) for _ in range(11)]
    assert answers == [WRONG] * 10 + [(429, "RATE_LIMITED")]
