import time
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bookstore.core import advisory
from bookstore.core.idempotency import Call, InProgress, KeyReused, Outcome, claim, fingerprint_of, once
from bookstore.core.jobs import delete_expired_keys
from bookstore.core.models import IdempotencyKey
from bookstore.core.parsers import parsed
from bookstore.core.tests.processes import Process
from bookstore.core.tests.racing import PATIENCE, failures, meeting, race

pytestmark = [
    pytest.mark.urls("bookstore.core.tests.doors"),
    pytest.mark.django_db,
    pytest.mark.usefixtures("no_groups"),
]

CALL = Call("user:1", "k", "POST", "/api/v1/groups", fingerprint_of({}))


@pytest.fixture
def shopper() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_user(email="ann@example.com"))
    return client


def send(client: Client, key: str | None, path: str = "groups", **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def make_group() -> Outcome:
    Group.objects.create(name="readers")
    return Outcome(201, "{}")


def test_retry_gets_the_first_answer_and_nothing_happens_twice(shopper: Client) -> None:
    first = send(shopper, "k", name="readers")
    again = send(shopper, "k", name="readers")
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert (first.has_header("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (False, "true")
    assert Group.objects.count() == 1


def test_another_key_or_none_is_another_request(shopper: Client) -> None:
    for number, key in enumerate(["k", "l", None, None]):
        assert send(shopper, key, name=f"readers {number}").status_code == 201
    assert Group.objects.count() == 4


def test_key_belongs_to_its_caller(shopper: Client) -> None:
    other = Client()
    other.force_login(get_user_model().objects.create_user(email="bob@example.com"))
    assert send(shopper, "k", name="hers").json() != send(other, "k", name="his").json()
    assert Group.objects.count() == 2


def test_key_of_nobody_is_not_honoured(client: Client) -> None:
    send(client, "k", name="first")
    send(client, "k", name="second")
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (2, 0)


@pytest.mark.parametrize("path", ["groups", "other/groups"])
def test_key_used_for_another_request_is_refused(shopper: Client, path: str) -> None:
    send(shopper, "k", name="readers")
    answer = send(shopper, "k", path, name="readers" if path == "other/groups" else "writers")
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert Group.objects.count() == 1


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        ('{"a": 1, "b": [2]}', '{ "b":[2],"a":1.0 }', True),
        ('{"a": 1.50}', '{"a": 1.5}', True),
        ('{"a": "\\u00e9"}', '{"a": "é"}', True),
        ('{"a": 1, "idempotency_key": "k"}', '{"a": 1}', True),
        ('{"a": 1}', '{"a": "1"}', False),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ('{"a": 0.1}', '{"a": 0.1000000000000000000000000000000000001}', False),
        ("{}", '{"a": null}', False),
    ],
)
def test_bodies_are_compared_as_parsed_json(one: str, other: str, are_equal: bool) -> None:
    assert (fingerprint_of(parsed(one)) == fingerprint_of(parsed(other))) is are_equal


@pytest.mark.parametrize("answer", [200, 202, 204, 402])
def test_answers_that_had_an_effect_are_kept(shopper: Client, answer: int) -> None:
    send(shopper, "k", name="readers", answer=answer)
    again = send(shopper, "k", name="readers", answer=answer)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (answer, "true")
    assert Group.objects.count() == 1


@pytest.mark.parametrize(("answer", "status"), [(400, 400), (409, 409), (500, 500), ("error", 409)])
def test_refusal_undoes_everything_and_is_tried_anew(shopper: Client, answer: Any, status: int) -> None:
    assert send(shopper, "k", name="readers", answer=answer).status_code == status
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert send(shopper, "k", name="readers").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\0b", "a\nb", "\ud800", 7, None, ["k"]])
def test_bad_key_is_refused(shopper: Client, key: Any) -> None:
    body = {"name": "readers", "idempotency_key": key}
    answer = shopper.post("/api/v1/groups", body, content_type="application/json")
    assert (answer.status_code, Group.objects.count()) == (400, 0)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_bad_header_is_refused(shopper: Client, key: str) -> None:
    assert send(shopper, key, name="readers").status_code == 400
    assert send(shopper, "x" * 255, name="readers").status_code == 201


def test_key_in_the_body_counts_as_the_header(shopper: Client) -> None:
    send(shopper, None, name="readers", idempotency_key="kö")
    again = send(shopper, "kö".encode().decode("latin-1"), name="readers")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert send(shopper, "k", name="readers", idempotency_key="l").status_code == 400


def test_after_a_day_the_key_is_free(shopper: Client) -> None:
    send(shopper, "k", name="readers")
    stored = IdempotencyKey.objects.get()
    IdempotencyKey.objects.update(created_at=stored.created_at - timedelta(hours=24, seconds=1))
    assert list(IdempotencyKey.objects.expired()) == [stored]
    assert send(shopper, "k", name="writers").status_code == 201
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (2, 1)


def test_hourly_job_deletes_only_keys_older_than_a_day(shopper: Client) -> None:
    send(shopper, "old", name="readers")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    send(shopper, "new", name="writers")
    delete_expired_keys(timestamp=0)
    assert [stored.key for stored in IdempotencyKey.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_running_twin_is_refused_and_told_when_to_come_back(shopper: Client, monkeypatch: Any) -> None:
    is_inside, may_end = Event(), Event()

    def wait_inside(outcome: Outcome) -> bool:
        is_inside.set()
        may_end.wait(PATIENCE)
        return True

    def second() -> Any:
        is_inside.wait(PATIENCE)
        answer = send(shopper, "k", name="readers")
        may_end.set()
        return answer

    monkeypatch.setattr(Outcome, "is_kept", property(wait_inside))
    one, two = race(lambda: send(shopper, "k", name="readers"), second)
    assert (one.status_code, two.status_code) == (201, 409)
    assert (two.json()["code"], two.headers["Retry-After"]) == ("IDEMPOTENCY_IN_PROGRESS", "1")
    assert Group.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_acts_and_the_others_learn_of_it() -> None:
    def act() -> Outcome:
        time.sleep(0.05)
        return make_group()

    outcomes = race(*[lambda: once(CALL, act)] * 8)
    assert set(failures(outcomes)) <= {InProgress}
    assert once(CALL, act).is_replayed
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_at_once_both_act(monkeypatch: pytest.MonkeyPatch) -> None:
    meet = meeting(2, is_locking=False)

    def act() -> Outcome:
        meet()
        return Outcome(201, "{}")

    monkeypatch.setattr(advisory, "try_lock", lambda call: True)
    assert failures(race(*[lambda: once(CALL, act)] * 2)) == [KeyReused]


# Acts that find their own answer again


def claimed(call: Call) -> None:
    with transaction.atomic():
        claim(call)


OTHER = replace(CALL, path="/api/v1/orders/checkout", fingerprint=fingerprint_of({"a": 1}))


def test_claimed_key_is_refused_to_every_other_request() -> None:
    claimed(CALL)
    with pytest.raises(KeyReused):
        claimed(OTHER)
    with pytest.raises(KeyReused):
        once(OTHER, make_group)
    assert (Group.objects.count(), IdempotencyKey.objects.get().path) == (0, CALL.path)


def test_answered_key_is_not_claimed() -> None:
    once(CALL, make_group)
    for call in (CALL, OTHER):
        with pytest.raises(KeyReused):
            claimed(call)
    assert once(CALL, make_group).is_replayed


def test_claim_belongs_to_its_caller_and_key() -> None:
    for call in (CALL, replace(CALL, caller="user:2"), replace(CALL, key="l")):
        claimed(call)
    assert IdempotencyKey.objects.count() == 3


def test_claim_ends_with_the_transaction_that_made_it_undone() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        claim(CALL)
        raise ZeroDivisionError
    claimed(OTHER)
    assert IdempotencyKey.objects.get().path == OTHER.path


def test_claim_is_free_after_a_day() -> None:
    claimed(CALL)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    with pytest.raises(KeyReused):
        claimed(OTHER)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    claimed(OTHER)
    stored = IdempotencyKey.objects.get()
    assert (stored.path, stored.fingerprint, IdempotencyKey.objects.expired().count()) == (
        OTHER.path, OTHER.fingerprint, 0,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_key_claimed_while_another_request_acts_undoes_that_one() -> None:
    def act() -> Outcome:
        race(lambda: claimed(OTHER))
        return make_group()

    with pytest.raises(KeyReused):
        once(CALL, act)
    assert (Group.objects.count(), IdempotencyKey.objects.get().path) == (0, OTHER.path)


@pytest.mark.django_db(transaction=True)
def test_of_many_claims_at_once_one_stands() -> None:
    outcomes = race(*[lambda number=number: claimed(replace(CALL, path=f"/{number}")) for number in range(8)])
    assert failures(outcomes) == [KeyReused] * 7
    assert IdempotencyKey.objects.count() == 1


KILLED = """
import time, django
django.setup()
from django.db import IntegrityError, connection
connection.settings_dict["NAME"] = {database!r}
from bookstore.core.idempotency import once
from bookstore.core.tests import test_idempotency as tests

def act():
    outcome = tests.make_group()
    print("written", flush=True)
    time.sleep(60)
    return outcome

once(tests.CALL, act)
"""


def kill_in_the_act() -> None:
    script = KILLED.format(database=connection.settings_dict["NAME"])
    with Process("-c", script) as process:
        assert process.line() == "written\n"
        with pytest.raises(InProgress):
            once(CALL, make_group)
        process.kill()


@pytest.mark.django_db(transaction=True)
def test_killed_process_leaves_nothing_and_its_retry_acts() -> None:
    kill_in_the_act()
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    deadline = time.monotonic() + PATIENCE
    while True:  # the server may need a moment to notice
        try:
            assert not once(CALL, make_group).is_replayed
            break
        except InProgress:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
