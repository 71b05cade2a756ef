"""Signing in by Google and GitHub through the API, each a real process on loopback."""

import os
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.test import Client

from accounts import social
from accounts.api import oauth
from accounts.models import AuthSession, User
from accounts.tests import providers
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from bookstore.core.models import Mail
from bookstore.core.tests.processes import PATIENCE
from bookstore.core.tests.racing import race

pytestmark = pytest.mark.django_db

AUTH = "/api/v1/auth"


def begin(provider: providers.Provider, client: Client) -> str:
    answer = client.get(f"{AUTH}/{provider.name}")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    assert parts.netloc == "testserver"
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(provider: providers.Provider, person: str = "ada", client: Client | None = None) -> Any:
    client = client or Client()
    return come_back(client, provider.consent(begin(provider, client), person))


def confirmed(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def refused(answer: Any, code: str, status: int = 401) -> bool:
    assert answer.json()["code"] == code
    return answer.status_code == status and answer.headers["Cache-Control"] == "no-store"


# Coming in


def test_a_new_person_gets_an_account_without_a_password_and_our_tokens(provider: providers.Provider) -> None:
    provider.know("ada", "Ada@Example.com", full_name="Ada Reader")
    answer = sign_in(provider)
    user = User.objects.get()
    assert answer.status_code == 200, answer.text
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (user.email, user.full_name, user.has_usable_password()) == ("ada@example.com", "Ada Reader", False)
    me = Client().get(f"{AUTH}/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}).json()
    assert (me["email"], me["email_verified"], me["role"]) == ("ada@example.com", True, "user")
    assert Mail.objects.count() == 0


def test_the_provider_is_asked_with_state_and_pkce(provider: providers.Provider, client: Client) -> None:
    asked = [parse_qs(urlsplit(begin(provider, client)).query) for _time in range(2)]
    for params in asked:
        assert params["redirect_uri"] == [f"http://testserver{AUTH}/{provider.name}/callback"]
        assert (params["code_challenge_method"], len(params["code_challenge"][0])) == (["S256"], 43)
        assert len(params["state"][0]) == 43
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]


def test_the_second_sign_in_is_to_the_same_account_whatever_the_email_is_then(provider: providers.Provider) -> None:
    provider.know("ada", "ada@example.com")
    sign_in(provider)
    provider.know("ada", None)
    assert sign_in(provider).status_code == 200
    assert (User.objects.count(), SocialAccount.objects.count(), AuthSession.objects.count()) == (1, 1, 2)


def test_both_providers_lead_to_one_account(google: providers.Google, github: providers.GitHub) -> None:
    for one in (google, github):
        one.know("ada", "ada@example.com")
        assert sign_in(one).status_code == 200
    assert SocialAccount.objects.filter(user=User.objects.get()).count() == 2
    assert list(Mail.objects.values_list("to", "subject")) == [("ada@example.com", "GitHub was connected")]


def test_a_confirmed_account_is_connected_and_keeps_its_password(provider: providers.Provider) -> None:
    user = confirmed(UserFactory(email="ada@example.com", password=PASSWORD))
    provider.know("ada", "ADA@example.com")
    assert sign_in(provider).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert SocialAccount.objects.get().user == user
    assert Mail.objects.get().kind == "socialaccount/email/account_connected"


def test_of_several_emails_at_github_the_primary_one_counts(github: providers.GitHub) -> None:
    one, other = {"email": "a@example.com", "primary": False}, {"email": "z@example.com", "primary": True}
    github.tell("ada", [{**one, "verified": True}, {**other, "verified": True}])
    assert sign_in(github).status_code == 200
    assert User.objects.get().email == "z@example.com"
    github.tell("ben", [{**one, "verified": True}, {**other, "verified": False}])
    assert refused(sign_in(github, "ben"), "AUTH_OAUTH_EMAIL_UNVERIFIED")


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_make_one_account(provider: providers.Provider) -> None:
    provider.know("ada", "ada@example.com")
    clients = [Client(), Client()]
    ways = [provider.consent(begin(provider, client), "ada") for client in clients]
    answers = race(*(lambda c=client, w=way: come_back(c, w) for client, way in zip(clients, ways, strict=True)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (User.objects.count(), SocialAccount.objects.count(), EmailAddress.objects.count()) == (1, 1, 1)


# A second factor


def test_an_account_with_a_second_factor_asks_for_its_code(provider: providers.Provider) -> None:
    user = confirmed(UserFactory(email="ada@example.com"))
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    provider.know("ada", "ada@example.com")
    answer = sign_in(provider)
    assert refused(answer, "AUTH_MFA_REQUIRED")
    assert answer.json()["mfa_token"]
    assert AuthSession.objects.count() == 0


# Staying out


def nobody_came() -> bool:
    return (User.objects.count(), SocialAccount.objects.count(), AuthSession.objects.count()) == (0, 0, 0)


def test_an_unverified_email_opens_nothing(provider: providers.Provider) -> None:
    user = confirmed(UserFactory(email="ada@example.com"))
    provider.know("ada", "ada@example.com", is_verified=False)
    assert refused(sign_in(provider), "AUTH_OAUTH_EMAIL_UNVERIFIED")
    assert (SocialAccount.objects.count(), AuthSession.objects.count(), User.objects.get()) == (0, 0, user)


@pytest.mark.parametrize("claim", ["true", 1, None])
def test_only_true_is_verified(google: providers.Google, claim: Any) -> None:
    google.tell("ada", {"email": "ada@example.com", "email_verified": claim})
    assert refused(sign_in(google), "AUTH_OAUTH_EMAIL_UNVERIFIED")
    assert nobody_came()


def test_no_email_opens_nothing(provider: providers.Provider) -> None:
    provider.know("ada", None)
    assert refused(sign_in(provider), "AUTH_OAUTH_NO_EMAIL")
    assert nobody_came()


def test_who_declines_stays_out(provider: providers.Provider, client: Client) -> None:
    assert refused(come_back(client, provider.deny(begin(provider, client))), "AUTH_OAUTH_FAILED")
    assert nobody_came()


@pytest.mark.parametrize("state", ["", "forged", "x" * 4000, "é\x07"])
def test_a_forged_or_missing_state_is_refused(provider: providers.Provider, client: Client, state: str) -> None:
    provider.know("ada", "ada@example.com")
    way = urlsplit(provider.consent(begin(provider, client), "ada"))
    params = {**{name: values[0] for name, values in parse_qs(way.query).items()}, "state": state}
    assert refused(client.get(f"{way.path}?{urlencode(params)}"), "AUTH_OAUTH_FAILED")
    assert nobody_came()


def test_the_way_back_is_open_only_to_the_browser_that_began(provider: providers.Provider, client: Client) -> None:
    provider.know("mallory", "mallory@example.com")
    way = provider.consent(begin(provider, client), "mallory")
    assert refused(come_back(Client(), way), "AUTH_OAUTH_FAILED")
    assert nobody_came()


def test_the_way_back_is_open_once(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    way = provider.consent(begin(provider, client), "ada")
    assert come_back(client, way).status_code == 200
    assert refused(come_back(client, way), "AUTH_OAUTH_FAILED")
    assert AuthSession.objects.count() == 1


def test_the_way_back_is_open_for_ten_minutes(
    provider: providers.Provider, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.know("ada", "ada@example.com")
    way = provider.consent(begin(provider, client), "ada")
    now = oauth.time.time() + 601
    monkeypatch.setattr(oauth.time, "time", lambda: now)
    assert refused(come_back(client, way), "AUTH_OAUTH_FAILED")


def test_a_code_that_was_spent_by_another_is_refused(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    spent = parse_qs(urlsplit(provider.consent(begin(provider, client), "ada")).query)["code"][0]
    other = Client()
    way = urlsplit(provider.consent(begin(provider, other), "ada"))
    state = parse_qs(way.query)["state"][0]
    # Somebody slips their own code to a browser that has begun.
    assert refused(other.get(f"{way.path}?{urlencode({'code': spent, 'state': state})}"), "AUTH_OAUTH_FAILED")
    assert nobody_came()


def test_a_way_begun_at_one_provider_does_not_end_at_the_other(
    google: providers.Google, github: providers.GitHub, client: Client
) -> None:
    google.know("ada", "ada@example.com")
    way = google.consent(begin(google, client), "ada")
    assert refused(come_back(client, way.replace("/google/", "/github/")), "AUTH_OAUTH_FAILED")
    assert nobody_came()


@pytest.mark.parametrize("query", ["", "?error=server_error", "?code=", "?code=1&error=access_denied"])
def test_whatever_comes_back_is_answered(provider: providers.Provider, client: Client, query: str) -> None:
    assert refused(client.get(f"{AUTH}/{provider.name}/callback{query}"), "AUTH_OAUTH_FAILED")


@pytest.mark.parametrize("is_connected", [True, False])
def test_a_deactivated_account_stays_closed(provider: providers.Provider, is_connected: bool) -> None:
    user = confirmed(UserFactory(email="ada@example.com"))
    provider.know("ada", "ada@example.com")
    if is_connected:
        sign_in(provider)
    User.objects.filter(pk=user.pk).update(is_active=False)
    AuthSession.objects.all().delete()
    assert refused(sign_in(provider), "AUTH_INVALID_CREDENTIALS")
    assert (AuthSession.objects.count(), SocialAccount.objects.count()) == (0, int(is_connected))


@pytest.mark.parametrize("name", ["google", "github"])
@pytest.mark.parametrize("step", ["", "/callback?code=1&state=2"])
def test_a_provider_that_is_not_set_up_is_not_there(client: Client, name: str, step: str) -> None:
    assert refused(client.get(f"{AUTH}/{name}{step}"), "NOT_FOUND", 404)


def test_beginning_is_counted(provider: providers.Provider, client: Client) -> None:
    for _time in range(50):
        begin(provider, client)
    answer = client.get(f"{AUTH}/{provider.name}")
    assert refused(answer, "RATE_LIMITED", 429)
    assert int(answer.headers["Retry-After"]) > 0


# A provider that is not well

USER, EMAILS, TOKEN = "/api/v3/user", "/api/v3/user/emails", "/login/oauth/access_token"


@pytest.mark.parametrize("path", [USER, EMAILS, TOKEN])
def test_a_provider_that_is_down_is_told_from_a_refusal(github: providers.GitHub, client: Client, path: str) -> None:
    github.know("ada", "ada@example.com")
    way = github.consent(begin(github, client), "ada")
    github.fail(path, status=502, body="<h1>Unicorn</h1>")
    answer = come_back(client, way)
    assert refused(answer, "UNAVAILABLE", 503)
    assert answer.headers["Retry-After"]
    assert nobody_came()


def test_a_provider_that_is_too_slow_is_not_waited_for(
    github: providers.GitHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(social, "PATIENCE", 0.3)
    github.know("ada", "ada@example.com")
    way = github.consent(begin(github, client), "ada")
    github.fail(USER, status=200, body="{}", after=PATIENCE)
    assert refused(come_back(client, way), "UNAVAILABLE", 503)


def test_a_provider_that_is_away_is_told_at_the_first_step(
    google: providers.Google, client: Client, settings: Any
) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://127.0.0.1:9"
    assert refused(client.get(f"{AUTH}/google"), "UNAVAILABLE", 503)


@pytest.mark.parametrize("path", [USER, EMAILS, TOKEN])
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, ""), (200, "[]"), (200, "null"), (200, '{"access_token": 7}'), (200, '["x"]'), (401, "{}"), (418, "no")],
)
def test_an_answer_that_cannot_be_right_is_a_sign_in_that_failed(
    github: providers.GitHub, client: Client, path: str, status: int, body: str
) -> None:
    github.know("ada", "ada@example.com")
    way = github.consent(begin(github, client), "ada")
    github.fail(path, status=status, body=body)
    answer = come_back(client, way)
    assert (answer.status_code, answer.json()["code"][:10]) == (401, "AUTH_OAUTH")
    assert nobody_came()


def test_an_id_token_of_another_sign_in_is_refused(google: providers.Google, client: Client) -> None:
    google.know("ada", "ada@example.com")
    address = urlsplit(begin(google, client))
    params = {name: values[0] for name, values in parse_qs(address.query).items()}
    stolen = address._replace(query=urlencode({**params, "nonce": "another"})).geturl()
    assert refused(come_back(client, google.consent(stolen, "ada")), "AUTH_OAUTH_FAILED")
    assert nobody_came()


@pytest.mark.parametrize(("changed", "value"), [("code_challenge", "A" * 43), ("redirect_uri", "http://testserver/x")])
def test_github_gives_no_token_for_a_code_of_another_sign_in(
    github: providers.GitHub, client: Client, changed: str, value: str
) -> None:
    github.know("ada", "ada@example.com")
    address = urlsplit(begin(github, client))
    params = {name: values[0] for name, values in parse_qs(address.query).items()}
    way = urlsplit(github.consent(address._replace(query=urlencode({**params, changed: value})).geturl(), "ada"))
    answer = client.get(f"{AUTH}/github/callback?{way.query}")
    assert refused(answer, "AUTH_OAUTH_FAILED")
    assert nobody_came()


def test_no_log_tells_what_opens_an_account(
    provider: providers.Provider, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    provider.know("ada", "ada@example.com")
    way = provider.consent(begin(provider, client), "ada")
    answer = come_back(client, way)
    come_back(client, way)
    secrets = [values[0] for values in parse_qs(urlsplit(way).query).values()]
    assert caplog.text.count("/callback") >= 2
    secrets += [answer.json()["access_token"], answer.json()["refresh_token"]]
    assert [secret for secret in secrets if secret in caplog.text] == []


def test_clients_and_addresses_come_from_the_environment() -> None:
    told = {"GOOGLE_CLIENT_ID": "g", "GITHUB_CLIENT_ID": "h", "GITHUB_URL": "https://git.example"}
    script = """
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.conf import settings
print(sorted(settings.SOCIALACCOUNT_PROVIDERS[name]["APPS"][0]["client_id"] for name in ("openid_connect", "github")))
print(GitHubOAuth2Adapter.authorize_url, GitHubOAuth2Adapter.emails_url)
"""
    shell = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=settings.BASE_DIR,
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    addresses = "https://git.example/login/oauth/authorize https://git.example/api/v3/user/emails"
    assert shell.stdout.split("\n")[:2] == ["['g', 'h']", addresses]


# An account that somebody else made before


def test_a_squatter_loses_every_way_in(provider: providers.Provider) -> None:
    squatter, theirs = Client(), {"email": "ada@example.com", "password": PASSWORD}
    tokens = squatter.post(f"{AUTH}/register", theirs, content_type="application/json").json()
    user = User.objects.get()
    squatter.force_login(user)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})
    SocialAccount.objects.create(user=user, provider="google", uid="mallory")
    EmailAddress.objects.create(user=user, email="mallory@example.com")
    provider.know("ada", "ada@example.com")

    answer = sign_in(provider)

    assert answer.status_code == 200, answer.text
    login = squatter.post(f"{AUTH}/login", theirs, content_type="application/json")
    assert refused(login, "AUTH_INVALID_CREDENTIALS")
    old = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Client().get(f"{AUTH}/me", headers=old).status_code == 401
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert Client().post(f"{AUTH}/refresh", refresh, content_type="application/json").status_code == 401
    assert squatter.get(f"{AUTH}/me").status_code == 401
    assert not Authenticator.objects.exists()
    assert list(SocialAccount.objects.values_list("provider", "user")) == [(provider.name, user.pk)]
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("ada@example.com", True, True)]
    new = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert Client().get(f"{AUTH}/me", headers=new).json()["id"] == user.pk


def test_an_email_that_another_account_only_wished_for_is_its_owners(provider: providers.Provider) -> None:
    mallory = confirmed(UserFactory(email="mallory@example.com"))
    EmailAddress.objects.create(user=mallory, email="ada@example.com")
    provider.know("ada", "ada@example.com")
    assert sign_in(provider).status_code == 200
    assert set(EmailAddress.objects.values_list("user__email", "email")) == {
        ("mallory@example.com", "mallory@example.com"), ("ada@example.com", "ada@example.com"),
    }  # fmt: skip


@pytest.mark.parametrize("powers", [{}, {"is_staff": False}])
def test_staff_whose_email_was_never_confirmed_are_not_given_away(provider: providers.Provider, powers: dict) -> None:
    boss = StaffFactory(email="boss@example.com", password=PASSWORD, **powers)
    provider.know("ada", "boss@example.com")
    assert refused(sign_in(provider), "AUTH_OAUTH_FAILED")
    boss.refresh_from_db()
    assert (boss.check_password(PASSWORD), SocialAccount.objects.count()) == (True, 0)


def test_staff_with_a_confirmed_email_come_in(provider: providers.Provider) -> None:
    confirmed(StaffFactory(email="boss@example.com"))
    provider.know("ada", "boss@example.com")
    assert sign_in(provider).status_code == 200
