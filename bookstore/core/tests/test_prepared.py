"""Reads whose text is made once and whose plan the server keeps."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuthSession, User
from bookstore.core.prepared import prepared

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


def test_what_is_no_argument_stands_in_the_text_so_that_partial_indexes_count():
    sessions_of(0)
    assert "'100%% mobile'" in sessions_of.plan.text  # type: ignore[attr-defined]
    assert "%(user_id)s" in sessions_of.plan.text  # type: ignore[attr-defined]


def test_nobody_is_no_row_and_a_missing_argument_an_error():
    assert sessions_of(0) == []
    with pytest.raises(Exception, match="user_id"):
        sessions_of()  # type: ignore[call-arg]
