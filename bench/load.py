"""Many clients in one process: it has to leave the processors to the server beside it."""

import selectors
import socket
import statistics
import time
from contextlib import ExitStack
from itertools import cycle
from typing import NamedTuple

END_OF_HEADERS = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "
SUCCESSES = {200, 201}


class Figures(NamedTuple):
    """What was measured; times in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, latencies: list[float], seconds: float) -> "Figures":
        cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else (latencies or [0]) * 99
        return cls(len(latencies) / seconds, cuts[49], cuts[94], cuts[98])


class NothingToMeasure(Exception):
    """An answer that is none."""


class Client:
    """One connection that is kept, and the request under way on it."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: str) -> None:
        """Send a path to read, or a whole request."""
        self.received = bytearray()
        self.path, self.asked_at = request.partition(" HTTP/")[0], time.perf_counter()
        whole = request if " HTTP/" in request else f"GET {request} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self.socket.sendall(whole.encode())

    def is_answered(self) -> bool:
        """Take what has come; tell whether the answer is whole. Raises: NothingToMeasure where none will be."""
        part = self.socket.recv(262_144)
        if not part:
            raise NothingToMeasure(f"{self.path} answers nothing")
        self.received += part
        head = self.received.find(END_OF_HEADERS)
        if head < 0:
            return False
        start = self.received[: head + 2].lower().index(LENGTH) + len(LENGTH)
        length = int(self.received[start : self.received.index(b"\r", start)])
        return len(self.received) >= head + len(END_OF_HEADERS) + length

    @property
    def status(self) -> int:
        """What the answer says of itself."""
        return int(self.received[9:12])

    @property
    def milliseconds(self) -> float:
        """How long ago the request was sent."""
        return (time.perf_counter() - self.asked_at) * 1000


def measure(port: int, paths: list[str], *, clients: int, seconds: float) -> Figures:
    """Ask for these paths by turns, over and over, each client as soon as it has its last answer."""
    following = cycle(paths)
    latencies: list[float] = []
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for each in [Client(port) for _number in range(clients)]:
            stack.enter_context(each.socket)
            selector.register(each.socket, selectors.EVENT_READ, each)
            each.ask(next(following))
        began = time.perf_counter()
        while (now := time.perf_counter()) < began + seconds or not latencies:
            for key, _events in selector.select(1):
                client: Client = key.data
                if client.is_answered():
                    if client.status not in SUCCESSES:
                        raise NothingToMeasure(f"{client.path} answers {client.status}")
                    latencies.append(client.milliseconds)
                    client.ask(next(following))
    return Figures.of(latencies, now - began)
