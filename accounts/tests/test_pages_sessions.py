from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from accounts.models import AuthSession, User
from accounts.tests.api import ME, bearer, tokens_of
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages import is_in, queries_of, sign_in
from accounts.web.places import device_of

pytestmark = pytest.mark.django_db

PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ada(client: Client) -> User:
    """Somebody who is signed in here, in another browser and in an app."""
    user = UserFactory(email="ada@example.com", password=PASSWORD)
    sign_in(client)
    return user


@pytest.fixture
def phone(ada: User) -> Client:
    client = Client(headers={"user-agent": SAFARI}, REMOTE_ADDR="192.0.2.7")
    sign_in(client)
    return client


@pytest.fixture
def app(ada: User) -> str:
    return tokens_of(ada).access_token


def places(client: Client) -> list[tuple[str, str | None, bool]]:
    return [(place.device, place.address, place.is_here) for place in client.get(PAGE).context["places"]]


def test_browsers_and_apps_are_listed_together_and_this_one_marked(ada, phone, app, client):
    AuthSession.objects.update(user_agent="BookApp/1.2 (Android 15)", address="192.0.2.9")
    client.defaults["HTTP_USER_AGENT"] = FIREFOX
    shown = places(client)
    assert shown[0] == ("Firefox on Linux", "127.0.0.1", True)
    assert sorted(shown[1:]) == [("Android", "192.0.2.9", False), ("Safari on iPhone", "192.0.2.7", False)]


def test_what_has_ended_is_not_listed(ada, phone, app, client):
    AuthSession.objects.update(expires_at=timezone.now())
    phone.post("/accounts/logout/")
    UserFactory(email="ben@example.com", password=PASSWORD)
    sign_in(Client(), "ben@example.com")
    assert len(places(client)) == 1


def test_one_browser_is_signed_out(ada, phone, app, client):
    number = UserSession.objects.get(ip="192.0.2.7").pk
    assert client.post(f"{PAGE}end/", {"browser": number}).headers["Location"] == PAGE
    assert (is_in(client), is_in(phone), bearer(app).get(ME).status_code) == (True, False, 200)


def test_one_app_is_signed_out(ada, phone, app, client):
    client.post(f"{PAGE}end/", {"client": AuthSession.objects.get().pk})
    assert (is_in(phone), bearer(app).get(ME).status_code) == (True, 401)


def test_nobody_signs_others_out(ada, phone, app):
    ben = Client()
    ben.force_login(UserFactory())
    for session in UserSession.objects.all():
        ben.post(f"{PAGE}end/", {"browser": session.pk})
    ben.post(f"{PAGE}end/", {"client": AuthSession.objects.get().pk})
    assert (is_in(phone), bearer(app).get(ME).status_code) == (True, 200)


@pytest.mark.parametrize("body", [{}, {"browser": "x"}, {"client": "x"}])
def test_what_names_no_session_is_not_found(ada, client, body):
    assert client.post(f"{PAGE}end/", body).status_code == 404


def test_everywhere_else_is_signed_out_and_here_stays(ada, phone, app, client):
    before = client.session.session_key
    assert client.post(f"{PAGE}end-all/", {"but_here": "on"}).headers["Location"] == PAGE
    assert (is_in(client), is_in(phone), bearer(app).get(ME).status_code) == (True, False, 401)
    assert client.session.session_key != before
    assert len(places(client)) == 1


def test_everywhere_is_here_too(ada, phone, app, client):
    assert client.post(f"{PAGE}end-all/").headers["Location"] == "/"
    assert (is_in(client), is_in(phone), bearer(app).get(ME).status_code) == (False, False, 401)


def test_use_is_noted_now_and_then(ada, phone, client, monkeypatch):
    an_hour_ago = timezone.now() - timedelta(hours=1)
    phone.get("/")
    UserSession.objects.update(last_seen_at=an_hour_ago)
    phone.get("/")
    assert UserSession.objects.get(ip="192.0.2.7").last_seen_at == an_hour_ago
    session = phone.session
    session["seen_at"] -= 601
    session.save()
    phone.get("/", REMOTE_ADDR="192.0.2.8")
    assert UserSession.objects.get(ip="192.0.2.8").last_seen_at > an_hour_ago


def test_programs_and_strangers_leave_no_browser_behind(app, client):
    bearer(app).get(ME)
    Client().get("/")
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
        ("<script>", "Unknown device"),
    ],
)
def test_a_device_is_named_by_what_it_says_of_itself(said, name):
    assert device_of(said) == name


def test_more_sessions_ask_no_more(ada, phone, app, client):
    client.get(PAGE)
    few = queries_of(client, PAGE)
    for _more in range(5):
        sign_in(Client())
        tokens_of(ada)
    assert queries_of(client, PAGE) == few
    assert len(places(client)) == 13
