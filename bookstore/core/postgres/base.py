"""How a connection to the database is come by, also after the server was away."""

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations
from psycopg_pool import ConnectionPool, PoolTimeout

PATIENCE = 5.0  # seconds that a request waits for a connection


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Return a statement for the log of queries; psycopg forgets its text once the server knows it by a name."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """
        Make a connection; or take one out of the pool that lives, and have it replace those that died.

        Each try that fails has the pool connect anew.
        Raises: PoolTimeout (shown as Busy).
        """
        if not self.pool:
            return super().get_new_connection(conn_params)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > deadline:
                    raise
                continue
            if answers(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)


def answers(connection: Any) -> bool:
    """
    Tell whether a connection lives.

    One that has ended has that to read. Only where there is something to read is the server asked, which every request
    would wait for otherwise.
    """
    heard = select.poll()
    try:
        heard.register(connection.fileno(), select.POLLIN)
        if heard.poll(0):
            ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
