"""Reads whose text is made once and whose plan the server keeps."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuthSession, User
from bookstore.core.prepared import among, prepared, run_prepared
from bookstore.core.tests.racing import failures, race

pytestmark = pytest.mark.django_db

made: list[str] = []


@prepared
def sessions_of(user_id: int) -> QuerySet[AuthSession]:
    made.append("sessions_of")
    mobile = AuthSession.objects.filter(user=user_id, user_agent="100% mobile")
    return mobile.select_related("user").defer("user__full_name").order_by("-pk")


@pytest.fixture(autouse=True)
def _nothing_made() -> Iterator[None]:
    made.clear()
    sessions_of.__dict__.pop("plan", None)
    yield


def user_with(*agents: str) -> User:
    user = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", full_name="Ada")
    for agent in agents:
        AuthSession.objects.create(user=user, jti=uuid4().hex, expires_at=timezone.now(), user_agent=agent)
    return user


def test_rows_are_those_of_the_queryset_with_what_they_relate_to(django_assert_num_queries: DjangoAssertNumQueries):
    user, _other = user_with("100% mobile", "desktop", "100% mobile"), user_with("100% mobile")
    with django_assert_num_queries(1):
        found = sessions_of(user.pk)
        assert [session.user.email for session in found] == [user.email, user.email]
    assert found == list(AuthSession.objects.filter(user=user, user_agent="100% mobile").order_by("-pk"))
    with django_assert_num_queries(1):  # what was left out is there when it is asked for
        assert found[0].user.full_name == "Ada"


def test_text_is_made_once_and_planned_once_on_a_connection():
    users = [user_with("100% mobile") for _number in range(8)]
    assert [len(sessions_of(user_id=user.pk)) for user in users] == [1] * 8
    assert made == ["sessions_of"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%100\\%% mobile%'", None)
        assert len(cursor.fetchall()) == 1


def test_the_log_of_queries_has_the_text_however_often_it_was_run():
    with CaptureQueriesContext(connection) as queries:
        for _turn in range(8):
            sessions_of(0)
    assert all("accounts_authsession" in query["sql"] for query in queries)


def test_what_is_no_argument_stands_in_the_text_so_that_partial_indexes_count():
    sessions_of(0)
    assert "'100%% mobile'" in sessions_of.plan.text  # type: ignore[attr-defined]
    assert "%(user_id)s" in sessions_of.plan.text  # type: ignore[attr-defined]


def test_nobody_is_no_row_and_a_missing_argument_an_error():
    assert sessions_of(0) == []
    with pytest.raises(Exception, match="user_id"):
        sessions_of()  # type: ignore[call-arg]


WORDS = "SELECT word FROM core_scratch"


def do(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def scratch() -> Iterator[None]:
    """A table whose column a migration, on a connection of its own, makes longer once the reading of it is planned."""
    do("CREATE TABLE core_scratch AS SELECT 'word'::varchar(10) AS word")
    for _turn in range(8):
        run_prepared(WORDS, {})
    race(lambda: do("ALTER TABLE core_scratch ALTER word TYPE varchar(20)"))
    yield
    do("DROP TABLE core_scratch")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("scratch")
def test_a_column_that_has_changed_since_is_planned_anew():
    assert run_prepared(WORDS, {}) == [("word",)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("scratch")
def test_within_a_transaction_it_passes_with_its_end():
    with pytest.raises(OperationalError), transaction.atomic():
        run_prepared(WORDS, {})
    with transaction.atomic():
        assert run_prepared(WORDS, {}) == [("word",)]


@prepared
def users_among(ids: list[int]) -> QuerySet[User]:
    return User.objects.filter(among("pk", ids)).order_by("pk").select_for_update(no_key=True, nowait=True)


def test_rows_are_those_among_the_values(django_assert_num_queries: DjangoAssertNumQueries):
    users = [user_with() for _number in range(3)]
    for some in ([], users[:1], users[1:]):
        with django_assert_num_queries(1):
            assert users_among([user.pk for user in reversed(some)]) == some


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_until_the_transaction_ends():
    user, other = user_with(), user_with()

    def lock(wanted: User) -> list[User]:
        with transaction.atomic():
            return users_among([wanted.pk])

    with transaction.atomic():
        lock(user)
        taken, free = race(lambda: lock(user), lambda: lock(other))
    assert (failures([taken]), free) == ([OperationalError], [other])
    assert lock(user) == [user]


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_of_a_transaction_is_an_error_also_when_the_text_is_made():
    user = user_with()
    for _turn in range(2):
        with pytest.raises(TransactionManagementError):
            users_among([user.pk])
        with transaction.atomic():
            assert users_among([user.pk]) == [user]
