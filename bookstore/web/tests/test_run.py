"""`manage.py run` with real processes: opened, killed in every part, closed."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import grpc
import psutil
import pytest
from django.conf import settings
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bookstore.core.tests.processes import PATIENCE, Process, spare_port, wait_until
from catalog.demo import ACCOUNTS

LONGEST_START = 150  # seconds; the first of all makes the database, and says nothing until it is there
PARTS = ("web server", "web worker", "job worker", "gRPC server", "connection", "database")


class Shop:
    """One folder's shop, which may be opened, killed and opened again."""

    def __init__(self, data: Path):
        self.data = data
        self.port, self.grpc_port = spare_port(), spare_port()

    def start(self) -> Process:
        places = {"DATA_DIR": self.data, "PORT": self.port, "GRPC_PORT": self.grpc_port}
        return Process(
            *("manage.py", "run"),
            env=local(**places, WEB_PROCESSES=2),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def open(self) -> str:
        """Open the shop; return what it prints until it serves."""
        self.supervisor = self.start()
        said = ""
        while ACCOUNTS[-1].email not in said:
            line = self.supervisor.line(LONGEST_START)
            assert line, f"it ended after saying: {said}"
            said += line
        return said

    def is_open(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def serves_partners(self) -> bool:
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=15)
            except grpc.RpcError:
                return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING

    def parts(self) -> dict[str, psutil.Process]:
        """Return the living processes by what they are; of several of a kind, one."""
        processes = psutil.Process(self.supervisor.pid).children(recursive=True) + self.database()
        return {kind: process for process in processes if (kind := kind_of(process))}

    def database(self) -> list[psutil.Process]:
        """Return the database's processes; none while it does not run, or is just coming or going."""
        try:
            note = (self.data / "postgres" / "postmaster.pid").read_text()
            main = psutil.Process(int(note.partition("\n")[0]))
            return [main, *main.children()]
        except (OSError, ValueError, psutil.NoSuchProcess):
            return []

    def close(self) -> None:
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGINT)
            try:
                self.supervisor.communicate()
            finally:
                self.supervisor.kill()


def local(**settings: object) -> dict[str, str]:
    """Return the environment of a shop with a database of its own, wherever the tests have theirs."""
    named = {"DATABASE_URL": "", "DEBUG": "", "SECRET_KEY": "", **settings}
    return os.environ | {name: str(value) for name, value in named.items()}


def kind_of(process: psutil.Process) -> str | None:
    try:
        command = " ".join(process.cmdline())
        is_worker = process.ppid() == os.getpgid(process.pid)
    except (psutil.Error, ProcessLookupError):
        return None
    if "granian" in command:
        return "web worker" if is_worker else "web server"
    kinds = {"procrastinate": "job worker", "grpcserver": "gRPC server", " -D ": "database", " idle": "connection"}
    return next((kind for word, kind in kinds.items() if word in command), None)


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    try:
        shop.open()
        yield shop
    finally:
        shop.close()


@pytest.fixture
def shop(folder: Shop) -> Shop:
    if folder.supervisor.poll() is not None:
        folder.open()
    wait_until(lambda: folder.parts().keys() >= {*PARTS})
    return folder


def test_second_supervisor_of_a_folder_is_refused(shop: Shop) -> None:
    second = shop.start()
    assert second.wait() == 1
    assert shop.is_open()


@pytest.mark.parametrize("name", ["PORT", "GRPC_PORT"])
def test_taken_port_is_told_in_one_sentence(name: str, shop: Shop, tmp_path: Path) -> None:
    taken = {"PORT": shop.port, "GRPC_PORT": shop.grpc_port}[name]
    stranger = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=settings.BASE_DIR,
        env=local(**{"DATA_DIR": tmp_path, "PORT": spare_port(), "GRPC_PORT": spare_port(), name: taken}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert stranger.returncode == 1
    assert re.fullmatch(rf"CommandError: Port {taken} of 127.0.0.1 is taken .+ make run {name}=\d+\n", stranger.stderr)
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("part", PARTS)
def test_killed_part_is_replaced(part: str, shop: Shop) -> None:
    victim = shop.parts()[part]
    victim.kill()
    wait_until(lambda: shop.parts().get(part, victim) != victim and shop.is_open() and shop.serves_partners())


def test_killed_supervisor_takes_its_parts_along_and_the_next_start_works(shop: Shop) -> None:
    parts = shop.parts()
    shop.supervisor.end()
    said = shop.open()
    wait_until(lambda: all(is_gone(parts[name]) for name in ("web server", "web worker", "job worker", "gRPC server")))
    assert parts["database"] == shop.parts()["database"]
    assert f"http://localhost:{shop.port}/api/docs" in said
    assert f"http://localhost:{shop.port}/outbox/" in said
    assert f"localhost:{shop.grpc_port}" in said
    assert all(account.email in said for account in ACCOUNTS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_leaves_nothing_running(number: signal.Signals, shop: Shop) -> None:
    parts = shop.parts()
    shop.supervisor.send_signal(number)
    assert "The shop is closed." in shop.supervisor.communicate()[0]
    assert shop.supervisor.returncode == 0
    assert all(is_gone(process) for process in parts.values())
