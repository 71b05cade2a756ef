"""What the log never tells: whoever reads it must not be able to come in."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from accounts.tests.api import call, client_of, link_in_the_mail, login, refresh
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.second_factors import add_app, code_of

pytestmark = pytest.mark.django_db

NEW = "another-lamp-8-river"
WRONG = "wrong-lamp-9-harbour"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is written while the test runs, as the shop writes it, and from the first level on."""
    written, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(written)
    handler.setFormatter(next(one.formatter for one in root.handlers if type(one) is logging.StreamHandler))
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def test_no_call_writes_a_password_or_token_into_the_log(log):
    registered = call("auth/register", {"email": "ada@example.com", "password": PASSWORD}).json()
    first = login("ada@example.com").json()
    login("ada@example.com", WRONG)
    second = refresh(first["refresh_token"]).json()
    refresh(first["refresh_token"])
    call("auth/logout", {"refresh_token": registered["refresh_token"]})
    call("auth/me", method="get", Authorization=f"Bearer {second['access_token']}")
    call("auth/me?token=" + second["access_token"], method="get", Authorization=f"Bearer {registered['access_token']}x")
    call("auth/login", {"email": "ada@example.com", "password": [WRONG]})
    call("auth/password/reset", {"email": "ada@example.com"})
    uid, token = link_in_the_mail()
    call("auth/password/reset/confirm", {"uid": uid, "token": token, "new_password": NEW})
    call(f"auth/password/reset/confirm?token={token}", {"uid": uid, "token": token, "new_password": WRONG})
    secrets = [PASSWORD, NEW, WRONG, token]
    secrets += [pair[name] for pair in (registered, first, second) for name in ("access_token", "refresh_token")]
    assert log.getvalue().count('"event": "request"') == 12
    assert [secret for secret in secrets if secret in log.getvalue()] == []


def test_nor_does_the_second_factor(log):
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    secret = add_app(user)
    code = code_of(secret)
    mfa_token = login("ada@example.com").json()["mfa_token"]
    tokens = call("auth/mfa", {"mfa_token": mfa_token, "code": code}).json()
    call("auth/mfa", {"mfa_token": mfa_token, "code": code})
    assert '"status": 401' in log.getvalue()
    for one in (secret, mfa_token, tokens["access_token"], tokens["refresh_token"], f'"{code}"', f" {code}"):
        assert one not in log.getvalue()


def test_nor_does_a_changed_password(log):
    client = client_of(UserFactory(password=PASSWORD))
    client.post("/api/v1/auth/password/change", {"current_password": WRONG, "new_password": NEW})
    client.post("/api/v1/auth/password/change", {"current_password": PASSWORD, "new_password": NEW})
    assert [one for one in (PASSWORD, NEW, WRONG) if one in log.getvalue()] == []


def test_the_command_prints_its_token_and_logs_it_nowhere(log, capsys):
    call_command("create_service_account", "Press")
    printed = capsys.readouterr()
    token = printed.out.strip()
    assert token.count(".") == 2
    assert token not in printed.err + log.getvalue()
