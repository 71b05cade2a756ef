"""Statements that are run so often that the server keeps their plans."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import Cursor
from psycopg.rows import namedtuple_row


def prepared_rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    """
    Run a fixed statement and return its rows, as named tuples.

    Its values go to the server beside the text, not written into it as Django's cursors do: so the text is always
    the same, and psycopg has it planned once per connection (`prepare_threshold` in the settings). For the few reads
    where making the plan costs more than running it.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = Cursor(connection.connection, row_factory=namedtuple_row)
        # Wrapped as Django wraps its own, so that these queries are counted and logged as well.
        with connection._prepare_cursor(cursor) as wrapped:  # type: ignore[attr-defined]
            wrapped.execute(statement, values)
            return wrapped.fetchall()
