"""Whether the server can serve, and what it speaks: the standard services of health and reflection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, Thread
from typing import Any

from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection

from bookstore.core.health import database_answers

INTERVAL = 2  # seconds between two looks at the database
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING

# Threads of their own: a server whose callers wait for locks is not dead, and what streams does not take their place.
for_health = ThreadPoolExecutor(2, thread_name_prefix="health")
for_reflection = ThreadPoolExecutor(2, thread_name_prefix="reflection")


class Reflection(reflection.ReflectionServicer):
    def ServerReflectionInfo(self, request_iterator: Any, context: Any) -> Any:
        return super().ServerReflectionInfo(request_iterator, context)

    ServerReflectionInfo.experimental_thread_pool = for_reflection  # type: ignore[attr-defined]


class Health(health.HealthServicer):
    """SERVING while the database answers, for the whole server (`""`) and for each service."""

    def __init__(self, services: list[str]):
        super().__init__(experimental_thread_pool=for_health)
        self._services = ["", *services]
        self._told: int | None = None
        self._closing = Event()
        self._watcher = Thread(target=self._watch, name="health", daemon=True)

    def Check(self, request: Any, context: Any) -> Any:
        return super().Check(request, context)

    Check.experimental_thread_pool = for_health  # type: ignore[attr-defined]

    def start(self) -> None:
        self.look()
        self._watcher.start()

    def close(self) -> None:
        """Say NOT_SERVING from now on."""
        self._closing.set()
        self.enter_graceful_shutdown()

    def look(self) -> None:
        """See whether the database answers, and tell who listens where that has changed."""
        status = SERVING if database_answers() else NOT_SERVING
        if status != self._told:
            self._told = status
            for service in self._services:
                self.set(service, status)

    def _on_close_callback(self, send_response_callback: Callable[[Any], None], service: str) -> Callable[[], Any]:
        # Called where a listener goes, in the one thread that also ends what is being sent. `set` keeps a lock until
        # all is sent: if the listener were struck off right there, each would wait for the other, and every call too.
        return partial(for_health.submit, super()._on_close_callback(send_response_callback, service))

    def _watch(self) -> None:
        while not self._closing.wait(INTERVAL):
            self.look()
