"""Changing a password, and choosing a new one by a link in a mail."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import services
from accounts.models import AuthSession, User
from accounts.tests.api import (
    ME,
    bearer,
    call,
    client_of,
    fields_at_fault,
    link_in_the_mail,
    login,
    problem,
    refresh,
    tokens_of,
)
from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.core.models import Mail, RateCount

pytestmark = pytest.mark.django_db

NEW = "another-lamp-8-river"
CHANGE = "/api/v1/auth/password/change"
TO_NEW = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def user() -> User:
    return UserFactory(email="ada@example.com", password=PASSWORD)


def is_password(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


# Changing it


def test_a_password_is_changed_and_every_token_ends(user):
    tokens, other = tokens_of(user), tokens_of(user)
    answer = bearer(tokens.access_token).post(CHANGE, TO_NEW)
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_password(user, NEW)
    for pair in (tokens, other):
        assert problem(bearer(pair.access_token).get(ME)) == (401, "AUTH_INVALID_TOKEN")
        assert problem(refresh(pair.refresh_token)) == (401, "AUTH_TOKEN_REVOKED")
    assert login("ada@example.com", NEW).status_code == 200


def test_the_browser_that_changed_it_stays_signed_in_and_no_other(user):
    here, there = APIClient(), APIClient()
    here.force_login(user)
    there.force_login(user)
    tokens = tokens_of(user)
    before = here.cookies["sessionid"].value
    assert here.post(CHANGE, TO_NEW).status_code == 204
    assert here.get(ME).status_code == 200
    assert here.cookies["sessionid"].value != before
    assert there.get(ME).status_code == bearer(tokens.access_token).get(ME).status_code == 401


def test_the_mailbox_is_told_that_the_password_changed(user):
    client_of(user).post(CHANGE, TO_NEW)
    mail = Mail.objects.get()
    assert (mail.to, mail.kind) == ("ada@example.com", "account/email/password_changed")
    assert NEW not in mail.text + mail.html


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current_password": "wrong"}, "current_password"),
        ({"current_password": ""}, "current_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "ada@example.com"}, "new_password"),
        ({"new_password": None}, "new_password"),
    ],
)
def test_a_refused_change_changes_nothing(user, body, field):
    tokens = tokens_of(user)
    assert fields_at_fault(bearer(tokens.access_token).post(CHANGE, TO_NEW | body)) == [field]
    assert is_password(user, PASSWORD)
    assert bearer(tokens.access_token).get(ME).status_code == 200
    assert not Mail.objects.exists()


def test_a_password_is_changed_by_who_is_signed_in():
    assert problem(call("auth/password/change", TO_NEW)) == (401, "AUTH_REQUIRED")


def test_guessing_the_current_password_is_soon_too_often(user):
    client = client_of(user)
    wrong = TO_NEW | {"current_password": "wrong"}
    assert [client.post(CHANGE, wrong).status_code for _ in range(11)] == [400] * 10 + [429]
    assert problem(client.post(CHANGE, TO_NEW)) == (429, "RATE_LIMITED")
    assert is_password(user, PASSWORD)


# Choosing another by a link


def ask(email: str):
    return call("auth/password/reset", {"email": email})


def confirm(uid: str, token: str, new_password: str = NEW):
    return call("auth/password/reset/confirm", {"uid": uid, "token": token, "new_password": new_password})


def test_a_new_password_is_chosen_by_the_link_of_a_mail(user):
    tokens = tokens_of(user)
    assert ask("ADA@example.com").status_code == 204
    assert Mail.objects.get().to == "ada@example.com"
    answer = confirm(*link_in_the_mail())
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_password(user, NEW)
    assert problem(refresh(tokens.refresh_token)) == (401, "AUTH_TOKEN_REVOKED")
    assert not AuthSession.objects.live().exists()


def test_the_link_of_the_mail_works_on_the_page_too(user):
    ask("ada@example.com")
    uid, token = link_in_the_mail()
    browser = Client()
    form = browser.get(f"/accounts/password/reset/key/{uid}-{token}/", follow=True)
    assert form.status_code == 200
    browser.post(form.redirect_chain[-1][0], {"password1": NEW})
    assert is_password(user, NEW)


def test_the_link_that_the_page_sends_works_in_the_api_too(user):
    Client().post("/accounts/password/reset/", {"email": "ada@example.com"})
    assert confirm(*link_in_the_mail()).status_code == 204
    assert is_password(user, NEW)


def test_a_link_works_once(user):
    ask("ada@example.com")
    uid, token = link_in_the_mail()
    confirm(uid, token)
    assert fields_at_fault(confirm(uid, token, "third-lamp-9-river")) == ["token"]
    assert is_password(user, NEW)


def test_a_link_ends_with_a_change_of_the_password(user):
    ask("ada@example.com")
    services.change_password(user, NEW)
    Mail.objects.latest("pk").delete()
    assert fields_at_fault(confirm(*link_in_the_mail(), "third-lamp-9-river")) == ["token"]


def test_a_link_is_too_old_after_some_days(user, settings):
    ask("ada@example.com")
    uid, token = link_in_the_mail()
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert fields_at_fault(confirm(uid, token)) == ["token"]
    assert is_password(user, PASSWORD)


@pytest.mark.parametrize("uid", ["1", "zzzzzzzzzzzzz", "zzzzzzzzzzzzzzzz", "-", "é", "0", "%"])
def test_a_link_of_nobody_is_refused(user, uid):
    ask("ada@example.com")
    assert fields_at_fault(confirm(uid if uid != "1" else "zz", link_in_the_mail()[1])) == ["token"]
    assert is_password(user, PASSWORD)


def test_a_weak_new_password_is_refused_and_the_link_stays_good(user):
    ask("ada@example.com")
    uid, token = link_in_the_mail()
    assert fields_at_fault(confirm(uid, token, "short")) == ["new_password"]
    assert confirm(uid, token).status_code == 204


def test_a_deactivated_account_gets_no_link_and_has_none(user):
    ask("ada@example.com")
    uid, token = link_in_the_mail()
    services.deactivate_user(user.pk)
    assert fields_at_fault(confirm(uid, token)) == ["token"]
    ask("ada@example.com")
    assert Mail.objects.latest("pk").kind == "account/email/unknown_account"


def test_an_unknown_e_mail_looks_the_same(user):
    known, unknown = ask("ada@example.com"), ask("ben@example.com")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (204, b"")
    assert "Set-Cookie" not in unknown.headers
    mail = Mail.objects.get(to="ben@example.com")
    assert (mail.kind, "/password/reset/key/" in mail.text) == ("account/email/unknown_account", False)


@pytest.mark.parametrize("email", ["", "x", None, 7])
def test_what_is_no_e_mail_is_mailed_nothing(email):
    assert fields_at_fault(ask(email)) == ["email"]
    assert not Mail.objects.exists()


def test_a_new_password_lets_in_who_had_tried_too_often(user):
    for _ in range(11):
        login("ada@example.com", "wrong")
    assert problem(login("ada@example.com")) == (429, "RATE_LIMITED")
    ask("ada@example.com")
    confirm(*link_in_the_mail())
    assert login("ada@example.com", NEW).status_code == 200
    assert RateCount.objects.exists()


def test_mails_to_one_address_are_soon_too_many(user):
    assert [ask("ada@example.com").status_code for _ in range(6)] == [204] * 5 + [429]
    assert Mail.objects.count() == 5
