"""Counting tries: whose they are, in which window, and across processes."""

from datetime import datetime, timedelta
from math import ceil

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from bookstore.core.errors import TooMany
from bookstore.core.jobs import delete_rate_counts
from bookstore.core.models import RateCount
from bookstore.core.rate_limits import RULES, Rule, address_of, ensure_left, forgive, spend
from bookstore.core.tests.processes import Process

pytestmark = pytest.mark.django_db

REQUESTS = RequestFactory()


@pytest.fixture(autouse=True)
def a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "tests", Rule(timedelta(minutes=1), per_address=4, per_account=2))


def from_address(address: str, forwarded: str | None = None):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return REQUESTS.get("/", REMOTE_ADDR=address, **headers)


def tries(*requests_and_accounts) -> list[bool]:
    """Try once for each; tell which were let through."""

    def is_let_through(request, account: str) -> bool:
        try:
            spend("tests", request, account)
        except TooMany:
            return False
        return True

    return [is_let_through(request, account) for request, account in requests_and_accounts]


def test_an_account_has_its_tries_wherever_they_come_from():
    somewhere = [(from_address(f"192.0.2.{number}"), "ada") for number in range(3)]
    assert tries(*somewhere) == [True, True, False]
    assert tries((from_address("192.0.2.9"), "ben")) == [True]


def test_an_address_has_its_tries_whatever_it_tries():
    here = from_address("192.0.2.1")
    assert tries(*((here, name) for name in "abcde")) == [True] * 4 + [False]
    assert tries((from_address("192.0.2.2"), "a")) == [True]


def test_who_is_over_the_limit_uses_up_nobodys_account():
    here = from_address("192.0.2.1")
    tries(*((here, name) for name in "abcd"))
    tries(*[(here, "victim")] * 5)
    assert tries((from_address("192.0.2.2"), "victim")) == [True]


def left_since(begin: datetime) -> range:
    """Return how many seconds may be left of a window of a minute that began after `begin`."""
    return range(60 - ceil((timezone.now() - begin).total_seconds()), 61)


def test_the_refusal_says_when_to_come_back():
    here, begin = from_address("192.0.2.1"), timezone.now()
    for _ in range(2):
        spend("tests", here, "ada")
    with pytest.raises(TooMany) as refused:
        spend("tests", here, "ada")
    assert refused.value.retry_after in left_since(begin)
    assert str(refused.value.message) == "That was too often. Please try again in 1 minute."


def test_a_window_that_has_passed_begins_anew():
    here = from_address("192.0.2.1")
    assert tries(*[(here, "ada")] * 3) == [True, True, False]
    RateCount.objects.update(ends_at=timezone.now())
    assert tries(*[(here, "ada")] * 3) == [True, True, False]


def test_tries_do_not_lengthen_the_window():
    here = from_address("192.0.2.1")
    tries((here, "ada"))
    ends = set(RateCount.objects.values_list("ends_at"))
    tries(*[(here, "ada")] * 3)
    assert set(RateCount.objects.values_list("ends_at")) == ends


def test_a_success_is_forgiven_to_account_and_address():
    here = from_address("192.0.2.1")
    for _ in range(10):
        spend("tests", here, "ada")
        forgive("tests", here, "ada")
    assert tries(*[(here, "ada")] * 3) == [True, True, False]


def test_a_success_with_ones_own_account_forgives_no_other_try():
    here = from_address("192.0.2.1")
    tries((here, "victim"), (here, "victim"))
    spend("tests", here, "mine")
    forgive("tests", here, "mine")
    assert tries((here, "victim"), (here, "other"), (here, "third")) == [False, True, False]


def is_left(request, account: str) -> bool:
    try:
        ensure_left("tests", request, account)
    except TooMany:
        return False
    return True


def test_who_has_no_try_left_is_told_when_to_come_back():
    here, begin = from_address("192.0.2.1"), timezone.now()
    tries(*[(here, "ada")] * 2)
    with pytest.raises(TooMany) as refused:
        ensure_left("tests", here, "ada")
    assert refused.value.retry_after in left_since(begin)


def test_whether_a_try_is_left_can_be_asked_without_spending_one():
    here, there = from_address("192.0.2.1"), from_address("192.0.2.2")
    assert [is_left(here, "ada") for _each in range(5)] == [True] * 5
    tries(*[(here, "ada")] * 2)
    assert (is_left(here, "ada"), is_left(there, "ada"), is_left(here, "ben")) == (False, False, True)
    tries((here, "ben"), (here, "cleo"))
    assert (is_left(here, "dora"), is_left(there, "dora")) == (False, True)
    RateCount.objects.update(ends_at=timezone.now())
    assert is_left(here, "ada")


def test_nothing_is_counted_where_it_is_switched_off(settings):
    settings.RATE_LIMITS = False
    assert all(tries(*[(from_address("192.0.2.1"), "ada")] * 20))
    assert is_left(from_address("192.0.2.1"), "ada")
    assert not RateCount.objects.exists()


def test_the_table_does_not_tell_who_tried():
    spend("tests", from_address("192.0.2.1"), "zoe@example.com")  # no digest has a z or a point in it
    assert RateCount.objects.exists()
    assert not any("zoe" in row.key or "192.0" in row.key for row in RateCount.objects.all())


def test_a_household_of_ipv6_counts_as_one():
    household = [(from_address(f"2001:db8:1:2::{number:x}"), "") for number in range(5)]
    assert tries(*household) == [True] * 4 + [False]
    assert tries((from_address("2001:db8:1:3::1"), "")) == [True]


@pytest.mark.parametrize(
    ("remote", "forwarded", "is_trusted", "address"),
    [
        ("192.0.2.1", None, False, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", False, "192.0.2.1"),
        ("192.0.2.1", None, True, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", True, "198.51.100.7"),
        ("192.0.2.1", "203.0.113.66, 198.51.100.7", True, "198.51.100.7"),
        ("192.0.2.1", "203.0.113.66,2001:db8::7", True, "2001:db8::7"),
        ("::ffff:192.0.2.1", None, False, "192.0.2.1"),
        ("fe80::1%eth0", None, False, "fe80::1"),
        ("", None, False, ""),
        ("192.0.2.1", "unknown", True, ""),
    ],
)
def test_the_address_is_the_clients_as_far_as_it_can_be_known(settings, remote, forwarded, is_trusted, address):
    settings.TRUST_PROXY = is_trusted
    assert address_of(from_address(remote, forwarded)) == address


def test_a_client_has_no_more_tries_for_saying_it_is_another():
    lies = [(from_address("192.0.2.1", f"198.51.100.{number}"), "") for number in range(5)]
    assert tries(*lies) == [True] * 4 + [False]


def test_counts_that_are_over_are_deleted():
    spend("tests", from_address("192.0.2.1"), "ada")
    RateCount.objects.filter(pk=RateCount.objects.first().pk).update(ends_at=timezone.now())
    delete_rate_counts(0)
    assert RateCount.objects.count() == 1


PROCESS = """
import django
django.setup()
from datetime import timedelta
from django.db import connection
from django.test import RequestFactory
connection.settings_dict["NAME"] = {database!r}
from bookstore.core.errors import TooMany
from bookstore.core.rate_limits import RULES, Rule, spend
RULES["tests"] = Rule(timedelta(minutes=5), per_address=1000, per_account=50)
request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
connection.ensure_connection()
print("ready", flush=True)
input()
let_through = 0
for _ in range(40):
    try:
        spend("tests", request, "ada")
        let_through += 1
    except TooMany:
        pass
print(let_through)
"""


@pytest.mark.django_db(transaction=True)
def test_two_processes_count_together():
    script = PROCESS.format(database=connection.settings_dict["NAME"])
    both = [Process("-c", script) for _ in range(2)]
    for process in both:
        assert process.line() == "ready\n"
    for process in both:
        process.tell("")
    counts = [int(process.communicate()[0]) for process in both]
    assert sum(counts) == 50
    assert sorted(RateCount.objects.values_list("count", flat=True)) == [80, 80]


# As they are shown


@pytest.mark.urls("bookstore.core.tests.doors")
@pytest.mark.parametrize("method", ["get", "post"])
def test_too_many_is_a_page_for_people_with_the_time_to_come_back(method):
    answer = getattr(Client(), method)("/pages/fail/too-many/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "90")
    assert "Please try again in 2 minutes." in answer.text


@pytest.mark.urls("bookstore.core.tests.doors")
def test_too_many_is_a_problem_for_programs():
    answer = Client().get("/api/v1/fail/too-many")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "RATE_LIMITED", "90")
