"""Whether the process lives, the database answers and the shop can serve; and the metrics, for those who may know."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from threading import Event

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST

from bookstore.core import metrics
from bookstore.core.errors import Busy
from bookstore.core.problems import Problem, as_json, problem_of

PATIENCE = 2  # seconds

migrated = Event()

View = Callable[[HttpRequest], HttpResponse]


def service(view: View) -> View:
    """Make a view one that only programs read: GET and HEAD, no cookies, never kept."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return view(request)
        detail = _("This address can only be read.")
        return as_json(Problem.with_status(HTTPStatus.METHOD_NOT_ALLOWED, detail, Allow="GET, HEAD"))

    return guarded


@service
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


@service
def health(request: HttpRequest) -> HttpResponse:
    """The process lives, and so does its database."""
    if not database_answers():
        return unavailable(_("The database is away."), database="away")
    return JsonResponse({"status": "ok", "database": "ok"})


@service
def readyz(request: HttpRequest) -> HttpResponse:
    """The shop can serve: its database answers and has the form this code expects."""
    if not database_answers():
        return unavailable(_("The database is away."), database="away")
    if not is_migrated():
        return unavailable(_("The database waits for its migrations."), database="not migrated")
    return JsonResponse({"status": "ok"})


@service
def metrics_page(request: HttpRequest) -> HttpResponse:
    """What Prometheus collects."""
    if not may_read_metrics(request):
        detail = _("Metrics are for this machine, or for those with the token.")
        return as_json(Problem.with_status(HTTPStatus.FORBIDDEN, detail))
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def unavailable(detail: str | Promise, database: str) -> HttpResponse:
    return as_json(problem_of(Busy(detail, database=database)))


def database_answers() -> bool:
    """
    Ask the database on a connection of its own.

    The pool would wait its whole patience before it admits that nobody is there; a probe has less.
    """
    try:
        params = connection.get_connection_params() | {"connect_timeout": PATIENCE}
        with psycopg.connect(**params) as fresh:
            fresh.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def is_migrated() -> bool:
    """Tell whether no migration is missing; once true it stays so, for this code."""
    if not migrated.is_set():
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            migrated.set()
    return migrated.is_set()


def may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and constant_time_compare(given, f"Bearer {token}"):
        return True
    return is_from_this_machine(request)


def is_from_this_machine(request: HttpRequest) -> bool:
    """Tell whether the caller sits at this machine, with nobody in between."""
    # A proxy on this machine also comes from loopback; it names whom it speaks for.
    is_forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    return not is_forwarded and is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
