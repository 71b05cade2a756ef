"""Django's PostgreSQL backend, with a server of our own behind it."""

import atexit
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.client import DatabaseClient

from bookstore.core.local_postgres.server import BINARIES, LocalServer
from bookstore.core.postgres import base

server = LocalServer(settings.DATA_DIR / "postgres")


class Client(DatabaseClient):
    """`manage.py dbshell`, with the psql that belongs to the server."""

    executable_name = str(BINARIES / "psql")

    def runshell(self, parameters: Any) -> None:
        self.connection.get_connection_params()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = Client

    def get_connection_params(self) -> dict[str, Any]:
        server.join()
        self.settings_dict.update(server.address)
        return super().get_connection_params()


@atexit.register
def leave() -> None:
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.close()
            connection.close_pool()
    server.leave()
