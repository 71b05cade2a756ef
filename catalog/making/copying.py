"""Made-up books on their way into the database, many at a time by COPY."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from bookstore.core.making import copy_rows, reserve_ids
from catalog.making.inventing import MadeBook
from catalog.models import (
    Book,
    BookSearch,
    Contribution,
    Contributor,
    Genre,
    MovementReason,
    Offer,
    Role,
    SearchWord,
    Series,
    StockMovement,
)
from catalog.search.index import search_row
from catalog.services.names import rows_named
from catalog.text import KEY_LENGTH, sort_key

TABLES = (Book, BookSearch, Contribution, Contributor, Offer, SearchWord, Series, StockMovement)

BOOK_COLUMNS = (
    *("id", "title", "subtitle", "byline", "sort_title", "isbn", "genre_id", "series_id"),
    *("series_number", "publisher", "language", "format", "pages", "publish_date", "first_published_year"),
    *("description", "price", "in_stock", "popularity", "first_popularity", "created_at", "updated_at"),
    *("cover_image", "cover_image_url", "source", "source_id"),
)
CONTRIBUTION_COLUMNS = ("book_id", "contributor_id", "role", "position")
OFFER_COLUMNS = (
    *("id", "book_id", "seller_id", "price", "currency", "stock_quantity", "is_active"),
    *("created_at", "updated_at"),
)
SEARCH_COLUMNS = ("book_id", "popularity", "vector", "title_key", "byline_key")
MOVEMENT_COLUMNS = ("offer_id", "delta", "stock_after", "reason", "order_number", "reference", "created_at")


def write_books(made: Sequence[MadeBook], now: datetime) -> None:
    """Write books with all that hangs on them, in the transaction that is open."""
    ids = reserve_ids(Book, len(made))
    people = rows_named(Contributor, {name for book in made for name in book.authors})
    series = rows_named(Series, {book.series for book in made if book.series})
    books = list(zip(ids, made, strict=True))
    copy_rows(Book, BOOK_COLUMNS, _book_rows(books, series, now))
    genres = {None: "", **dict(Genre.objects.values_list("pk", "name"))}
    copy_rows(BookSearch, SEARCH_COLUMNS, _search_rows(books, genres))
    copy_rows(Contribution, CONTRIBUTION_COLUMNS, _contribution_rows(books, people))
    _write_offers(books, now)


def _book_rows(
    books: Sequence[tuple[int, MadeBook]], series: dict[str, int], now: datetime
) -> Iterator[tuple[Any, ...]]:
    for number, (pk, book) in enumerate(books):
        # One after the other, as books come in: what is sorted by age would else have thousands of equals.
        created_at = now - timedelta(milliseconds=len(books) - number)
        yield (
            *(pk, book.title, book.subtitle, book.byline),
            *(sort_key(book.title)[:KEY_LENGTH], book.isbn),
            *(book.genre_id, series.get(book.series), book.series_number, book.publisher, book.language),
            *(book.format, book.pages, book.publish_date, book.first_published_year, book.description),
            *(book.price, book.in_stock, book.popularity, book.popularity, created_at, now),
            *("", "", "", ""),
        )


def _search_rows(books: Iterable[tuple[int, MadeBook]], genres: dict[int | None, str]) -> Iterator[tuple[Any, ...]]:
    for pk, book in books:
        yield (
            *(pk, book.popularity),
            *search_row(
                title=book.title,
                subtitle=book.subtitle,
                series=book.series,
                byline=book.byline,
                genre=genres[book.genre_id],
                publisher=book.publisher,
            ),
        )


def _contribution_rows(books: Iterable[tuple[int, MadeBook]], people: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for pk, book in books:
        # By id, because two names may be one person's, in another case.
        for position, contributor_id in enumerate(dict.fromkeys(people[name] for name in book.authors)):
            yield pk, contributor_id, Role.AUTHOR.value, position


def _write_offers(books: Iterable[tuple[int, MadeBook]], now: datetime) -> None:
    terms = [(pk, one) for pk, book in books for one in book.terms]
    offers = list(zip(reserve_ids(Offer, len(terms)), terms, strict=True))
    copy_rows(
        Offer,
        OFFER_COLUMNS,
        (
            (pk, book_id, one.seller_id, one.price, settings.STORE_CURRENCY, one.stock_quantity, True, now, now)
            for pk, (book_id, one) in offers
        ),
    )
    copy_rows(
        StockMovement,
        MOVEMENT_COLUMNS,
        (
            (pk, one.stock_quantity, one.stock_quantity, MovementReason.COUNTED.value, "", "", now)
            for pk, (_book_id, one) in offers
            if one.stock_quantity
        ),
    )
