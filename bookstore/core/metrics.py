"""Counters for Prometheus. With PROMETHEUS_MULTIPROC_DIR set, all processes of the shop are counted together."""

import os
from contextlib import suppress
from pathlib import Path

from django.http import HttpRequest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("http_requests", "HTTP requests answered.", ["route", "method", "status"])
DURATION = Histogram("http_request_duration_seconds", "Time to answer an HTTP request.", ["route", "method"])
IN_PROGRESS = Gauge("http_requests_in_progress", "HTTP requests being answered now.", multiprocess_mode="livesum")
MAILS = Counter("mails", "Attempts to send a mail: sent, postponed, failed (given up).", ["outcome"])


def count_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count an answered request under the name of its route: raw paths and made-up methods have no end."""
    match = request.resolver_match
    route = match.view_name if match else "none"
    method = request.method if request.method in METHODS else "OTHER"
    REQUESTS.labels(route, method, status).inc()
    DURATION.labels(route, method).observe(seconds)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return generate_latest(REGISTRY)
    forget_the_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    return generate_latest(registry)


def forget_the_dead(folder: Path) -> None:
    """Drop the gauges of processes that are gone, killed ones too; what they counted stays counted."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not is_alive(pid):
            with suppress(FileNotFoundError):  # another process tidies up too
                mark_process_dead(pid, str(folder))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
