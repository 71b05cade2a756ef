"""
Which language somebody reads.

Addresses are the same in every language, so that a link that is sent to a friend opens in the friend's. Pages go by
what the reader chose, which a cookie keeps, else by what the browser asks for. Programs have no cookie of ours to
think of: they are answered in the language that they ask for.
"""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language, get_supported_language_variant, override
from django.utils.translation.trans_real import parse_accept_lang_header

from bookstore.core.problems import is_for_programs

LASTS = timedelta(days=365)
# The document is made once for all, and in English, as its names are.
ALWAYS_ENGLISH = ("/api/schema", "/api/docs", "/api/redoc")


def language_of(request: HttpRequest) -> str:
    """Return the language to answer in."""
    if request.path_info.startswith(ALWAYS_ENGLISH):
        return settings.LANGUAGE_CODE
    return chosen_in(request) or asked_for_by(request) or settings.LANGUAGE_CODE


def chosen_in(request: HttpRequest) -> str:
    """Return the language that was chosen in this browser; "" where none was, and for programs."""
    kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return kept if kept in dict(settings.LANGUAGES) and not is_for_programs(request) else ""


def asked_for_by(request: HttpRequest) -> str:
    """Return the first language that the browser or program asks for and we have; "" where there is none."""
    for tag, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        with suppress(LookupError):
            return get_supported_language_variant(tag)
    return ""


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Let the reader's browser keep what was chosen."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def speaking(language: str) -> override:
    """Speak a language for a while; where none is known, go on in the one that is spoken."""
    return override(language or get_language())
