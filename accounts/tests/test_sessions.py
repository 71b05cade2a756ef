"""What is left of sessions, and what is deleted."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.jobs import delete_old_sessions
from accounts.models import AuthSession
from accounts.tests.api import tokens_of
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_in_on_the_page(email: str) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return browser


def test_signing_out_everywhere_leaves_nothing_open():
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    tokens_of(user)
    browsers = [sign_in_on_the_page("ada@example.com") for _ in range(2)]
    assert (UserSession.objects.count(), AuthSession.objects.live().count()) == (2, 1)
    services.end_all_sessions(user)
    assert (UserSession.objects.count(), Session.objects.count(), AuthSession.objects.live().count()) == (0, 0, 0)
    assert ["_auth_user_id" in browser.session for browser in browsers] == [False, False]


def test_sessions_of_others_stay():
    other = UserFactory(email="ben@example.com", password=PASSWORD)
    tokens_of(other)
    browser = sign_in_on_the_page("ben@example.com")
    services.end_all_sessions(UserFactory())
    assert AuthSession.objects.live().count() == 1
    assert browser.get("/api/v1/auth/me").status_code == 200


@pytest.mark.parametrize(("ended", "left"), [(timedelta(days=29), 1), (timedelta(days=31), 0)])
def test_a_session_of_the_api_is_deleted_a_month_after_its_end(ended, left):
    tokens_of(UserFactory())
    AuthSession.objects.update(expires_at=timezone.now() - ended)
    delete_old_sessions(0)
    assert AuthSession.objects.count() == left


def test_sessions_of_browsers_that_are_over_are_deleted():
    UserFactory(email="ada@example.com", password=PASSWORD)
    over, open_ = (sign_in_on_the_page("ada@example.com") for _ in range(2))
    Session.objects.filter(session_key=over.session.session_key).update(expire_date=timezone.now())
    delete_old_sessions(0)
    assert UserSession.objects.get().session_key == Session.objects.get().session_key == open_.session.session_key
