"""A shop of a test's own, on a PostgreSQL of its own, served by its real server: to be killed at will."""

import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Lock
from typing import Any

import psutil
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.core.local_postgres.server import LocalServer
from bookstore.core.tests.processes import PATIENCE, Process, spare_port, wait_until
from bookstore.web.tests.test_run import local
from orders import jobs
from orders.models import PATIENCE as PATIENCE_WITH_PAYMENTS
from orders.models import Order, Refund

CHECKOUT = "/api/v1/orders/checkout"


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    is_repeat: bool


class StandingShop:
    """One folder's web server, kept running as `manage.py run` keeps it; workers are run when a test wants one."""

    def __init__(self, server: LocalServer):
        self.server = server
        self.tending = Lock()
        self.port = spare_port()
        self.environment = local(
            DATA_DIR=server.data.parent,
            PORT=self.port,
            WEB_THREADS=8,
            PAYMENT_TEST_TOKENS="on",
            PAYMENT_TIMEOUT=4,
            LOCK_TIMEOUT=60,
            STATEMENT_TIMEOUT=120,
            RATE_LIMITS="off",
            LOG_LEVEL="ERROR",
        )

    def open(self) -> None:
        self.serve()
        wait_until(self.answers)

    def serve(self) -> None:
        web = ["granian", "--interface", "wsgi", "--no-ws", "--log-level", "error", "--port", self.port]
        web += ["--workers", 2, "--blocking-threads", 8, "--respawn-failed-workers", "--respawn-interval", "0.1"]
        self.web = self.start("-m", *web, "bookstore.wsgi:application")

    def tend(self) -> None:
        """Serve anew where the server has ended: granian gives up when a worker dies twice within 5.5 seconds."""
        with self.tending:
            if self.web.poll() is not None:
                self.serve()

    def start(self, *arguments: object) -> Process:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return Process(*arguments, env=self.environment, start_new_session=True, **quiet)

    def close(self) -> None:
        self.web.kill()
        self.web.wait()

    def kill_web_workers(self) -> None:
        """Kill all that answers; the server then begins anew with others."""
        for worker in psutil.Process(self.web.pid).children():
            worker.send_signal(signal.SIGKILL)

    def answers(self) -> bool:
        answer = self.ask("GET", "/readyz")
        return answer is not None and answer.status == 200

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer | None:
        """Send one request; None where the answer was lost, or never came."""
        wire = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            wire.request(method, path, json.dumps(body), {"Content-Type": "application/json", **headers})
            answer = wire.getresponse()
            return Answer(answer.status, json.loads(answer.read()), "Idempotent-Replayed" in answer.headers)
        except (OSError, HTTPException, ValueError):
            self.tend()
            return None
        finally:
            wire.close()

    def worker(self) -> Process:
        """Start a worker that ends once no job waits."""
        return self.start("manage.py", "procrastinate", "worker", "--one-shot", "--concurrency", "4")

    def sweep(self) -> None:
        """Have done what the periodic jobs do once what is undecided has grown old."""
        long_ago = timezone.now() - 2 * PATIENCE_WITH_PAYMENTS
        Order.objects.filter(status="PENDING").update(created_at=long_ago)
        Refund.objects.pending().update(created_at=long_ago)
        jobs.sweep_orders()
        assert self.worker().wait() == 0


class Buyer:
    """A shopper with an account, by the API."""

    def __init__(self, shop: StandingShop):
        self.shop = shop
        self.user: User = UserFactory.create(password=PASSWORD)
        typed = {"email": self.user.email, "password": PASSWORD}
        answer = self.insist(lambda: shop.ask("POST", "/api/v1/auth/login", typed))
        assert answer.status == 200, answer
        self.token = answer.body["access_token"]

    def post(self, path: str, body: Any, key: str) -> Answer | None:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return self.shop.ask("POST", path, body, **headers)

    def check_out(self, token: str, key: str) -> Answer | None:
        return self.post(CHECKOUT, {"payment_token": token}, key)

    def insist(self, ask: Callable[[], Answer | None]) -> Answer:
        """Ask again, as a client would, until the answer is neither lost nor “not now”."""
        found: list[Answer] = []

        def is_final() -> bool:
            answer = ask()
            if answer is None or answer.status in {202, 503} or answer.body.get("code") == "IDEMPOTENCY_IN_PROGRESS":
                return False
            found.append(answer)
            return True

        wait_until(is_final)
        return found[0]


def somebody_waits(kind: str, table: str = "") -> bool:
    """Tell whether a process waits for a lock of this kind, on that table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = %s"
            " AND (%s = '' OR relation = to_regclass(%s))",
            [kind, table, table],
        )
        return cursor.fetchone()[0] > 0
