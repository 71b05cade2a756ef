"""A PostgreSQL of a test's own, which it may stop and kill while this process speaks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections

from bookstore.core.local_postgres.server import DATABASE, LocalServer


@contextmanager
def speaking_to(server: LocalServer, **settings: Any) -> Iterator[None]:
    """Have all connections of this process lead to that server, in every thread, and not to the tests' database."""
    described, ours = connections.settings["default"], connections["default"]
    before = dict(described)
    described.update({**server.address, "ENGINE": "bookstore.core.postgres", "NAME": DATABASE, **settings})
    del connections["default"]
    ContentType.objects.clear_cache()  # the kinds have other numbers there
    try:
        yield
    finally:
        ContentType.objects.clear_cache()
        connections.close_all()
        connections["default"].close_pool()
        described.clear()
        described.update(before)
        connections["default"] = ours


def stop(server: LocalServer) -> None:
    """Have the server end as by a power cut."""
    server._run("pg_ctl", "stop", "-D", server.data, "-m", "immediate")


def restart(server: LocalServer) -> None:
    """Have the server end as by a power cut and begin anew, which recovers its data."""
    stop(server)
    server.heal()
