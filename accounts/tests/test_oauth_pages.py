"""Signing in by Google and GitHub on the pages, and connecting and disconnecting them, with real processes."""

import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts import adapters
from accounts.models import User
from accounts.tests import providers
from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.core.models import Mail

pytestmark = pytest.mark.django_db

CONNECTIONS = "/accounts/3rdparty/"
SIGN_IN = "/accounts/login/"


def begin(provider: providers.Provider, client: Client, **asked: str) -> str:
    answer = client.post(f"/accounts/{provider.name}/login/", asked)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(provider: providers.Provider, client: Client, person: str = "ada", **asked: str) -> Any:
    return come_back(client, provider.consent(begin(provider, client, **asked), person))


def reader(client: Client) -> User | None:
    """Return who the pages take this browser's reader for."""
    number = client.session.get("_auth_user_id")
    return User.objects.get(pk=number) if number and client.get("/api/v1/auth/me").status_code == 200 else None


def told(client: Client) -> list[str]:
    return [str(message) for message in client.get(SIGN_IN).context["messages"]]


def test_a_new_person_is_signed_in_and_led_on(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com", full_name="Ada Reader")
    answer = sign_in(provider, client, next="/books/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/books/")
    user = User.objects.get()
    assert reader(client) == user
    assert (user.email, user.full_name, user.has_usable_password()) == ("ada@example.com", "Ada Reader", False)
    assert list(EmailAddress.objects.values_list("verified", "primary")) == [(True, True)]


def test_the_way_back_leads_nowhere_else(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    assert sign_in(provider, client, next="https://evil.example/").headers["Location"] == "/"


def test_pages_and_api_lead_to_one_account(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    sign_in(provider, client)
    app = Client()
    way = urlsplit(provider.consent(app.get(f"/api/v1/auth/{provider.name}").headers["Location"], "ada"))
    assert app.get(f"{way.path}?{way.query}").status_code == 200
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("email", "is_verified", "sentence"),
    [("ada@example.com", False, "Your e-mail is not verified there."), (None, True, "We were told no e-mail.")],
)
def test_who_has_no_verified_email_is_told_so(
    provider: providers.Provider, client: Client, email: str | None, is_verified: bool, sentence: str
) -> None:
    provider.know("ada", email, is_verified=is_verified)
    answer = sign_in(provider, client)
    assert answer.headers["Location"] == SIGN_IN
    assert told(client)[0].startswith(sentence)
    assert (User.objects.count(), reader(client)) == (0, None)


def test_who_declines_is_told_so(provider: providers.Provider, client: Client) -> None:
    way = provider.deny(begin(provider, client))
    answer = come_back(client, way)
    assert answer.headers["Location"] == SIGN_IN
    assert len(told(client)) == 1
    assert reader(client) is None


def test_a_forged_state_opens_nothing(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    way = provider.consent(begin(provider, client), "ada")
    assert come_back(Client(), way).headers["Location"] == SIGN_IN
    assert User.objects.count() == 0


def test_a_provider_that_is_away_is_a_page_that_says_so(
    google: providers.Google, client: Client, settings: Any
) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = client.post("/accounts/google/login/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")


def test_a_deactivated_account_stays_closed(provider: providers.Provider, client: Client) -> None:
    user = UserFactory(email="ada@example.com", is_active=False)
    provider.know("ada", "ada@example.com")
    assert sign_in(provider, client).headers["Location"] == SIGN_IN
    assert (reader(client), SocialAccount.objects.filter(user=user).count()) == (None, 0)


def test_an_account_with_a_second_factor_asks_for_its_code(provider: providers.Provider, client: Client) -> None:
    user = UserFactory(email="ada@example.com")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    provider.know("ada", "ada@example.com")
    assert sign_in(provider, client).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert reader(client) is None


def test_a_squatter_loses_every_way_in(provider: providers.Provider, client: Client) -> None:
    squatter, theirs = Client(), {"email": "ada@example.com", "password": PASSWORD}
    tokens = squatter.post("/api/v1/auth/register", theirs, content_type="application/json").json()
    user = User.objects.get()
    squatter.force_login(user)
    provider.know("ada", "ada@example.com")

    sign_in(provider, client)

    assert (reader(client), reader(squatter)) == (user, None)
    user.refresh_from_db()
    assert not user.has_usable_password()
    old = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Client().get("/api/v1/auth/me", headers=old).status_code == 401
    assert Mail.objects.filter(kind="socialaccount/email/account_connected").count() == 1


# Connecting and disconnecting


@pytest.fixture
def ada(client: Client) -> User:
    """Somebody who is signed in by her password."""
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    assert reader(client) == user
    return user


def confirm(client: Client) -> Any:
    """Give the password once more, as is asked before a way in is added or taken away."""
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def test_a_provider_is_connected_whatever_the_email_there(
    ada: User, provider: providers.Provider, client: Client
) -> None:
    provider.know("elsewhere", "other@example.com", is_verified=False)
    assert sign_in(provider, client, "elsewhere", process="connect").headers["Location"] == "/accounts/reauthenticate/"
    assert SocialAccount.objects.count() == 0
    assert confirm(client).headers["Location"] == CONNECTIONS
    assert SocialAccount.objects.get().user == ada
    assert Mail.objects.get().kind == "socialaccount/email/account_connected"
    other = Client()
    sign_in(provider, other, "elsewhere")
    assert reader(other) == ada


def test_what_is_anothers_is_not_connected(ada: User, provider: providers.Provider, client: Client) -> None:
    provider.know("ben", "ben@example.com")
    sign_in(provider, Client(), "ben")
    confirm(client)
    assert sign_in(provider, client, "ben", process="connect").headers["Location"] == CONNECTIONS
    assert SocialAccount.objects.get().user.email == "ben@example.com"


def test_a_provider_is_disconnected(ada: User, provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    confirm(client)
    sign_in(provider, client, process="connect")
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.count() == 0
    kinds = Mail.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-1] == "socialaccount/email/account_disconnected"


def test_the_last_way_in_is_not_disconnected(provider: providers.Provider, client: Client) -> None:
    provider.know("ada", "ada@example.com")
    sign_in(provider, client)
    answer = client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert answer.context["form"].errors
    assert SocialAccount.objects.count() == 1


def test_what_is_anothers_is_not_disconnected(ada: User, provider: providers.Provider, client: Client) -> None:
    provider.know("ben", "ben@example.com")
    sign_in(provider, Client(), "ben")
    confirm(client)
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.count() == 1


def test_nobody_connects_a_provider_before_their_e_mail_is_confirmed(
    ada: User, provider: providers.Provider, client: Client
) -> None:
    EmailAddress.objects.update(verified=False)
    provider.know("squatter", "squatter@example.com")
    confirm(client)
    assert sign_in(provider, client, "squatter", process="connect").headers["Location"] == CONNECTIONS
    assert not SocialAccount.objects.exists()


def test_who_has_no_password_proves_themselves_by_coming_again(
    provider: providers.Provider, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.know("ada", "ada@example.com")
    sign_in(provider, client)
    assert client.get("/accounts/delete/").status_code == 200
    now = time.time()

    with monkeypatch.context() as later:
        later.setattr(adapters, "time", lambda: now + 301)
        asked = client.get("/accounts/delete/").headers["Location"]

    assert asked == "/accounts/again/?next=%2Faccounts%2Fdelete%2F"
    assert f"/accounts/{provider.name}/login/?process=login&amp;next=" in client.get(asked).text
    assert sign_in(provider, client, next="/accounts/delete/").headers["Location"] == "/accounts/delete/"
    assert client.get("/accounts/delete/").status_code == 200
