"""The books that a book's page leads on to."""

import re
from collections.abc import Iterable

from catalog.models import Book, Contribution, Role

MORE_BOOKS = 6
LONGEST_SERIES = 1_000  # books; what is longer is no series that is read in order
SERIES_SHOWN = 12
ON_A_SHELF = 6  # books that are seen without moving it
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def more_by_author(book: Book, contributions: Iterable[Contribution]) -> list[Book]:
    """Return the best known other books of the first author, those of the same series left out."""
    author = next((each.contributor for each in contributions if each.role == Role.AUTHOR), None)
    if author is None:
        return []
    others = Book.objects.public().with_contributor(author).exclude(pk=book.pk)
    if book.series_id:
        others = others.exclude(series_id=book.series_id)
    return list(others.defer("description").order_by("-popularity", "pk")[:MORE_BOOKS])


def in_series(book: Book) -> list[Book]:
    """Return a book's series in its order, itself included; of a long one from the one before it, of one alone none."""
    if not book.series_id:
        return []
    rows = Book.objects.public().filter(series=book.series_id).values_list("series_number", "sort_title", "pk")
    ordered = sorted(rows[:LONGEST_SERIES], key=lambda row: (place_of(row[0]), row))
    ids = [pk for _number, _title, pk in ordered]
    if len(ids) < 2 or book.pk not in ids:
        return []
    start = max(0, min(ids.index(book.pk) - 1, len(ids) - ON_A_SHELF))
    shown = ids[start : start + SERIES_SHOWN]
    found = Book.objects.defer("description").in_bulk(shown)
    return [found[pk] for pk in shown if pk in found]


def place_of(number: str) -> float:
    """Return where “2”, “1.5” or “4-6” stands in a series; what has no number comes last."""
    match = NUMBER.search(number)
    return float(match[0]) if match else float("inf")
