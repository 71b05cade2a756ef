"""
Measure a running shop: `python -m bench [path …]` prints requests per second and latencies of its main doors.

Starts the real thing (`manage.py run`: PostgreSQL, web processes, job worker) on a spare port. The data are a
fresh demo catalogue, or those of DATA_DIR where that is set. The client runs on the same machine and takes its
share of the processors, so the numbers are for comparing commits, not for planning.
"""

import argparse
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_PATIENCE = 120  # seconds


class Shop:
    """A shop that answers on `port`."""

    def __init__(self, port: int):
        self.port = port

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str) -> bytes:
        with closing(self.connection()) as connection:
            return fetch(connection, path)


def fetch(connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Host": "localhost"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path} answers {response.status}: nothing to measure.")
    return body


@contextmanager
def open_shop(data: str, processes: int) -> Iterator[Shop]:
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    environment = {
        **os.environ,
        "DATA_DIR": data,
        "PORT": str(port),
        "WEB_PROCESSES": str(processes),
        "LOG_LEVEL": "ERROR",
    }
    supervisor = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "run"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        shop = Shop(port)
        wait_until_ready(shop, supervisor)
        yield shop
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait()


def wait_until_ready(shop: Shop, supervisor: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while supervisor.poll() is None and time.monotonic() < deadline:
        try:
            shop.get("/readyz")
            return
        except (OSError, HTTPException, SystemExit):
            time.sleep(0.2)
    raise SystemExit("The shop did not open.")


def measure(shop: Shop, path: str, *, clients: int, seconds: float) -> list[float]:
    """Ask for one page again and again from several clients; return the latencies in milliseconds."""
    latencies: list[list[float]] = [[] for _ in range(clients)]

    def ask(mine: list[float], until: float) -> None:
        with closing(shop.connection()) as connection:
            while (began := time.perf_counter()) < until:
                fetch(connection, path)
                mine.append((time.perf_counter() - began) * 1000)

    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=ask, args=(mine, until)) for mine in latencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [latency for mine in latencies for latency in mine]


def row(path: str, latencies: list[float], seconds: float) -> str:
    cuts = statistics.quantiles(latencies, n=100)
    return f"{path:<24}{len(latencies) / seconds:>8.0f}{cuts[49]:>9.1f}{cuts[94]:>9.1f}{cuts[98]:>9.1f}"


def commit() -> str:
    def git(*arguments: str) -> str:
        found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)  # noqa: S607
        return found.stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "unknown") + (
        " with changes" if git("status", "--porcelain") else ""
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Measure a running shop.")
    parser.add_argument("paths", nargs="*", help="what to ask for; without any, the main doors")
    parser.add_argument("--seconds", type=float, default=5, help="for each path")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="of the web server")
    options = parser.parse_args()

    with (
        tempfile.TemporaryDirectory() as fresh,
        open_shop(os.environ.get("DATA_DIR") or fresh, options.processes) as shop,
    ):
        books = json.loads(shop.get("/api/v1/books?size=1"))
        one = f"/api/v1/books/{books['items'][0]['id']}" if books["items"] else "/readyz"
        sys.stdout.write(
            f"commit {commit()}; {books['total']} books; {options.processes} web processes; {options.clients} clients "
            f"on the same {os.cpu_count()} processors; Python {platform.python_version()}\n\n"
            f"{'':<24}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}\n"
        )
        for path in options.paths or ["/healthz", "/api/v1/books", one, "/books/"]:
            shop.get(path)  # one that fails ends it here
            measure(shop, path, clients=options.clients, seconds=1)  # the first requests load code and fill caches
            latencies = measure(shop, path, clients=options.clients, seconds=options.seconds)
            sys.stdout.write(row(path, latencies, options.seconds) + "\n")


if __name__ == "__main__":
    main()
