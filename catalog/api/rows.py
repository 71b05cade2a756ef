"""
Books as the API shows them, built from plain rows.

Whatever its length, a list of books costs one statement beside the one that finds their ids, planned once and written
by hand for that; `BookSerializer` in serializers.py is the same shape for the OpenAPI document, and a test holds one
against the other.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from rest_framework.request import Request

from bookstore.core.prepared import prepared_rows
from catalog.models import Offer, Role, Seller
from catalog.search.finding import Matched
from catalog.text import slug_of

SHOWN = """
    SELECT
        book.id, book.title, book.subtitle, book.byline, book.isbn, book.series_number, book.publisher, book.language,
        book.format, book.pages, book.publish_date, book.first_published_year, book.cover_image, book.cover_image_url,
        genre.id AS genre_id, genre.name AS genre, genre.slug AS genre_slug, series.name AS series,
        author.ids AS author_ids, author.names AS author_names, offer.copies,
        CASE WHEN %(seller)s::bigint IS NULL THEN book.in_stock ELSE offer.copies > 0 END AS in_stock,
        CASE WHEN %(seller)s::bigint IS NULL THEN book.price ELSE offer.price END::text AS price
        {more}
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (id, place)
    JOIN catalog_book AS book ON book.id = wanted.id AND book.archived_at IS NULL
    LEFT JOIN catalog_genre AS genre ON genre.id = book.genre_id
    LEFT JOIN catalog_series AS series ON series.id = book.series_id
    CROSS JOIN LATERAL (
        SELECT
            array_agg(contributor.id ORDER BY part.position, part.id) AS ids,
            array_agg(contributor.name ORDER BY part.position, part.id) AS names
        FROM catalog_contribution AS part
        JOIN catalog_contributor AS contributor ON contributor.id = part.contributor_id
        WHERE part.book_id = book.id AND part.role = '{author}'
    ) AS author
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(stock_quantity), 0) AS copies, min(price) AS price
        FROM catalog_offer
        WHERE book_id = book.id AND is_active AND currency = %(currency)s
            AND (%(seller)s::bigint IS NULL OR seller_id = %(seller)s::bigint)
    ) AS offer
    ORDER BY wanted.place
"""
LISTED = SHOWN.format(author=Role.AUTHOR, more="")
IN_FULL = SHOWN.format(author=Role.AUTHOR, more=", book.description, book.created_at, book.updated_at")

OFFERS = """
    SELECT
        offer.id, offer.price, offer.currency, offer.stock_quantity, offer.stock_quantity > 0 AS in_stock,
        json_build_object('id', seller.id, 'name', seller.name, 'slug', seller.slug) AS seller
    FROM catalog_offer AS offer JOIN catalog_seller AS seller ON seller.id = offer.seller_id
    WHERE offer.book_id = %(book)s AND offer.is_active AND offer.currency = %(currency)s
    ORDER BY offer.stock_quantity = 0, offer.price, offer.id
"""


def book_bodies(book_ids: Sequence[int], request: Request, seller: Seller | None = None) -> list[dict[str, Any]]:
    """Return the JSON of these books in this order; price and stock are `seller`'s where one is asked for."""
    return [_book_body(row, request) for row in _rows(LISTED, book_ids, seller)]


def book_in_full(book_id: int, request: Request) -> dict[str, Any] | None:
    """Return the JSON of one book with its description and offers; None where shoppers may not see it."""
    for row in _rows(IN_FULL, [book_id]):
        return _book_body(row, request) | {
            "description": row.description,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "offers": [offer_body(offer, offer.seller) for offer in _offers(book_id)],
        }
    return None


def _rows(statement: str, book_ids: Sequence[int], seller: Seller | None = None) -> list[Any]:
    values = {"ids": book_ids, "seller": seller and seller.pk, "currency": settings.STORE_CURRENCY}
    return prepared_rows(statement, values) if book_ids else []


def _offers(book_id: int) -> list[Any]:
    return prepared_rows(OFFERS, {"book": book_id, "currency": settings.STORE_CURRENCY})


def _book_body(row: Any, request: Request) -> dict[str, Any]:
    slug = slug_of(row.title, fallback="book")
    return {
        "id": row.id,
        "slug": slug,
        "title": row.title,
        "subtitle": row.subtitle or None,
        "author": row.byline,
        "authors": [
            {"id": pk, "name": name, "slug": slug_of(name, fallback="author")}
            for pk, name in zip(row.author_ids or (), row.author_names or (), strict=True)
        ],
        "isbn": row.isbn or None,
        "genre_id": row.genre_id,
        "genre": row.genre_id and {"id": row.genre_id, "name": row.genre, "slug": row.genre_slug},
        "series": row.series and {"name": row.series, "number": row.series_number or None},
        "price": row.price,
        "currency": settings.STORE_CURRENCY,
        "stock_quantity": row.copies,
        "in_stock": row.in_stock,
        "format": row.format,
        "language": row.language or None,
        "publisher": row.publisher or None,
        "pages": row.pages,
        "publish_date": row.publish_date,
        "first_published_year": row.first_published_year,
        "cover_image_url": _absolute(request, row.cover_image) if row.cover_image else row.cover_image_url or None,
        "url": page_of(row.id, slug),
    }


def page_of(book_id: int, slug: str) -> str:
    """Return the path of a book's page: what `reverse` does, without asking it anew for every row."""
    before, after = _around()
    return f"{before}{book_id}/{quote(slug)}{after}"


@cache
def _around() -> tuple[str, str]:
    before, _slash, after = reverse("catalog:book", args=[0, "-"]).partition("0/-")
    return before, after


def _absolute(request: Request, cover: str) -> str:
    return request.build_absolute_uri(default_storage.url(cover))


def matched_body(matched: Matched | None) -> dict[str, str] | None:
    """Return how a search was answered; None where nothing was searched for, or found."""
    return {"by": matched.by, "for": matched.phrase} if matched else None


def offer_body(offer: Any, seller: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of an offer, a row of OFFERS or a model instance."""
    return {
        "id": offer.id,
        "seller": seller,
        "price": f"{offer.price:.2f}",
        "currency": offer.currency,
        "stock_quantity": offer.stock_quantity,
        "in_stock": offer.in_stock,
    }


def managed_offer_body(offer: Offer) -> dict[str, Any]:
    """Return the JSON of an offer whose seller is loaded for those who manage it."""
    seller = offer.seller
    return offer_body(offer, {"id": seller.pk, "name": seller.name, "slug": seller.slug}) | {
        "book_id": offer.book_id,
        "seller_id": offer.seller_id,
        "is_active": offer.is_active,
    }
