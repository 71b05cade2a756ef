"""
The kinds of error that services raise, and the one table that says what each is to a client.

A domain error is one of these kinds, carries a stable `code` (as in the API's contract), a sentence for a
person, and whatever data a program needs. Apps name theirs in `<app>/exceptions.py`.
"""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, ClassVar

import psycopg
from django.db import InterfaceError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from procrastinate.exceptions import ConnectorException
from psycopg.errors import ForeignKeyViolation


class DomainError(Exception):
    """
    A refusal with a reason.

    `data` is JSON-ready and stands beside the standard members of the answer; `fields` maps a field's name
    to the sentence that says what is wrong with it.
    """

    status: ClassVar[HTTPStatus]
    code: str
    message: str | Promise
    retry_after: int | None = None  # seconds

    def __init__(
        self, message: str | Promise | None = None, *, fields: Mapping[str, str | Promise] | None = None, **data: Any
    ):
        self.message = message or self.message
        self.fields = dict(fields or {})
        self.data = data
        super().__init__(str(self.message))


class Invalid(DomainError):
    """The input cannot be right, whatever the state of the shop."""

    status = HTTPStatus.BAD_REQUEST
    code = "VALIDATION_ERROR"
    message = _("Something in what was sent is not right.")


class Denied(DomainError):
    """The caller may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "FORBIDDEN"
    message = _("You may not do this.")


class NotFound(DomainError):
    """There is no such thing, or not for this caller."""

    status = HTTPStatus.NOT_FOUND
    code = "NOT_FOUND"
    message = _("There is nothing here.")


class Conflict(DomainError):
    """The input is fine, but the state of the shop does not allow it."""

    status = HTTPStatus.CONFLICT
    code = "CONFLICT"
    message = _("This cannot be done as things are now.")


class TooMany(DomainError):
    """The caller has tried too often, and may again in `retry_after` seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "RATE_LIMITED"

    def __init__(self, retry_after: int):
        self.retry_after = retry_after
        minutes = ceil(retry_after / 60)
        super().__init__(
            ngettext(
                "That was too often. Please try again in %(minutes)s minute.",
                "That was too often. Please try again in %(minutes)s minutes.",
                minutes,
            )
            % {"minutes": minutes}
        )


PASSING_FAULTS = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


class Busy(DomainError):
    """Trying again in a moment may succeed: a lock that was not free in time, a database that is away."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "UNAVAILABLE"
    message = _("The shop is busy. Please try again in a moment.")
    retry_after = 2


def as_busy(error: BaseException) -> Busy | None:
    """
    Return `Busy` where a database error is one that passes: a lock or statement timeout, a lost connection, a row to
    belong to that was deleted meanwhile.
    """
    if isinstance(error, ConnectorException) and error.__cause__:  # the same, met while a job was written
        error = error.__cause__
    is_passing = isinstance(error, PASSING_FAULTS) or isinstance(error.__cause__, ForeignKeyViolation)
    return Busy() if is_passing else None
