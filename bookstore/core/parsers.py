"""JSON as the contract wants it: UTF-8, exact numbers, nothing that only looks like JSON."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 64


class StrictJSONParser(BaseParser):
    """
    Parse a JSON body; an empty one is an empty object.

    Numbers with a fraction or exponent become `Decimal`, so that no digit is lost.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return parsed(body_of(stream).decode())
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        except (ValueError, InvalidOperation, UnreadablePostError) as error:
            raise ParseError(_("The body is not valid JSON: %(reason)s.") % {"reason": reason_of(error)}) from error


def body_of(stream: IO[bytes]) -> bytes:
    # DRF reads the stream past Django's own check of the size.
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise RequestDataTooBig
    return body


def parsed(text: str) -> Any:
    if not text.strip():
        return {}
    value = json.loads(text, parse_float=exact, parse_constant=refuse)
    check(value)
    return value


def exact(text: str) -> Decimal:
    # Nothing beyond a double: written out, an exponent of nine digits is a gigabyte.
    number, near = Decimal(text), float(text)
    if math.isinf(near) or (near == 0) != (number == 0):
        raise ValueError(_("a number is too large"))
    return number


def refuse(name: str) -> None:
    raise ValueError(_("%(name)s is not a number in JSON") % {"name": name})


def check(value: Any, depth: int = 0) -> None:
    """Refuse what is nested too deeply and strings that no encoding can carry (lone surrogates), keys too."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        for inner in value:
            check(inner, depth + 1)
    elif isinstance(value, dict):
        for name, inner in value.items():
            name.encode()
            check(inner, depth + 1)


def reason_of(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return _("%(what)s, line %(line)s, column %(column)s") % {
            "what": error.msg,
            "line": error.lineno,
            "column": error.colno,
        }
    if isinstance(error, UnicodeError):
        return _("its text is not Unicode in UTF-8")
    return _("a number in it is none, or too large")
