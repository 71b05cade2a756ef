"""Shops to measure: made once in a folder of their own, and opened with real server processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_PATIENCE = 120  # seconds


class Shop:
    """A shop in a folder of its own."""

    def __init__(self, folder: Path, processes: int):
        self.folder = folder
        self.processes = processes
        self.grpc_port = spare_port()

    def fill(self, books: int) -> None:
        """Make what is missing; a shop that is full already is taken as it is."""
        self._run("manage", "migrate", "--verbosity", "0")
        self._run("manage", "load_demo")
        missing = books - self.ask("count")
        if missing > 0:
            self._run("manage", "make_books", str(missing))
            self.ask("tidy")

    def fill_orders(self, orders: int) -> None:
        """Make what is missing of these as well."""
        missing = orders - self.ask("count_orders")
        if missing > 0:
            self._run("manage", "make_orders", str(missing))
            self.ask("tidy")

    def ask(self, question: str, *details: str) -> Any:
        """Return what a process inside the shop answers; see `bench.inside`."""
        return json.loads(self._run("bench.inside", question, *details))

    @contextmanager
    def open(self, **settings: int | str) -> Iterator[int]:
        """Open the shop, all of it, with these settings besides, and give its port."""
        environment = {**self._environment(), **{name: str(value) for name, value in settings.items()}}
        with serving(["manage.py", "run"], "/readyz", environment) as port:
            yield port

    def audit(self) -> None:
        """Check what must always hold. Raises: SystemExit with the rows at fault."""
        self._run("manage", "audit")

    def _run(self, module: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{done.stdout}{module} {' '.join(arguments)} failed.")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        ours = {"DATA_DIR": str(self.folder), "WEB_PROCESSES": str(self.processes), "LOG_LEVEL": "ERROR"}
        # Lines that grow with each call are not to meet the limit that shoppers do.
        carts = {"GRPC_PORT": str(self.grpc_port), "CART_MOST_COPIES": "10000"}
        return {**os.environ, **ours, **carts}


@contextmanager
def empty_view(processes: int) -> Iterator[int]:
    """Serve a Django view that does nothing, by the same server with the same settings."""
    server = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning", "--host", "127.0.0.1"]
    server += ["--workers", str(processes), "--blocking-threads", "4", "bench.empty:application"]
    with serving(server, "/", {**os.environ}) as port:
        yield port


@contextmanager
def serving(command: list[str], probe: str, environment: dict[str, str]) -> Iterator[int]:
    """Run a Python server on a spare port, which it is told as PORT and GRANIAN_PORT, until the end."""
    port = spare_port()
    server = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**environment, "PORT": str(port), "GRANIAN_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_PATIENCE
        while status_of(port, probe) != 200:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command} did not start.")
            time.sleep(0.05)
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def spare_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as spare:
        return spare.getsockname()[1]


def status_of(port: int, path: str) -> int:
    """Return the status that a path answers, 0 where nobody does."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
