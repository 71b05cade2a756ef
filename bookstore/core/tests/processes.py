"""Processes that tests start: nobody waits for one without end, and none outlives its test run."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Timer
from typing import Any

from django.conf import settings

from bookstore.core.processes import die_with

PATIENCE = 60.0  # seconds
PIPE = subprocess.PIPE
# Below those that the system gives to who asks for any; those who test at the same time begin elsewhere.
PORTS = iter(range(20_000 + os.getpid() * 17 % 10_000, 32_768))


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def spare_port() -> int:
    """Return a port that is free, and that no program is given which asks for any."""
    for port in PORTS:
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue
    raise AssertionError("no port is free")


class Process(subprocess.Popen[str]):
    """A Python with these arguments, which is killed when the test run ends, however that ends."""

    def __init__(self, *arguments: object, **options: Any):
        mortal = [sys.executable, "-m", __name__, str(os.getpid())]
        options = {"cwd": settings.BASE_DIR, "stdin": PIPE, "stdout": PIPE, "text": True, **options}
        super().__init__([*mortal, *map(str, arguments)], **options)

    def line(self, patience: float = PATIENCE) -> str:
        """Return the next line that it says, or nothing where it has ended; it is killed if it takes too long."""
        assert self.stdout
        killer = Timer(patience, self.kill)
        killer.start()
        try:
            return self.stdout.readline()
        finally:
            killer.cancel()

    def tell(self, line: str) -> None:
        assert self.stdin
        self.stdin.write(f"{line}\n")
        self.stdin.flush()

    def wait(self, timeout: float | None = PATIENCE) -> int:
        return super().wait(timeout)

    def communicate(self, input: str | None = None, timeout: float | None = PATIENCE) -> tuple[str, str]:
        return super().communicate(input, timeout)

    def end(self) -> None:
        """Kill it and take in what it has said."""
        self.kill()
        self.communicate()


if __name__ == "__main__":
    # Not before exec, as `preexec_fn` would: a fork may hang where gRPC has threads.
    die_with(int(sys.argv[1]))
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])  # noqa: S606
