import re
import time
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import faults, is_in, prove, sign_in, told
from accounts.tests.second_factors import add_app, add_recovery_codes, code_of
from bookstore.core.models import Mail
from bookstore.core.rate_limits import RULES
from bookstore.core.tests.racing import race

pytestmark = pytest.mark.django_db

SECOND = "/accounts/2fa/authenticate/"
ACTIVATE = "/accounts/2fa/totp/activate/"
CODES = "/accounts/2fa/recovery-codes/"
WRONG = "This code is not right, or was used before."


@pytest.fixture
def ada() -> User:
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def give(client: Client, code: str) -> Any:
    return client.post(SECOND, {"code": code})


def half_in() -> Client:
    client = Client()
    assert sign_in(client).headers["Location"] == SECOND
    return client


# Coming in


def test_the_password_alone_does_not_let_in(ada, client):
    secret = add_app(ada)
    assert sign_in(client, next="/books/").headers["Location"] == SECOND
    assert not is_in(client)
    assert give(client, code_of(secret)).headers["Location"] == "/books/"
    assert is_in(client)


def test_a_code_lets_in_once(ada):
    secret = add_app(ada)
    code = code_of(secret)
    assert give(half_in(), code).status_code == 302
    assert faults(give(half_in(), code)) == {"code": [WRONG]}


@pytest.mark.django_db(transaction=True)
def test_of_parallel_uses_of_a_code_one_lets_in(ada):
    code = code_of(add_app(ada))
    browsers = [half_in() for _browser in range(4)]
    answers = race(*[partial(give, browser, code) for browser in browsers])
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]


def test_a_recovery_code_lets_in_once(ada):
    add_app(ada)
    code, other, *_rest = add_recovery_codes(ada)
    first = half_in()
    give(first, code)
    assert is_in(first)
    assert faults(give(half_in(), code)) == {"code": [WRONG]}
    assert give(half_in(), other).status_code == 302


def test_guessing_codes_is_limited_for_the_account(ada, settings):
    settings.RATE_LIMITS = True
    secret = add_app(ada)
    for _try in range(RULES["second_factor"].per_account):
        assert give(half_in(), "000000").status_code == 200
    refused = give(half_in(), code_of(secret))
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)


def test_without_the_password_there_is_no_second_step(ada, client):
    add_app(ada)
    assert client.get(SECOND).headers["Location"] == "/accounts/login/"


def test_one_may_start_again(ada):
    add_app(ada)
    client = half_in()
    client.post("/accounts/logout/", {"next": "/accounts/login/"})
    assert client.get(SECOND).headers["Location"] == "/accounts/login/"


# Switching it on and off


@pytest.fixture
def signed_in(ada, client) -> Client:
    sign_in(client)
    return client


def switch_on(client: Client) -> str:
    page = client.get(ACTIVATE).text
    found = re.search(r'class="key">(\w+)<', page)
    assert found
    assert 'src="data:image/svg+xml;base64,' in page
    assert client.post(ACTIVATE, {"code": code_of(found[1])}).headers["Location"] == CODES
    return found[1]


def test_it_is_switched_on_by_a_code_and_gives_recovery_codes(ada, signed_in):
    prove(signed_in)
    switch_on(signed_in)
    page = signed_in.get(CODES)
    assert len(page.context["unused_codes"]) == 10
    file = signed_in.get(f"{CODES}download/")
    assert file.headers["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert file.text.split()[-10:] == page.context["unused_codes"]
    half_in()


@pytest.mark.parametrize("path", [ACTIVATE, "/accounts/2fa/totp/deactivate/", CODES, f"{CODES}generate/"])
def test_each_step_asks_for_a_proof(ada, signed_in, path):
    if path != ACTIVATE:
        add_app(ada)
        add_recovery_codes(ada)
    answer = signed_in.get(path)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")


def test_the_proof_ends_after_a_while(ada, signed_in, monkeypatch):
    prove(signed_in)
    assert signed_in.get(ACTIVATE).status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    assert signed_in.get(ACTIVATE).status_code == 302


def test_a_wrong_password_is_no_proof_and_guessing_is_limited(ada, signed_in, settings):
    settings.RATE_LIMITS = True
    for _try in range(RULES["reauthentication"].per_account):
        assert faults(prove(signed_in, "wrong")) == {"password": ["This is not your password."]}
    assert prove(signed_in).status_code == 429
    assert signed_in.get(ACTIVATE).status_code == 302


def test_a_code_is_a_proof_as_well(ada, signed_in):
    secret = add_app(ada)
    page = "/accounts/2fa/reauthenticate/?next=/accounts/2fa/totp/deactivate/"
    assert signed_in.post(page, {"code": code_of(secret)}).headers["Location"] == "/accounts/2fa/totp/deactivate/"
    assert signed_in.get("/accounts/2fa/totp/deactivate/").status_code == 200


def test_it_waits_for_a_confirmed_e_mail(ada, signed_in):
    EmailAddress.objects.update(verified=False)
    prove(signed_in)
    assert signed_in.get(ACTIVATE).headers["Location"] == "/accounts/2fa/"
    assert told(signed_in, "/accounts/2fa/") == [
        "You cannot activate two-factor authentication until you have verified your email address."
    ]


def test_it_is_switched_off_with_a_notice(ada, signed_in):
    add_app(ada)
    add_recovery_codes(ada)
    prove(signed_in)
    assert signed_in.post("/accounts/2fa/totp/deactivate/").headers["Location"] == "/accounts/2fa/"
    assert not Authenticator.objects.exists()
    assert Mail.objects.latest("pk").kind == "mfa/email/totp_deactivated"
    assert sign_in(Client()).headers["Location"] == "/"


def test_new_recovery_codes_void_the_old_ones(ada, signed_in):
    add_app(ada)
    old = add_recovery_codes(ada)[0]
    prove(signed_in)
    assert signed_in.post(f"{CODES}generate/").headers["Location"] == CODES
    assert faults(give(half_in(), old)) == {"code": [WRONG]}
