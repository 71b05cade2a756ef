"""`manage.py run`: the whole shop under one supervisor."""

import fcntl
import http.client
import logging
import os
import shutil
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import IO, Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connections

from bookstore.core.local_postgres.base import server
from bookstore.core.processes import Child, die_with, stop
from catalog.demo import ACCOUNTS

logger = logging.getLogger(__name__)

LONGEST_HEADERS = 65_536  # bytes, of one request
JOBS = 4  # at once
JOBS_WAIT = 5  # niceness: where all processors are busy, whoever looks at a page goes first
JOBS_WAIT_AT_MOST = 15  # seconds from the start
TICK = 0.2  # seconds between two looks at the children
PATIENCE = 5  # seconds; what was just killed takes a moment to let go of folder and port


class Command(BaseCommand):
    help = "Run the shop: prepares the database, then keeps web, job and gRPC server running until Ctrl-C."
    requires_system_checks: list[str] = []  # `make check` and the tests make them; a start is to be quick

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="Stop when the starting process ends.")

    def handle(self, *args: Any, with_parent: bool, **options: Any) -> None:
        if with_parent:
            die_with(os.getppid(), signal.SIGTERM)
        stop_by_signals()
        try:
            with sole_supervisor():
                ensure_ports_are_free()
                self.prepare()
                self.keep_open()
        except KeyboardInterrupt:
            ignore_signals()
            self.stdout.write("The shop is closed.")

    def prepare(self) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {error}") from error
        if settings.IS_LOCAL:
            call_command("load_demo", verbosity=0, stdout=self.stdout)
        connections.close_all()

    def keep_open(self) -> None:
        children = shop_processes()
        is_open, began = False, time.monotonic()
        try:
            while True:
                heal_database()
                opens = not is_open and is_ready()
                is_open = is_open or opens
                # Jobs wait until the shop is open, as all load the code at once, but not for one that cannot open.
                has_jobs = is_open or time.monotonic() > began + JOBS_WAIT_AT_MOST
                for child in children if has_jobs else children[:-1]:
                    child.tend()
                if opens:
                    self.stdout.write(banner())
                    self.stdout.flush()
                time.sleep(TICK)
        finally:
            ignore_signals()
            stop(children)


def stop_by_signals() -> None:
    """Let the signals that ask a program to end do what Ctrl-C does, also where a shell had SIGINT ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup's wish is kept
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def ignore_signals() -> None:
    """Let nothing interrupt the closing: it takes its time, but not without end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def sole_supervisor() -> Iterator[None]:
    """Hold the folder's lock, so that one shop is not run twice."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with open(settings.DATA_DIR / "run.lock", "a+") as lock:
        if not comes_true(partial(take, lock)):
            lock.seek(0)
            raise CommandError(
                f"The shop in {settings.DATA_DIR} is running already ({lock.read()}): "
                "stop it first, or give this one another DATA_DIR."
            )
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, port {settings.PORT}")
        lock.flush()
        yield


def take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def ensure_ports_are_free() -> None:
    web, partners = ("PORT", settings.WEB_HOST, settings.PORT), ("GRPC_PORT", settings.GRPC_HOST, grpc_port())
    for name, host, port in (web, partners):
        if not comes_true(partial(is_port_free, host, port)):
            raise CommandError(
                f"Port {port} of {host} is taken or not ours to open: choose another, as in: make run {name}={port + 1}"
            )


@cache
def grpc_port() -> int:
    """Return the port for partners' services: in the local default, where nobody chose one, the next that is free."""
    free = partial(is_port_free, settings.GRPC_HOST)
    if os.environ.get("GRPC_PORT") or not settings.IS_LOCAL or comes_true(partial(free, settings.GRPC_PORT)):
        return settings.GRPC_PORT
    return next(filter(free, range(settings.GRPC_PORT + 1, settings.GRPC_PORT + 100)), settings.GRPC_PORT)


def is_port_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # The web server shares its port among its workers, and would share it with a stranger too.
        socket.create_server((host, port), family=family).close()
        return True
    except OSError:
        return False


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return result


def shop_processes() -> list[Child]:
    """Return all that serves, with an empty folder for the numbers that they count together."""
    metrics = settings.DATA_DIR / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "DATA_DIR": str(settings.DATA_DIR),
        "GRPC_PORT": str(grpc_port()),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }
    web = [
        *("granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", settings.WEB_HOST, "--port", str(settings.PORT)),
        *("--workers", str(settings.WEB_PROCESSES), "--blocking-threads", str(settings.WEB_THREADS)),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
        # Its own limits of headers are 400 KB and 16 MB, of which Django takes seconds to read one.
        *("--http1-buffer-size", str(LONGEST_HEADERS), "--http2-max-headers-size", str(LONGEST_HEADERS)),
        "bookstore.wsgi:application",
    ]
    jobs = ["manage", "procrastinate", "worker", "--concurrency", str(JOBS), "--shutdown-graceful-timeout", "10"]
    # Each job would otherwise begin with a connection of its own, which costs more than most of them do.
    kept = {"DATABASE_POOL_SIZE": os.environ.get("DATABASE_POOL_SIZE") or str(JOBS)}
    partners = ["manage", "grpcserver", "--verbosity", "0"]
    return [
        Child(
            name,
            [sys.executable, "-m", *command],
            folder=settings.BASE_DIR,
            environment=environment | more,
            niceness=niceness,
        )
        for name, command, more, niceness in (
            ("The web server", web, {}, 0),
            ("The gRPC server", partners, {}, 0),
            ("The job worker", jobs, kept, JOBS_WAIT),
        )
    ]


def heal_database() -> None:
    """Start the local PostgreSQL again if it was killed; one that DATABASE_URL names is not ours to start."""
    if settings.DATABASE_URL:
        return
    try:
        server.heal()
    except psycopg.OperationalError as error:
        logger.error("%s", error)


def is_ready() -> bool:
    connection = http.client.HTTPConnection(settings.WEB_HOST, settings.PORT, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": own_name()})
        socket.create_connection((settings.GRPC_HOST, grpc_port()), timeout=2).close()
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def own_name() -> str:
    """Return a host name that ALLOWED_HOSTS lets through."""
    name = next(iter(settings.ALLOWED_HOSTS), "localhost")
    return "localhost" if name == "*" else name.lstrip(".")


def banner() -> str:
    shop = f"http://localhost:{settings.PORT}"
    lines = [
        f"\n{settings.STORE_NAME} is open; Ctrl-C closes it.\n",
        f"  Shop      {shop}/",
        f"  API docs  {shop}/api/docs",
        f"  Admin     {shop}/admin/",
        f"  gRPC      localhost:{grpc_port()}",
    ]
    if settings.OUTBOX:
        lines.append(f"  Mail      {shop}/outbox/")
    if settings.IS_LOCAL:
        lines += ["", *(f"  {account.role:<9} {account.email}  {account.password}" for account in ACCOUNTS)]
    return "\n".join([*lines, ""])
