"""Everybody's accounts, for staff."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.api import ME, bearer, client_of, fields_at_fault, login, problem, tokens_of
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

USERS = "/api/v1/admin/users"


@pytest.fixture
def staff() -> APIClient:
    return client_of(StaffFactory(email="boss@example.com", full_name="Boss"))


def emails(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [item["email"] for item in answer.json()["items"]]


def test_a_user_is_shown_as_the_contract_says(staff):
    ada = UserFactory(email="ada@example.com", full_name="Ada Lovelace")
    answer = staff.get(f"{USERS}?q=ada")
    page = answer.json()
    (shown,) = page.pop("items")
    assert page == {"total": 1, "page": 1, "size": 20, "next": None}
    assert shown.pop("created_at").endswith("Z")
    assert shown == {
        "id": ada.pk, "email": "ada@example.com", "full_name": "Ada Lovelace", "role": "user", "is_active": True,
    }  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ada@example.com", "ben@example.com", "boss@example.com", "press@services.invalid"]),
        ("?role=&is_active=&q=", ["ada@example.com", "ben@example.com", "boss@example.com", "press@services.invalid"]),
        ("?role=user", ["ada@example.com", "ben@example.com"]),
        ("?role=admin", ["boss@example.com"]),
        ("?role=service", ["press@services.invalid"]),
        ("?is_active=false", ["ben@example.com"]),
        ("?is_active=true&role=user", ["ada@example.com"]),
        ("?q=LOVE", ["ada@example.com"]),
        ("?q=example.com&is_active=true&role=user", ["ada@example.com"]),
        ("?q=żółć", ["ben@example.com"]),
        ("?q=%25", []),
        ("?q=_da", []),
    ],
)
def test_users_are_found_by_role_activity_and_text(staff, query, expected):
    UserFactory(email="ada@example.com", full_name="Ada Lovelace")
    UserFactory(email="ben@example.com", full_name="Ben Żółć", is_active=False)
    UserFactory(email="press@services.invalid", is_service=True)
    assert emails(staff.get(USERS + query)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("role=boss", "role"),
        ("role=USER", "role"),
        ("is_active=1", "is_active"),
        ("is_active=True", "is_active"),
        (f"q={'x' * 201}", "q"),
        ("page=0", "page"),
        ("size=101", "size"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_bad_parameter_is_named(staff, query, field):
    assert fields_at_fault(staff.get(f"{USERS}?{query}")) == [field]


def test_the_list_goes_on_by_cursor(staff):
    for name in "cba":
        UserFactory(email=f"{name}@example.com")
    first = staff.get(f"{USERS}?size=2")
    assert emails(first) == ["a@example.com", "b@example.com"]
    rest = staff.get(USERS, {"size": 2, "cursor": first.json()["next"]})
    assert (emails(rest), rest.json()["next"]) == (["boss@example.com", "c@example.com"], None)


def test_a_list_costs_the_same_however_long(staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(USERS)
        return len(captured)

    short = queries()
    UserFactory.create_batch(5)
    assert (short, queries()) == (3, 3)


@pytest.mark.parametrize("path", ["", "/1/deactivate", "/1/reactivate"])
@pytest.mark.parametrize("who", ["nobody", "shopper", "service"])
def test_all_this_is_for_staff(path, who):
    client = {
        "nobody": APIClient,
        "shopper": lambda: client_of(UserFactory()),
        "service": lambda: client_of(UserFactory(is_service=True)),
    }[who]()
    answer = client.patch(USERS + path) if path else client.get(USERS)
    assert problem(answer) == ((401, "AUTH_REQUIRED") if who == "nobody" else (403, "FORBIDDEN"))


def test_a_deactivated_account_is_out_at_once(staff):
    ada = UserFactory(email="ada@example.com", password=PASSWORD)
    tokens, browser = tokens_of(ada), APIClient()
    browser.force_login(ada)
    answer = staff.patch(f"{USERS}/{ada.pk}/deactivate")
    assert (answer.status_code, answer.json()["is_active"], answer.json()["id"]) == (200, False, ada.pk)
    assert bearer(tokens.access_token).get(ME).status_code == browser.get(ME).status_code == 401
    assert problem(login("ada@example.com")) == (401, "AUTH_INVALID_CREDENTIALS")


def test_a_reactivated_account_may_sign_in_again(staff):
    ada = UserFactory(email="ada@example.com", password=PASSWORD, is_active=False)
    for _time in range(2):
        assert staff.patch(f"{USERS}/{ada.pk}/reactivate").json()["is_active"] is True
    assert login("ada@example.com").status_code == 200


def test_deactivating_twice_is_as_deactivating_once(staff):
    ada = UserFactory()
    assert [staff.patch(f"{USERS}/{ada.pk}/deactivate").status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("powers", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_are_never_deactivated(staff, powers):
    colleague = UserFactory(**powers)
    client = client_of(colleague)
    assert problem(staff.patch(f"{USERS}/{colleague.pk}/deactivate")) == (403, "FORBIDDEN")
    assert User.objects.get(pk=colleague.pk).is_active
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize("act", ["deactivate", "reactivate"])
def test_an_unknown_user_is_not_found(staff, act):
    assert problem(staff.patch(f"{USERS}/{10**17}/{act}")) == (404, "USER_NOT_FOUND")
    assert problem(staff.patch(f"{USERS}/x/{act}")) == (404, "NOT_FOUND")
