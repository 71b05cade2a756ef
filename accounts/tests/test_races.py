from collections import Counter
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts import services
from accounts.models import AuthSession, User
from accounts.tests.api import ME, bearer, call, link_in_the_mail, refresh, tokens_of
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.second_factors import add_app, code_of
from bookstore.core.models import Mail
from bookstore.core.tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(answers: list[Any]) -> Counter[tuple[int, str]]:
    return Counter((answer.status_code, answer.json().get("code", "") if answer.content else "") for answer in answers)


def test_of_eight_refreshes_of_one_token_one_wins_and_the_family_ends():
    tokens = tokens_of(UserFactory())
    answers = race(*[partial(refresh, tokens.refresh_token)] * 8)
    assert outcomes(answers) == {(200, ""): 1, (401, "AUTH_TOKEN_REVOKED"): 7}
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert AuthSession.objects.get().revoked_at is not None
    assert refresh(won["refresh_token"]).status_code == 401
    assert bearer(won["access_token"]).get(ME).status_code == 401


def test_registrations_with_one_e_mail_make_one_account():
    emails = ["ada@example.com", "ADA@example.com", "Ada@Example.com", " ada@example.com"] * 2
    answers = race(*(partial(call, "auth/register", {"email": email, "password": PASSWORD}) for email in emails))
    assert outcomes(answers) == {(201, ""): 1, (409, "AUTH_EMAIL_CONFLICT"): 7}
    assert (User.objects.count(), EmailAddress.objects.count(), Mail.objects.count()) == (1, 1, 1)


def test_a_refresh_that_meets_a_deactivation_opens_nothing():
    user = UserFactory()
    tokens = tokens_of(user)
    answer, _deactivated = race(partial(refresh, tokens.refresh_token), partial(services.deactivate_user, user.pk))
    if answer.status_code == 200:
        assert bearer(answer.json()["access_token"]).get(ME).status_code == 401
    assert not AuthSession.objects.live().exists()


def test_a_link_that_resets_a_password_works_once_at_once():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    services.ask_for_password_reset(user.email)
    uid, token = link_in_the_mail()
    answers = race(
        *(
            partial(call, "auth/password/reset/confirm", {"uid": uid, "token": token, "new_password": password})
            for password in ("another-lamp-8-river", "another-lamp-9-river", "another-lamp-7-river")
        )
    )
    assert outcomes(answers) == {(204, ""): 1, (400, "VALIDATION_ERROR"): 2}


def test_a_code_that_comes_four_times_at_once_is_taken_once():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    secret = add_app(user)
    mfa_token = call("auth/login", {"email": user.email, "password": PASSWORD}).json()["mfa_token"]
    body = {"mfa_token": mfa_token, "code": code_of(secret)}
    answers = race(*[partial(call, "auth/mfa", body)] * 4)
    assert outcomes(answers) == {(200, ""): 1, (401, "AUTH_INVALID_CREDENTIALS"): 3}
    assert AuthSession.objects.count() == 1
