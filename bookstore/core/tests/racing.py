"""Real threads on real connections, and the control that shows what the lock is for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections

from bookstore.core.prepared import PreparedRead
from bookstore.core.querysets import LockableQuerySet
from bookstore.core.tests.processes import wait_until

MEETING_TIME = 0.3  # seconds that a reader waits for others, who cannot come while it holds the lock
PATIENCE = 20  # seconds that it waits for others who are sure to come
LONGEST_RACE = 60  # seconds


def race(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at once, each in its thread; return what each returned, or the error it raised."""
    start = threading.Barrier(len(acts))
    outcomes: dict[int, Any] = {}

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(LONGEST_RACE)
            outcomes[number] = act()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    # None that hangs is to keep this process from its end, as those of a pool would.
    threads = [threading.Thread(target=run, args=(number, act), daemon=True) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + LONGEST_RACE
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    assert not any(thread.is_alive() for thread in threads), f"only these came to an end: {outcomes}"
    return [outcomes[number] for number in range(len(acts))]


def failures(outcomes: list[Any]) -> list[type[Exception]]:
    return [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def meeting(people: int, *, is_locking: bool) -> Callable[[], None]:
    """
    Return what lets a thread wait until `people` have come to this point.

    With the lock they cannot: a moment passes. Without it they are sure to.
    """
    barrier = threading.Barrier(people)

    def meet() -> None:
        try:
            barrier.wait(MEETING_TIME if is_locking else PATIENCE)
        except threading.BrokenBarrierError:
            pass

    return meet


def wait_for_waiting() -> None:
    """Let this transaction wait until another waits for one of its locks; fail after PATIENCE."""

    def is_waited_for() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            return cursor.fetchone()

    wait_until(is_waited_for, PATIENCE)


@contextmanager
def meeting_after_reading(model: Any, *, readers: int, is_locking: bool) -> Iterator[None]:
    """
    Let everyone who reads `model` for a change wait until `readers` have read.

    With the lock the others cannot have read: a moment passes and nothing else changes. With `is_locking=False`
    only `locked()` is switched off, they all meet, and the race must show.
    """
    meet, locked = meeting(readers, is_locking=is_locking), LockableQuerySet.locked

    def read_and_meet(self: Any, *, nowait: bool = False) -> Any:
        rows = locked(self, nowait=nowait) if is_locking else self.order_by("pk")
        if self.model is model:
            len(rows)
            meet()
        return rows

    with locking_by(read_and_meet):
        yield


@contextmanager
def locking_by(locked: Callable[..., Any]) -> Iterator[None]:
    """Put this in the place of `locked()`, also in prepared reads, which are made anew each time meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LockableQuerySet, "locked", locked)
        patch.setattr(PreparedRead, "__call__", lambda read, *values, **named: list(read.make(*values, **named)))
        yield


@contextmanager
def locks(*, are_on: bool) -> Iterator[None]:
    """Let `locked()` lock, or nothing."""
    if are_on:
        yield
    else:
        with locking_by(lambda rows, **_options: rows.order_by("pk")):
            yield
