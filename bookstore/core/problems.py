"""
Every refusal and failure as a client sees it: problem+json (RFC 9457) below /api/ and from the service
addresses, a friendly page elsewhere. A stack trace goes to the log and nowhere else.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from django.core import exceptions as django
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as rest
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings

from bookstore.core.errors import Busy, Denied, DomainError, Invalid, NotFound, TooMany, as_busy
from bookstore.core.logs import current_request_id

SERVICE_PATHS = frozenset({"/health", "/healthz", "/readyz", "/metrics"})

CODES = {
    HTTPStatus.BAD_REQUEST: Invalid.code,
    HTTPStatus.UNAUTHORIZED: "AUTH_INVALID_TOKEN",
    HTTPStatus.FORBIDDEN: Denied.code,
    HTTPStatus.NOT_FOUND: NotFound.code,
    HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    HTTPStatus.NOT_ACCEPTABLE: "NOT_ACCEPTABLE",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "CONTENT_TOO_LARGE",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
    HTTPStatus.TOO_MANY_REQUESTS: TooMany.code,
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL_ERROR",
    HTTPStatus.SERVICE_UNAVAILABLE: Busy.code,
}

UNREADABLE = (django.SuspiciousOperation, django.BadRequest, MultiPartParserError, UnreadablePostError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Problem:
    """What went wrong, before it is settled whether a program or a person will read it."""

    status: HTTPStatus
    code: str
    detail: str | Promise
    errors: list[dict[str, Any]] = field(default_factory=list)
    data: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def with_status(cls, status: HTTPStatus, detail: str | Promise, **headers: str) -> "Problem":
        """Make a problem whose code follows from its status."""
        return cls(status, CODES[status], detail, headers={name.replace("_", "-"): headers[name] for name in headers})


# From an exception to a problem


def problem_of(error: BaseException | None) -> Problem:
    """Say what an exception is to a client. The one place where that is decided."""
    if isinstance(error, DomainError):
        return of_domain(error)
    if error and (busy := as_busy(error)):
        log.warning("Busy", cause=str(error))
        return of_domain(busy)
    if isinstance(error, rest.ValidationError | django.ValidationError):
        return of_validation(error)
    if isinstance(error, rest.APIException):
        return of_rest(error)
    if isinstance(error, Http404):
        return of_domain(NotFound())
    if isinstance(error, django.PermissionDenied):
        return of_domain(Denied())
    if isinstance(error, django.RequestDataTooBig):
        return Problem.with_status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("That is more than the shop takes at once."))
    if isinstance(error, UNREADABLE):
        return of_domain(Invalid(_("What was sent cannot be read.")))
    return Problem.with_status(
        HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong in the shop. We will see to it.")
    )


def of_domain(error: DomainError) -> Problem:
    errors = [{"field": name, "code": "INVALID", "detail": sentence} for name, sentence in error.fields.items()]
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return Problem(error.status, error.code, error.message, errors, error.data, headers)


def of_validation(error: rest.ValidationError | django.ValidationError) -> Problem:
    found = list(flattened(as_serializer_error(error)))
    general = " ".join(str(detail) for name, detail in found if not name)
    errors = [
        {"field": name, "code": str(getattr(detail, "code", "invalid")).upper(), "detail": str(detail)}
        for name, detail in found
        if name
    ]
    return Problem(HTTPStatus.BAD_REQUEST, Invalid.code, general or Invalid.message, errors)


def flattened(detail: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Walk nested errors as `("items.0.quantity", sentence)`; what is about no field in particular has name ""."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from flattened(inner, path if name == api_settings.NON_FIELD_ERRORS_KEY else (*path, str(name)))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            yield from flattened(inner, path if isinstance(inner, str) else (*path, str(index)))
    else:
        yield ".".join(path), detail


def of_rest(error: rest.APIException) -> Problem:
    # DRF turns these two into 403 wherever the first authentication class has no challenge of its own.
    if isinstance(error, rest.NotAuthenticated | rest.AuthenticationFailed):
        code = "AUTH_REQUIRED" if isinstance(error, rest.NotAuthenticated) else "AUTH_INVALID_TOKEN"
        return Problem(HTTPStatus.UNAUTHORIZED, code, sentence_of(error))
    headers = {}
    if isinstance(error, rest.Throttled):
        headers["Retry-After"] = str(ceil(getattr(error, "wait", None) or 1))
    status = HTTPStatus(error.status_code)
    return Problem(status, CODES.get(status, error.default_code.upper()), sentence_of(error), headers=headers)


def sentence_of(error: rest.APIException) -> str:
    detail: Any = error.detail
    return str(detail.get("detail", error.default_detail) if isinstance(detail, Mapping) else detail)


# From a problem to an answer


def is_for_programs(request: HttpRequest) -> bool:
    """Tell whether the address belongs to the API or the service paths, whose answers are never pages."""
    path = request.path_info
    return path == "/api" or path.startswith("/api/") or path in SERVICE_PATHS


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Show the problem in the form that this address speaks."""
    return as_json(problem) if is_for_programs(request) else as_page(request, problem)


def as_json(problem: Problem) -> HttpResponse:
    body = {
        **problem.data,
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": current_request_id(),
    }
    if problem.errors:
        body["errors"] = problem.errors
    response = JsonResponse(
        body, status=problem.status, content_type="application/problem+json", headers=problem.headers
    )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        # Source: RFC 6750, section 3.1.
        refused = ' error="invalid_token"' if problem.code == "AUTH_INVALID_TOKEN" else ""
        response.headers.setdefault("WWW-Authenticate", f"Bearer{refused}")
    response.headers["Cache-Control"] = "no-store"
    return response


def as_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = HttpResponse(error_page(request, problem), status=problem.status, headers=problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def error_page(request: HttpRequest, problem: Problem) -> str:
    status = problem.status
    context = {
        "status": status.value,
        "title": status.phrase,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": current_request_id(),
    }
    name = status if status in {400, 403, 404, 429, 500, 503} else 400 if status < 500 else 500
    # What failed may be the reader's session or the database: those two pages must not ask for either.
    known = request if status < 500 else None
    try:
        return render_to_string(f"{name}.html", context, known)
    except Exception:
        log.exception("The error page failed")
        return format_html(
            '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
            "<p>{detail}</p><p>{request_id}</p></html>",
            language=get_language(),
            **context,
        )


# Where Django and DRF ask


def handle_error(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """
    Answer an exception that an API view raised.

    There is nothing to roll back here: services own their transactions, and the exception has left them.
    """
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.exception("Unhandled error")
        got_request_exception.send(sender=None, request=context["request"])
    return as_json(problem)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, problem_of(exception))


forbidden = not_found = bad_request


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody else caught; a database that is away is no fault of ours, and says when to come back."""
    return answer(request, problem_of(sys.exception()))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a form that was sent without the proof that it came from one of our pages."""
    detail = _("This form was open too long, or cookies are switched off. Please load the page again and retry.")
    return answer(request, Problem.with_status(HTTPStatus.FORBIDDEN, detail))
