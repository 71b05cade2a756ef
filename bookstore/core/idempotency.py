"""
Idempotency keys: the same request sent twice happens once, and is answered alike.

Key, effect and stored answer commit in one transaction, so a crash leaves nothing behind. A running twin is seen
by an advisory lock, which ends with its transaction.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial, wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core import advisory
from bookstore.core.errors import Conflict, Invalid
from bookstore.core.models import KEPT_FOR, IdempotencyKey
from bookstore.core.prepared import run_prepared

HEADER = "Idempotency-Key"
FIELD = "idempotency_key"
REPLAYED = "Idempotent-Replayed"
MAX_LENGTH = 255

CallerOf = Callable[[HttpRequest | Request], str | None]


class KeyReused(Invalid):
    """The key came before, with another request."""

    status = HTTPStatus(422)
    code = "IDEMPOTENCY_KEY_REUSED"
    message = _("This idempotency key was used for another request.")


class InProgress(Conflict):
    """The first request with this key has not been answered yet."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    message = _("The first request with this idempotency key is still running.")
    retry_after = 1


@dataclass(frozen=True)
class Call:
    """One request, as far as a retry must repeat it."""

    caller: str
    key: str
    method: str
    path: str
    fingerprint: str


@dataclass(frozen=True)
class Outcome:
    """An answer that can be given again."""

    status: int
    body: str
    is_replayed: bool = False

    @property
    def is_kept(self) -> bool:
        return 200 <= self.status < 300 or self.status == HTTPStatus.PAYMENT_REQUIRED


def once(call: Call, act: Callable[[], Outcome]) -> Outcome:
    """
    Do the act unless this call was answered in the last 24 hours; then return that answer.

    An answer that is not kept (anything but 2xx and 402), or an exception, undoes what the act wrote.

    Locks: advisory, the caller's key, until the transaction ends.
    Raises: KeyReused, InProgress.
    """
    with transaction.atomic():
        if not advisory.try_lock(f"idempotency\n{call.caller}\n{call.key}"):
            raise InProgress
        stored = IdempotencyKey.objects.filter(caller=call.caller, key=call.key)
        stored.expired().delete()
        if first := stored.first():
            if (first.method, first.path, first.fingerprint) != (call.method, call.path, call.fingerprint):
                raise KeyReused
            return Outcome(first.status, first.body, is_replayed=True)
        outcome = act()
        if outcome.is_kept:
            keep(call, outcome)
        else:
            transaction.set_rollback(True)
        return outcome


def keep(call: Call, outcome: Outcome) -> None:
    """Store an answer. Raises: KeyReused where an act that finds its own answer has claimed the key meanwhile."""
    try:
        IdempotencyKey.objects.create(**vars(call), status=outcome.status, body=outcome.body)
    except IntegrityError as error:
        raise KeyReused from error


CLAIM = """
    INSERT INTO core_idempotencykey AS stored (caller, key, method, path, fingerprint, status, body, created_at)
    VALUES (%(caller)s, %(key)s, %(method)s, %(path)s, %(fingerprint)s, 0, '', %(now)s)
    ON CONFLICT (caller, key) DO UPDATE SET (method, path, fingerprint, status, body, created_at)
        = (EXCLUDED.method, EXCLUDED.path, EXCLUDED.fingerprint, 0, '', EXCLUDED.created_at)
    WHERE stored.created_at < %(expired)s RETURNING key
"""


def claim(call: Call) -> None:
    """
    Keep a key for an act that finds its own answer again, so that no other request gets by with it.

    For the transaction of that act. Raises: KeyReused.
    """
    now = timezone.now()
    if not run_prepared(CLAIM, {**vars(call), "now": now, "expired": now - KEPT_FOR}):
        raise KeyReused


def caller_of(request: HttpRequest | Request) -> str | None:
    """Name the caller whose key it is; None where there is nobody to tell apart, and keys are not honoured."""
    return f"user:{request.user.pk}" if request.user.is_authenticated else None


def idempotent(handler: Any = None, *, caller_of: CallerOf = caller_of) -> Any:
    """
    Make an API view's POST handler honour `Idempotency-Key`.

    The handler runs inside the transaction that stores its answer, so it must do all it does in the database.
    """
    if handler is None:
        return partial(idempotent, caller_of=caller_of)

    @wraps(handler)
    def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        call = call_of(request, caller_of)
        if call is None:
            return handler(view, request, *args, **kwargs)
        answers: list[HttpResponse] = []

        def act() -> Outcome:
            response = rendered(view, request, handler(view, request, *args, **kwargs))
            answers.append(response)
            return Outcome(response.status_code, response.content.decode())

        outcome = once(call, act)
        return answers[0] if answers else replayed(outcome)

    keyed.is_idempotent = True  # type: ignore[attr-defined]  # for the OpenAPI document
    return keyed


def rendered(view: Any, request: Request, response: HttpResponse) -> HttpResponse:
    """Render now, so that the stored bytes are the ones that are sent."""
    if not isinstance(response, Response):
        return response
    return view.finalize_response(request, response, *view.args, **view.kwargs).render()


def replayed(outcome: Outcome) -> HttpResponse:
    kind = "application/json" if outcome.status < 300 else "application/problem+json"
    response = HttpResponse(outcome.body, status=outcome.status, content_type=kind)
    response.headers[REPLAYED] = "true"
    return response


def call_of(request: Request, caller_of: CallerOf = caller_of) -> Call | None:
    """Return a request as its key knows it, None without a key or caller. Raises: Invalid as `key_of` does."""
    key, caller = key_of(request), caller_of(request)
    if key is None or caller is None:
        return None
    return Call(caller, key, str(request.method), request.path, fingerprint_of(request.data))


def key_of(request: Request) -> str | None:
    """
    Return the key from the header or, failing that, the body.

    Raises: Invalid for one that is empty, too long or unprintable, and for two that differ.
    """
    given = []
    if HEADER in request.headers:
        given.append(decoded(request.headers[HEADER]))
    if isinstance(request.data, Mapping) and FIELD in request.data:
        given.append(request.data[FIELD])
    for key in given:
        ensure_sane(key)
    if len(set(given)) > 1:
        raise Invalid(fields={FIELD: _("The header and the body name different idempotency keys.")})
    return given[0] if given else None


def ensure_sane(key: Any) -> None:
    """Raises: Invalid for what is no key, or one that is empty, too long or unprintable."""
    if not (isinstance(key, str) and 1 <= len(key) <= MAX_LENGTH and key.isprintable()):
        raise Invalid(fields={FIELD: _("An idempotency key has 1 to 255 printable characters.")})


def decoded(header: str) -> str:
    """Read a header as UTF-8, as the body is; WSGI hands it over as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def fingerprint_of(body: Any) -> str:
    """Return a hash that is the same for bodies that are equal as parsed JSON, the key itself left out."""
    if isinstance(body, Mapping):
        body = {name: value for name, value in body.items() if name != FIELD}
    return sha256(json.dumps(body, sort_keys=True, default=plain).encode()).hexdigest()


def plain(number: Decimal) -> int | str:
    # The same number however it was written: 1.50 is 1.5, and 2.0 is 2.
    return int(number) if number == number.to_integral_value() else f"{number:f}".rstrip("0")


# Forms of pages

FORM_KEY = "form_key"


def once_per_form(request: HttpRequest, act: Callable[[], str]) -> str:
    """
    Do what a page's form asks for, and return the address that it leads to; "" where it was refused, which undoes it.

    A form that was sent twice, key and all that stands in it, is done once; the second waits for the first. One
    without a key is done whenever it comes.

    Locks: advisory, the form, until the transaction ends.
    Raises: OperationalError after `lock_timeout` (shown as Busy).
    """
    caller = caller_of(request)
    if caller is None or not request.POST.get(FORM_KEY):
        return act()
    sent = _digest_of_form(request)
    with transaction.atomic():
        advisory.lock([f"form\n{caller}\n{sent}"])
        call = Call(caller, f"form {sent}", "POST", request.path, sent)

        def answer() -> Outcome:
            address = act()
            return Outcome(HTTPStatus.OK if address else HTTPStatus.CONFLICT, address)

        return once(call, answer).body


def _digest_of_form(request: HttpRequest) -> str:
    fields = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    digest = sha256(json.dumps([request.get_full_path(), fields]).encode())
    uploads: list[tuple[str, Any]] = [(name, one) for name, all_of_it in request.FILES.lists() for one in all_of_it]
    for name, upload in uploads:
        digest.update(f"\n{name}\n{upload.name}\n".encode())
        for chunk in upload.chunks():
            digest.update(chunk)
        upload.seek(0)
    return digest.hexdigest()
