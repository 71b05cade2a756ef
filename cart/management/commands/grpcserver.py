"""Serve partners' services."""

import os
import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import OperationalError, connection, connections

from cart.rpc.server import Server

CONNECTION_LASTS = 600  # seconds, then a thread makes itself a new one


class Command(BaseCommand):
    help = "Answers partners' services by gRPC, until Ctrl-C or SIGTERM; running calls finish first."
    requires_system_checks: list[str] = []  # `make check` makes them

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        closing = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_signal: closing.set())
        keep_connections()
        server = self.opened()
        if verbosity:
            self.stdout.write(f"Partners' services are answered on {settings.GRPC_HOST}, port {server.port}.")
        closing.wait()
        if not server.stop():
            self.stderr.write("Some calls have not ended in time.")

    def opened(self) -> Server:
        try:
            connection.ensure_connection()
            connection.close()
            server = Server(settings.GRPC_HOST, settings.GRPC_PORT, settings.GRPC_THREADS)
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {error}") from error
        except RuntimeError as error:
            where = f"Port {settings.GRPC_PORT} of {settings.GRPC_HOST}"
            raise CommandError(f"{where} is taken or not ours to open: choose another GRPC_PORT.") from error
        server.start()
        return server


def keep_connections() -> None:
    """
    Let each thread keep its connection, unless the environment says how many are to be kept.

    Threads are as many as the connections may be, so there is no need of a pool.
    """
    if not os.environ.get("DATABASE_POOL_SIZE"):
        connections.settings["default"]["CONN_MAX_AGE"] = CONNECTION_LASTS
