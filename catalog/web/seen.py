"""
Which books a reader looked at last: kept in the reader's own browser, and nowhere else.

The cookie is signed, so that what comes back is what we sent. Nothing is kept for whoever said here that it shall not
be, nor where the browser says so to every site. Source: W3C, Global Privacy Control and Tracking Preference Expression.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.models import Book

COOKIE = "seen"
LASTS = timedelta(days=60)
MOST = 12  # books
OFF = "off"
SIGNER = Signer(salt="catalog.seen", sep=".")


def seen_books(request: HttpRequest) -> list[Book]:
    """Return the books that the reader looked at, the last one first."""
    ids = seen_ids(request)
    found = Book.objects.public().defer("description").in_bulk(ids) if ids else {}
    return [found[pk] for pk in ids if pk in found]


def note_seen(request: HttpRequest, response: HttpResponse, book: Book) -> None:
    """Let the reader's browser keep that this book was looked at, unless it is not to."""
    is_looked_at = request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")
    if is_looked_at and kept_in(request) != OFF and not asks_for_privacy(request):
        ids = [book.pk, *(pk for pk in seen_ids(request) if pk != book.pk)]
        keep(response, "-".join(map(str, ids[:MOST])))


def seen_ids(request: HttpRequest) -> list[int]:
    kept = kept_in(request)
    return [int(pk) for pk in kept.split("-")] if kept != OFF and kept and not asks_for_privacy(request) else []


def kept_in(request: HttpRequest) -> str:
    try:
        return SIGNER.unsign(request.COOKIES.get(COOKIE, ""))
    except BadSignature:
        return ""


def asks_for_privacy(request: HttpRequest) -> bool:
    return "1" in {request.headers.get("Sec-GPC"), request.headers.get("DNT")}


def keep(response: HttpResponse, words: str) -> None:
    response.set_cookie(
        COOKIE,
        SIGNER.sign(words),
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def seen(request: HttpRequest) -> HttpResponse:
    """Show the books that were looked at, with the choice to forget them, or to keep none from now on."""
    if request.method == "POST":
        response = redirect("catalog:seen")
        if request.POST.get("keep") == OFF:
            keep(response, OFF)
        else:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response
    context = {
        "books": seen_books(request),
        "is_off": kept_in(request) == OFF,
        "asks_for_privacy": asks_for_privacy(request),
    }
    return render(request, "catalog/seen.html", context)
