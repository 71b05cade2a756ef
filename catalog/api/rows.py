"""
Books as the API shows them, built from plain rows.

A list costs four queries whatever its length, and no model instance per row; `BookSerializer` in serializers.py is
the same shape for the OpenAPI document, and a test holds one against the other.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Sum
from django.urls import reverse
from rest_framework.request import Request

from catalog.models import Contribution, Offer, Role, Seller
from catalog.text import slug_of

BOOK_COLUMNS = (
    "id", "title", "subtitle", "byline", "isbn", "series_number", "publisher", "language", "format", "pages",
    "publish_date", "first_published_year", "cover_image", "cover_image_url", "created_at", "sort_title",
    "genre_id", "genre__name", "genre__slug", "series__name", "shown_price", "shown_in_stock",
)  # fmt: skip


def money(amount: Any) -> str:
    """Write an amount as the contract does: a decimal string with two places."""
    return f"{amount:.2f}"


def book_bodies(rows: Sequence[dict[str, Any]], request: Request, seller: Seller | None = None) -> list[dict[str, Any]]:
    """Return the JSON of books given as rows of BOOK_COLUMNS; stock is `seller`'s where one is asked for."""
    ids = [row["id"] for row in rows]
    authors = _authors_of(ids)
    copies = _copies_of(ids, seller)
    return [_book_body(row, request, authors[row["id"]], copies.get(row["id"], 0)) for row in rows]


def _authors_of(book_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    written = Contribution.objects.filter(book__in=book_ids, role=Role.AUTHOR).order_by("position", "id")
    for book_id, pk, name in written.values_list("book_id", "contributor_id", "contributor__name"):
        found[book_id].append({"id": pk, "name": name, "slug": slug_of(name, fallback="author")})
    return found


def _copies_of(book_ids: list[int], seller: Seller | None) -> dict[int, int]:
    offers = Offer.objects.filter(book__in=book_ids).active()
    if seller is not None:
        offers = offers.filter(seller=seller)
    return dict(offers.order_by().values_list("book_id").annotate(Sum("stock_quantity")))


def _book_body(row: dict[str, Any], request: Request, authors: list[dict[str, Any]], copies: int) -> dict[str, Any]:
    slug = slug_of(row["title"], fallback="book")
    genre_id, price, cover = row["genre_id"], row["shown_price"], row["cover_image"]
    return {
        "id": row["id"],
        "slug": slug,
        "title": row["title"],
        "subtitle": row["subtitle"] or None,
        "author": row["byline"],
        "authors": authors,
        "isbn": row["isbn"] or None,
        "genre_id": genre_id,
        "genre": {"id": genre_id, "name": row["genre__name"], "slug": row["genre__slug"]} if genre_id else None,
        "series": _series_body(row),
        "price": None if price is None else money(price),
        "currency": settings.STORE_CURRENCY,
        "stock_quantity": copies,
        "in_stock": row["shown_in_stock"],
        "format": row["format"],
        "language": row["language"] or None,
        "publisher": row["publisher"] or None,
        "pages": row["pages"],
        "publish_date": row["publish_date"],
        "first_published_year": row["first_published_year"],
        "cover_image_url": _absolute(request, cover) if cover else row["cover_image_url"] or None,
        "url": reverse("catalog:book", args=[row["id"], slug]),
    }


def _series_body(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["series__name"] is None:
        return None
    return {"name": row["series__name"], "number": row["series_number"] or None}


def _absolute(request: Request, cover: str) -> str:
    return request.build_absolute_uri(default_storage.url(cover))


def offer_body(offer: Offer) -> dict[str, Any]:
    """Return the JSON of an offer whose seller is loaded."""
    seller = offer.seller
    return {
        "id": offer.pk,
        "seller": {"id": seller.pk, "name": seller.name, "slug": seller.slug},
        "price": money(offer.price),
        "currency": offer.currency,
        "stock_quantity": offer.stock_quantity,
        "in_stock": offer.in_stock,
    }


def managed_offer_body(offer: Offer) -> dict[str, Any]:
    """Return the JSON of an offer for those who manage it."""
    return offer_body(offer) | {
        "book_id": offer.book_id,
        "seller_id": offer.seller_id,
        "is_active": offer.is_active,
    }
