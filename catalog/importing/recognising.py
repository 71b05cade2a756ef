"""Which book a row is about: by ISBN, else by source and the id there, else by our own id, never by likeness."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from django.utils.translation import gettext as _

from catalog.importing.rows import Rejected, Row
from catalog.models import Book, Offer


class KnownBooks:
    """The books of the shop that some rows are about, locked."""

    def __init__(self, books: Iterable[Book]):
        self._by_isbn: dict[str, Book] = {}
        self._by_source: dict[tuple[str, str], Book] = {}
        self._by_id: dict[int, Book] = {}
        for book in books:
            self._by_id[book.pk] = book
            if book.isbn:
                self._by_isbn[book.isbn] = book
            if book.source:
                self._by_source[book.source, book.source_id] = book

    def book_of(self, row: Row) -> Book | None:
        """Find the row's book; None is a new one. Raises: Rejected where two claim to be it, or none has its id."""
        by_isbn, by_source = self._of(row)
        if by_isbn and by_source and by_isbn is not by_source:
            raise Rejected(_("Its ISBN is that of one book, its source and id are those of another."))
        return by_isbn or by_source or self._book_without_name(row)

    def _book_without_name(self, row: Row) -> Book | None:
        """Return the book of a row's id. The id of another shop's file is noticed where that book here has a name."""
        if row.id is None:
            return None
        book = self._by_id.get(row.id)
        if book is None:
            raise Rejected(_("There is no book with this id."))
        if book.isbn or book.source:
            raise Rejected(_("The book with this id goes by its ISBN, or by its source."))
        return book

    def has_isbn_of_another(self, row: Row) -> bool:
        """Tell whether the row's own source has given its ISBN to another book, and the row's book has none."""
        by_isbn, by_source = self._of(row)
        if not (by_isbn and row.source) or by_isbn is by_source:
            return False
        return by_isbn.source == row.source[0] and not (by_source and by_source.isbn)

    def _of(self, row: Row) -> tuple[Book | None, Book | None]:
        return self._by_isbn.get(row.isbn), self._by_source.get(row.source) if row.source else None


def lock_known(rows: Sequence[Row], stating_sellers: Iterable[int]) -> KnownBooks:
    """
    Find the books of rows that are not archived.

    Locks: the offers of `stating_sellers` for them by id, then the books by id.
    """
    books = Book.objects.public().order_by()
    # What is excluded here is what the partial indexes leave out: without it they would not be used.
    ids = {row.id for row in rows if row.id is not None}
    ids.update(books.filter(isbn__in=[row.isbn for row in rows]).exclude(isbn="").values_list("pk", flat=True))
    by_source = defaultdict(list)
    for row in rows:
        if row.source:
            by_source[row.source[0]].append(row.source[1])
    for source, source_ids in by_source.items():
        of_source = books.filter(source=source, source_id__in=source_ids).exclude(source="")
        ids.update(of_source.values_list("pk", flat=True))
    list(Offer.objects.filter(book__in=ids, seller__in=set(stating_sellers)).only("pk").locked())
    return KnownBooks(books.filter(pk__in=ids).locked())


def waves(rows: Iterable[Row]) -> list[list[Row]]:
    """Part rows so that no part names a book twice and a later row of a book is in a later part."""
    parts: list[list[Row]] = []
    next_part: dict[Hashable, int] = {}
    for row in rows:
        number = max((next_part.get(key, 0) for key in row.keys), default=0)
        next_part.update(dict.fromkeys(row.keys, number + 1))
        if number == len(parts):
            parts.append([])
        parts[number].append(row)
    return parts
