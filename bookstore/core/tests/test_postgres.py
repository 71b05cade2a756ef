"""The pool of connections over a server that is restarted, or away for a while."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections

from bookstore.core.local_postgres.server import LocalServer
from bookstore.core.postgres import base
from bookstore.core.prepared import run_prepared
from bookstore.core.tests.own_server import restart, speaking_to, stop
from bookstore.core.tests.racing import PATIENCE, failures, race

SIZE = 8


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    server = LocalServer(tmp_path_factory.mktemp("shop") / "postgres")
    server.join()
    yield server
    server.leave()


@pytest.fixture
def server(data: LocalServer, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server whose connections are pooled as in a web process, with as many in the pool as it takes."""
    monkeypatch.setattr(base, "PATIENCE", PATIENCE)  # a slow machine takes longer than a request waits
    options = {**settings.DATABASES["default"]["OPTIONS"], "pool": settings.DATABASE_POOL | {"max_size": SIZE}}
    with django_db_blocker.unblock(), speaking_to(data, OPTIONS=options, CONN_HEALTH_CHECKS=False):
        ask()
        with ExitStack() as threads:
            for one in [base.DatabaseWrapper(connections.settings["default"]) for _each in range(SIZE)]:
                threads.callback(one.close)
                one.ensure_connection()
        yield data


def ask() -> int:
    """Ask the database as a request does: with a connection out of the pool, which goes back there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()[0]
    finally:
        connection.close()


def test_after_a_restart_nobody_notices_how_many_connections_died(server: LocalServer):
    restart(server)
    assert ask() == 1
    assert race(*[ask] * SIZE) == [1] * SIZE


def test_while_the_database_is_away_all_are_told_so_and_the_first_after_that_is_served(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
):
    stop(server)
    with monkeypatch.context() as patch:
        patch.setattr(base, "PATIENCE", 0.5)
        for _turn in range(3):
            assert failures(race(*[ask] * SIZE)) == [OperationalError] * SIZE
    server.heal()
    assert race(*[ask] * SIZE) == [1] * SIZE


def test_who_asks_while_the_database_comes_back_waits_for_it(server: LocalServer):
    stop(server)
    assert race(*[ask] * SIZE, server.heal) == [*[1] * SIZE, None]


def test_a_connection_that_died_in_use_is_replaced(server: LocalServer):
    with connection.cursor() as cursor:
        restart(server)
        with pytest.raises(OperationalError):
            cursor.execute("SELECT 1")
    connection.close()
    assert ask() == 1


def test_more_readers_than_connections_take_turns(server: LocalServer):
    assert race(*[ask] * SIZE * 3) == [1] * SIZE * 3


def test_what_is_prepared_is_planned_at_once_and_stays_so_among_many_other_queries(server: LocalServer):
    plans = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 41%'"
    run_prepared("SELECT 41 + %(one)s::int", {"one": 1})
    with connection.cursor() as cursor:
        for number in range(150):
            cursor.execute(f"SELECT {number}")
        cursor.execute(plans)
        assert cursor.fetchone() == (1,)
    connection.close()
