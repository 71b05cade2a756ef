"""
The sitemap: an index, and parts of PART ids each, so that a part reads its own rows and no others.

Django's framework counts all rows and skips to a page's first one, which at a million books costs more the later
the page; and it takes the shop's address from the request. A row never moves to another part, so a new book
changes one part only.
Source: https://www.sitemaps.org/protocol.html, which allows 50,000 addresses a part and 50,000 parts.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.db import connection
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe

from bookstore.web.models import ShopPage
from bookstore.web.seo.addresses import absolute
from catalog.models import Book, Contribution, Contributor, Genre, Seller

PART = 10_000
KEPT = 3600  # seconds that a copy is good for without asking again

Entry = tuple[str, datetime | None]


def credited(ids: range | None) -> QuerySet[Contributor]:
    """Return the contributors, of these ids if any are named, whose page has a book on it."""
    shown = Contribution.objects.filter(contributor=OuterRef("pk"), book__archived_at=None)
    if ids:  # said here as well: else the planner looks at all contributions there are
        shown = shown.filter(contributor__gte=ids.start, contributor__lt=ids.stop)
    return Contributor.objects.filter(Exists(shown))


# Which pages there are, by kind: rows with `get_absolute_url` and, where it is known, `updated_at`. Whoever names a
# range of ids keeps to it as well.
KINDS: dict[str, Callable[[range | None], QuerySet[Any]]] = {
    "books": lambda _ids: Book.objects.public().only("title", "updated_at"),
    "authors": credited,
    "genres": lambda _ids: Genre.objects.all(),
    "sellers": lambda _ids: Seller.objects.all(),
    "pages": lambda _ids: ShopPage.objects.shown().only("slug", "updated_at"),
}
ALONE = ("web:home", "catalog:books")


@require_safe
@gzip_page
@conditional_page
@cache_control(public=True, max_age=KEPT)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Name the parts that are not empty."""
    parts = [(reverse("web:sitemap_alone"), None)]
    for kind, rows in KINDS.items():
        parts += [(reverse("web:sitemap_part", args=[kind, number]), None) for number in parts_of(rows(None))]
    return document("sitemapindex", "sitemap", parts)


@require_safe
@gzip_page
@conditional_page
@cache_control(public=True, max_age=KEPT)
def sitemap_alone(request: HttpRequest) -> HttpResponse:
    """Name the pages there is one of; that of all genres only where there are some."""
    names = [*ALONE, "catalog:genres"] if Genre.objects.exists() else ALONE
    return document("urlset", "url", [(reverse(name), None) for name in names])


@require_safe
@gzip_page
@conditional_page
@cache_control(public=True, max_age=KEPT)
def sitemap_part(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    ids = range(number * PART, (number + 1) * PART)
    rows = KINDS[kind](ids).filter(pk__gte=ids.start, pk__lt=ids.stop).order_by("pk")
    entries = [(row.get_absolute_url(), getattr(row, "updated_at", None)) for row in rows]
    if not entries:
        raise Http404
    return document("urlset", "url", entries)


def parts_of(rows: QuerySet[Any]) -> list[int]:
    """Return the numbers of the parts that hold some of these rows, by one look into the index for each."""
    last = rows.model._default_manager.aggregate(last=Max("pk"))["last"]
    if last is None:
        return []
    sql, values = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        # The order keeps the look to the index of the ids: without it the planner may read the table instead.
        cursor.execute(
            "SELECT part FROM generate_series(0, %s) AS part, LATERAL ("  # noqa: S608 - Django wrote the rest
            f"SELECT id FROM ({sql}) AS rows (id) WHERE id >= part * %s AND id < (part + 1) * %s ORDER BY id LIMIT 1"
            ") AS first ORDER BY part",
            [last // PART, *values, PART, PART],
        )
        return [part for (part,) in cursor.fetchall()]


def document(root: str, element: str, entries: Iterable[Entry]) -> HttpResponse:
    """Write a sitemap, or an index of sitemaps, which are made alike."""
    lines = [
        f"<{element}><loc>{escape(absolute(path))}</loc>"
        + (f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else "")
        + f"</{element}>\n"
        for path, changed in entries
    ]
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return HttpResponse(f"{start}{''.join(lines)}</{root}>\n", content_type="application/xml")
