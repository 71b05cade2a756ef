from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.api import ME, bearer, tokens_of
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import faults, is_in, path_in_mail, sign_in, told
from bookstore.core.models import Mail
from bookstore.core.rate_limits import RULES

pytestmark = pytest.mark.django_db

NEW = "another-lamp-8-quay"
CHANGE = "/accounts/password/change/"
FORGOTTEN = "/accounts/password/reset/"


@pytest.fixture
def ada(client: Client) -> User:
    """Somebody who is signed in by her password."""
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    sign_in(client)
    return user


def change(client: Client, **typed: str) -> Any:
    return client.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW} | typed)


def test_a_changed_password_keeps_this_browser_and_ends_everything_else(ada, client):
    elsewhere, app = Client(), bearer(tokens_of(ada).access_token)
    sign_in(elsewhere)

    assert change(client).headers["Location"] == "/accounts/"

    assert (is_in(client), is_in(elsewhere), app.get(ME).status_code) == (True, False, 401)
    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), password=NEW).status_code == 302
    assert [mail.kind for mail in Mail.objects.all()] == ["account/email/password_changed"]


@pytest.mark.parametrize(
    ("typed", "field"), [({"oldpassword": "wrong"}, "oldpassword"), ({"password1": "short"}, "password1")]
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(ada, client, typed, field):
    assert list(faults(change(client, **typed))) == [field]
    ada.refresh_from_db()
    assert (ada.check_password(PASSWORD), Mail.objects.count()) == (True, 0)


def test_guessing_the_old_password_is_limited(ada, client, settings):
    settings.RATE_LIMITS = True
    for _try in range(RULES["password_change"].per_account):
        change(client, oldpassword="wrong")
    assert change(client).status_code == 429
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_a_new_password_is_asked_once_and_can_be_read(ada, client):
    page = change(client, show="on")
    assert [field.name for field in page.context["form"]] == ["oldpassword", "password1"]
    assert f'<input type="text" name="password1" value="{NEW}"' in page.text


# Forgotten


def ask(client: Client, email: str = "ada@example.com") -> Any:
    return client.post(FORGOTTEN, {"email": email})


def test_a_forgotten_password_is_chosen_anew_by_the_mails_link(client):
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    signed_in = Client()
    sign_in(signed_in)
    ask(client)
    form = client.get(path_in_mail()).headers["Location"]
    assert form.endswith("-set-password/")

    assert client.post(form, {"password1": NEW}).headers["Location"] == "/accounts/password/reset/key/done/"

    user.refresh_from_db()
    assert (user.check_password(NEW), is_in(signed_in), is_in(client)) == (True, False, False)
    assert Mail.objects.latest("pk").kind == "account/email/password_changed"


def test_a_link_works_once(client):
    UserFactory(email="ada@example.com", password=PASSWORD)
    ask(client)
    link = path_in_mail()
    client.post(client.get(link).headers["Location"], {"password1": NEW})
    assert "This link no longer works" in client.get(link).text
    assert "This link no longer works" in Client().get(link).text


def test_who_is_signed_in_may_use_the_link_too(ada, client):
    ask(client)
    form = client.get(path_in_mail()).headers["Location"]
    assert client.post(form, {"password1": NEW}).status_code == 302
    assert not is_in(client)


def test_an_unknown_e_mail_looks_the_same(client):
    UserFactory(email="ada@example.com")
    UserFactory(email="gone@example.com", is_active=False)
    answers = [ask(client, email) for email in ("ada@example.com", "nobody@example.com", "gone@example.com")]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }
    assert Mail.objects.filter(kind="account/email/password_reset_key").count() == 1


def test_links_lead_to_the_shop_whatever_the_request_says(client):
    UserFactory(email="ada@example.com")
    client.post(FORGOTTEN, {"email": "ada@example.com"}, headers={"host": "127.0.0.1"})
    assert path_in_mail().startswith("/accounts/password/reset/key/")
    assert "127.0.0.1" not in Mail.objects.get().text


def test_asking_for_links_is_limited_for_an_e_mail(client, settings):
    settings.RATE_LIMITS = True
    for _time in range(RULES["password_reset"].per_account):
        assert ask(client).status_code == 302
    assert ask(client, "ADA@example.com").status_code == 429
    assert ask(client, "ben@example.com").status_code == 302


# A first one


def test_who_came_without_a_password_gets_one_through_the_mailbox(client):
    user = UserFactory(email="ada@example.com", password=None)
    client.force_login(user)
    assert client.get(CHANGE).headers["Location"] == "/accounts/password/set/"
    client.post("/accounts/password/set/", {"password1": NEW})
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert told(client) == ["A link to choose a password is on its way to ada@example.com."]
    client.post(client.get(path_in_mail()).headers["Location"], {"password1": NEW})
    user.refresh_from_db()
    assert user.check_password(NEW)
