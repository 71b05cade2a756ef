"""The name, what one may take along, and what is left once one is gone."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import services
from accounts.models import Address, AuthSession, User
from accounts.tests.api import ME, bearer, tokens_of
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import faults, is_in, prove, sign_in, told
from accounts.tests.second_factors import add_app
from bookstore.core.models import Mail
from catalog.models import StockMovement
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db

CLOSE = "/accounts/delete/"
DOWNLOAD = "/accounts/data/download/"


@pytest.fixture
def ada(client: Client) -> User:
    user = services.register_user("ada@example.com", PASSWORD, "Ada Reader")
    sign_in(client)
    return user


def close(client: Client, email: str = "ada@example.com") -> Any:
    return client.post(CLOSE, {"email": email})


def test_a_name_is_changed_and_nothing_else(ada, client):
    services.change_password(User.objects.get(), "another-lamp-8-quay")
    sign_in(client, password="another-lamp-8-quay")
    client.post("/accounts/profile/", {"full_name": "Augusta Ada", "email": "x@example.com", "is_staff": "on"})
    ada.refresh_from_db()
    assert (ada.full_name, ada.email, ada.is_staff) == ("Augusta Ada", "ada@example.com", False)
    assert ada.check_password("another-lamp-8-quay")


# Taking it along


def test_what_the_shop_knows_comes_in_one_file(ada, client):
    services.add_address(ada, full_name="Ada", line1="Quay 1", city="Harbour", country="NL")
    SocialAccount.objects.create(user=ada, provider="github", uid="7")
    secret = add_app(ada)
    tokens_of(ada)
    prove(client)

    file = client.get(DOWNLOAD)

    assert file.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert "no-store" in file.headers["Cache-Control"]
    data = file.json()
    assert (data["account"]["email"], data["account"]["full_name"]) == ("ada@example.com", "Ada Reader")
    assert [(row["city"], row["country"]) for row in data["addresses"]] == [("Harbour", "NL")]
    assert [(row["provider"], row["uid"]) for row in data["connected_accounts"]] == [("github", "7")]
    for section in ("emails", "second_factors", "browser_sessions", "api_sessions", "mails"):
        assert len(data[section]) == 1
    for kept_to_ourselves in (ada.password, secret, str(ada.session_epoch), client.session.session_key):
        assert kept_to_ourselves not in file.text


def test_the_file_asks_for_a_proof(ada, client):
    assert client.get(DOWNLOAD).headers["Location"].startswith("/accounts/reauthenticate/")


def test_other_apps_add_what_they_know(ada):
    def orders_of(user: User, **_sent: Any) -> dict[str, Any]:
        return {"orders": [user.pk]}

    services.personal_data_collected.connect(orders_of)
    try:
        assert services.personal_data(ada)["orders"] == [ada.pk]
    finally:
        services.personal_data_collected.disconnect(orders_of)


# Leaving


def test_an_account_is_deleted_with_all_that_is_only_about_the_person(ada, client):
    services.add_address(ada, full_name="Ada", line1="Quay 1", city="Harbour", country="NL")
    SocialAccount.objects.create(user=ada, provider="github", uid="7")
    token, phone = tokens_of(ada).access_token, Client()
    sign_in(phone)
    prove(client)

    assert close(client, "ADA@example.com ").headers["Location"] == "/"

    assert told(client) == ["Your account is deleted. Thank you for having been here."]
    gone = (User, EmailAddress, Address, SocialAccount, AuthSession, UserSession)
    assert [model.objects.count() for model in gone] == [0] * 6
    assert (is_in(client), is_in(phone), bearer(token).get(ME).status_code) == (False, False, 401)
    assert [(mail.kind, mail.to) for mail in Mail.objects.all()] == [("mail/account_closed", "ada@example.com")]


def test_it_asks_for_a_proof_first(ada, client):
    assert close(client).headers["Location"].startswith("/accounts/reauthenticate/")
    assert User.objects.count() == 1


@pytest.mark.parametrize("email", ["", "ada", "ben@example.com"])
def test_it_asks_for_the_e_mail_to_be_typed(ada, client, email):
    prove(client)
    assert list(faults(close(client, email))) == ["email"]
    assert (User.objects.count(), is_in(client)) == (1, True)


def test_it_says_what_will_happen(ada, client):
    prove(client)
    page = client.get(CLOSE).text
    assert "Orders stay in our books" in page
    assert "Nobody can undo it." in page


@pytest.mark.parametrize("power", ["is_staff", "is_superuser", "is_service"])
def test_an_account_of_the_staff_or_a_service_is_not_deleted(client, power):
    user = UserFactory(email="ada@example.com", password=PASSWORD, **{power: True})
    sign_in(client)
    prove(client)
    assert client.get(CLOSE).status_code == 200
    assert close(client).status_code == 302
    assert User.objects.get() == user
    assert is_in(client)


def test_what_they_did_to_the_stock_stays_without_their_name(ada):
    movement = StockMovement.objects.filter(offer=OfferFactory(stock_quantity=3)).latest("pk")
    StockMovement.objects.filter(pk=movement.pk).update(actor=ada)
    services.close_account(ada)
    movement.refresh_from_db()
    assert movement.actor is None


def test_a_new_account_with_the_e_mail_begins_empty(ada):
    services.close_account(ada)
    assert Session.objects.count() == 0
    again = services.register_user("ada@example.com", PASSWORD)
    assert (again.pk != ada.pk, again.full_name) == (True, "")


def test_other_apps_are_told_before(ada):
    heard = []

    def listen(user: User, **_sent: Any) -> None:
        heard.append(User.objects.filter(pk=user.pk).exists())

    services.account_closing.connect(listen)
    try:
        services.close_account(ada)
    finally:
        services.account_closing.disconnect(listen)
    assert heard == [True]
