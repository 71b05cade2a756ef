"""
Books, offers and stock as tables in our own layout: what goes out comes in again, and changes nothing.

A book that has neither ISBN nor source goes by its `id`, and only such a one does. Archived books and withdrawn offers
stay here: to bring them in would take them up again. So does a price in a currency that the shop had before: to bring
it in would state it in the shop's own.
"""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Prefetch, QuerySet

from bookstore.core.spreadsheets import Cell
from catalog.importing.rows import PEOPLE, join_people
from catalog.models import Book, Contribution, Offer, store_currency

AT_ONCE = 1_000  # rows that are kept in memory
BOOK_COLUMNS = (
    "isbn", "title", "subtitle", *PEOPLE, "byline", "genre", "series", "series_number", "publisher", "language",
    "format", "pages", "publish_date", "first_published_year", "description", "cover_image_url", "popularity",
    "source", "source_id", "id",
)  # fmt: skip
# Title and byline are for people: no import of offers or stock reads them.
OFFER_COLUMNS = ("isbn", "source", "source_id", "id", "title", "byline", "seller", "price", "stock_quantity")
STOCK_COLUMNS = tuple(name for name in OFFER_COLUMNS if name != "price")


def book_rows() -> Iterator[list[Cell]]:
    """Yield all public books by their ids, a row each, under BOOK_COLUMNS."""
    credits = Contribution.objects.select_related("contributor").order_by("position", "id")
    books = Book.objects.public().select_related("genre", "series").order_by("pk")
    for book in books.prefetch_related(Prefetch("contributions", credits)).iterator(chunk_size=AT_ONCE):
        yield _in_order(BOOK_COLUMNS, _details(book) | _people(book) | _known_by(book))


def offer_rows(offers: QuerySet[Offer], columns: tuple[str, ...]) -> Iterator[list[Cell]]:
    """Yield offers by their ids, a row each, under these of OFFER_COLUMNS."""
    for offer in offers.select_related("book", "seller").defer("book__description").order_by("pk").iterator(AT_ONCE):
        price = offer.price if offer.currency == store_currency() else None
        terms = {"seller": offer.seller.slug, "price": price, "stock_quantity": offer.stock_quantity}
        words = {"title": offer.book.title, "byline": offer.book.byline}
        yield _in_order(columns, _known_by(offer.book) | words | terms)


def _in_order(columns: tuple[str, ...], cells: dict[str, Cell]) -> list[Cell]:
    return [cells.get(name) for name in columns]


def _known_by(book: Book) -> dict[str, Cell]:
    has_name = book.isbn or book.source
    names = {"isbn": book.isbn, "source": book.source, "source_id": book.source_id}
    return {**names, "id": None if has_name else book.pk}


def _details(book: Book) -> dict[str, Cell]:
    as_they_are = (
        "title", "subtitle", "byline", "publisher", "language", "format", "pages", "publish_date",
        "first_published_year", "description", "cover_image_url",
    )  # fmt: skip
    return {
        **{name: getattr(book, name) for name in as_they_are},
        "genre": book.genre and book.genre.name,
        "series": book.series and book.series.name,
        "series_number": book.series_number if book.series else None,
        "popularity": book.first_popularity or None,
    }


def _people(book: Book) -> dict[str, Cell]:
    names = defaultdict(list)
    for credit in book.contributions.all():
        names[credit.role].append(credit.contributor.name)
    return {column: join_people(names[role]) for column, role in PEOPLE.items()}
