"""The database connection of the running thread."""

from django.db import connection


def release_connection() -> None:
    """Give the connection back before something slow is waited for; the next query takes another."""
    if not connection.in_atomic_block:
        connection.close()
