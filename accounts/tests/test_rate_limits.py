"""Which calls refuse who tries too often."""

import pytest
from rest_framework.test import APIClient

from accounts.tests.api import call, client_of, login, problem
from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.core.models import RateCount
from bookstore.core.rate_limits import RULES

pytestmark = pytest.mark.django_db

WAYS_IN = {
    "auth/login": ("login", {"email": "{}@example.com", "password": PASSWORD}),
    "auth/register": ("register", {"email": "{}@example.com", "password": "weak"}),
    "auth/refresh": ("refresh", {"refresh_token": "garbage"}),
    "auth/password/reset": ("password_reset", {"email": "{}@example.com"}),
    "auth/password/reset/confirm": (
        "password_reset_confirm", {"uid": "{}", "token": "x", "new_password": PASSWORD},
    ),
}  # fmt: skip


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, rule in RULES.items():
        monkeypatch.setitem(RULES, name, type(rule)(rule.window, per_address=3, per_account=2))


def filled(body: dict[str, str], who: str) -> dict[str, str]:
    return {name: value.format(who) for name, value in body.items()}


@pytest.mark.parametrize("path", WAYS_IN)
def test_an_address_tries_so_often_and_no_more(path, fewer):
    rule, body = WAYS_IN[path]
    answers = [call(path, filled(body, who)) for who in "abcd"]
    assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]
    assert problem(answers[-1]) == (429, "RATE_LIMITED")
    seconds = RULES[rule].window.total_seconds()
    assert seconds - 60 < int(answers[-1].headers["Retry-After"]) <= seconds


@pytest.mark.parametrize("path", ["auth/login", "auth/register", "auth/password/reset", "auth/password/reset/confirm"])
def test_an_account_is_tried_so_often_and_no_more(path, fewer):
    body = filled(WAYS_IN[path][1], "ada")
    answers = []
    for number in range(3):
        client = APIClient(REMOTE_ADDR=f"192.0.2.{number}")
        answers.append(client.post(f"/api/v1/{path}", {**body, "email": body.get("email", "").upper()}))
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]


def test_who_knows_the_password_is_never_too_often():
    UserFactory(email="ada@example.com", password=PASSWORD)
    assert {login("ada@example.com").status_code for _ in range(12)} == {200}


def test_a_right_password_is_refused_after_too_many_wrong_ones():
    UserFactory(email="ada@example.com", password=PASSWORD)
    wrong = [login("ada@example.com", "wrong").status_code for _ in range(10)]
    assert wrong == [401] * 10
    assert problem(login("Ada@example.com")) == (429, "RATE_LIMITED")


def test_a_right_password_makes_good_for_the_wrong_ones_before():
    UserFactory(email="ada@example.com", password=PASSWORD)
    for _ in range(2):
        assert [login("ada@example.com", "wrong").status_code for _ in range(9)] == [401] * 9
        assert login("ada@example.com").status_code == 200


def test_pages_and_api_count_together(client):
    UserFactory(email="ada@example.com", password=PASSWORD)
    for _ in range(10):
        login("ada@example.com", "wrong")
    answer = client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert "A little slower, please" in answer.text


def test_what_is_only_read_is_not_counted():
    client = client_of(UserFactory())
    for _ in range(20):
        assert client.get("/api/v1/auth/me").status_code == 200
    assert not RateCount.objects.exists()


def test_load_tests_switch_it_off(settings):
    settings.RATE_LIMITS = False
    assert {login("ada@example.com", "x").status_code for _ in range(12)} == {401}
