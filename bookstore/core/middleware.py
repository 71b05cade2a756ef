"""What happens to every request, whichever door it comes through. The order is in the settings."""

import re
import secrets
from collections.abc import Callable
from functools import cache
from time import perf_counter
from urllib.parse import unquote_to_bytes

import structlog
from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.utils.functional import LazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_htmx.http import HttpResponseClientRedirect

from bookstore.core import metrics, problems
from bookstore.core.errors import Busy, DomainError, Invalid, TooMany, as_busy
from bookstore.core.languages import keep_language, language_of
from bookstore.core.logs import REMOVED, is_secret

Answer = Callable[[HttpRequest], HttpResponseBase]

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)

access = structlog.get_logger("bookstore.access")
log = structlog.get_logger(__name__)


class RequestLog:
    """Give each request its id, one line in the log and its place in the metrics; answer what nobody else did."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = sane_id(request.headers.get("X-Request-ID", ""))
        started = perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id), metrics.IN_PROGRESS.track_inprogress():
            response = self.answer(request)
            response.headers["X-Request-ID"] = request_id
            self.record(request, response, perf_counter() - started)
        return response

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        except Exception:
            log.exception("Unhandled error")
            return problems.server_error(request)

    def record(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        metrics.count_request(request, response.status_code, seconds)
        access.info(
            "request",
            method=request.method,
            path=shown_path(request),
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            user_id=known_user_id(request),
        )


def sane_id(sent: str) -> str:
    """Return the request's id that the caller sent, or one of ours in the place of none or an odd one."""
    return sent if SANE_ID.fullmatch(sent) else secrets.token_hex(16)


def shown_path(request: HttpRequest) -> str:
    """Return the path for the log: no query, and no key to a mailbox or an order."""
    path = request.path
    match = request.resolver_match
    for name, value in (match.kwargs if match else {}).items():
        if is_secret(name) or name in {"key", "uidb36", "uidb64", "code"}:
            path = path.replace(str(value), REMOVED)
    return path


def known_user_id(request: HttpRequest) -> int | None:
    """Name the user if the view has looked; the log is not worth a query."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)


class OptionalSlash:
    """Make one trailing slash optional for programs; pages have theirs, and Django's redirect to it."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        short = request.path_info.removesuffix("/")
        if short != request.path_info and (short.startswith("/api/") or short in problems.SERVICE_PATHS):
            request.path_info = short
            request.path = request.path.removesuffix("/")
        return self.get_response(request)


class SpeakLanguage:
    """Answer in the language that the reader chose or the caller asks for, and say so to whoever keeps answers."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of(request)
        with override(language):
            response = self.get_response(request)
        is_page = not problems.is_for_programs(request)
        if is_page and (remembered := getattr(request, "language_to_keep", "")):
            keep_language(response, remembered)
        if not response.headers.get("Content-Type", "").startswith("image/"):  # pictures are the same in all
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ["Accept-Language", *(["Cookie"] if is_page else [])])
        return response


class RefuseUnreadable:
    """Refuse NUL in an address or cookie, which no database takes, and a query that is not UTF-8."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_readable(request):
            return self.get_response(request)
        return problems.answer(request, problems.problem_of(Invalid(_("This address cannot be read."))))


def is_readable(request: HttpRequest) -> bool:
    # Django has made text of the path (a broken byte stands in it as %FF); the query is as it was sent.
    try:
        query = unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1")).decode()
    except UnicodeError:
        return False
    return not any("\0" in text for text in (request.path_info, query, *request.COOKIES.values()))


class CompressPages(GZipMiddleware):
    """Send pages compressed to browsers that ask for it; the forms' tokens in them differ each time, as do lengths."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


class ContentSecurity(CSPMiddleware):
    """The content security policy of the settings; the admin's widgets need a looser one, so only it gets that."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Data has no scripts of its own, so its policy is always the same and need not be put together anew.
        if response.headers.get("Content-Type") == "application/json" and not settings.DEBUG:
            response.headers.setdefault(HEADER, policy_of_data())
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        match = request.resolver_match
        if match and match.route.startswith("admin/"):
            parts.update = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


@cache
def policy_of_data() -> str:
    return build_policy()


class ShowErrors:
    """Turn a domain error that a page raised into a message where the reader was, or into a page with its status."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = error if isinstance(error, DomainError) else as_busy(error)
        if refusal is None:
            return None
        if (
            isinstance(refusal, Busy | TooMany)
            or request.method in {"GET", "HEAD"}
            or problems.is_for_programs(request)
        ):
            return problems.answer(request, problems.problem_of(error))
        for sentence in refusal.fields.values() or [refusal.message]:
            messages.error(request, str(sentence))
        return back(request)


def back(request: HttpRequest) -> HttpResponse:
    """Send the reader to the page the form was on, or home; htmx must be told, it would swap a redirect in."""
    target = page_before(request)
    return HttpResponseClientRedirect(target) if request.headers.get("HX-Request") else redirect(target)


def page_before(request: HttpRequest) -> str:
    """Return the address of the page that a form was on; home where that is not known, or not one of ours."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if is_ours else "/"
