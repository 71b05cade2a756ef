"""The index beside the books: one row for each, written whenever its words change."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from django.db import connection, transaction

from bookstore.core import advisory
from bookstore.core.querysets import in_batches
from catalog.models import Book, Contribution
from catalog.search.models import Tier
from catalog.search.words import key_of, words_of

BATCH_SIZE = 1000
NEXT_NAME = " | "  # in no word, so that no part of a name goes across it
MOST_POSITIONS = 1000  # words of one book; PostgreSQL keeps positions up to 16,383
COLUMNS = {
    "title": "title",
    "subtitle": "subtitle",
    "series": "series__name",
    "byline": "byline",
    "genre": "genre__name",
    "publisher": "publisher",
}


class SearchRow(NamedTuple):
    """What the index holds of a book; `vector` is a tsvector as PostgreSQL writes it."""

    vector: str
    title_key: str
    byline_key: str


def search_row(
    *,
    title: str,
    subtitle: str,
    series: str,
    byline: str,
    genre: str,
    publisher: str,
    contributors: Iterable[str] = (),
) -> SearchRow:
    """
    Return a book's row from its names; of the contributors' only those count that the byline does not print.

    Words weigh by where they stand: A title, subtitle and series, B byline, C genre and publisher.
    """
    printed = key_of(byline)
    unprinted = [key for key in map(key_of, contributors) if key not in printed]
    weighted = chain(
        ((word, "A") for word in chain(words_of(title), words_of(subtitle), words_of(series))),
        ((word, "B") for word in " ".join([printed, *unprinted]).split()),
        ((word, "C") for word in chain(words_of(genre), words_of(publisher))),
    )
    places: dict[str, list[str]] = {}
    for position, (word, weight) in zip(range(1, MOST_POSITIONS), weighted, strict=False):
        places.setdefault(word, []).append(f"{position}{weight}")
    vector = " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())
    return SearchRow(vector, key_of(title), NEXT_NAME.join([printed, *unprinted]))


def index_books(book_ids: Collection[int]) -> None:
    """
    Bring the index up to date for these books; what has not changed is not written.

    Locks: the books by id, so that of two who change one book the later reads what the earlier wrote.
    """
    for batch in in_batches(sorted(book_ids), BATCH_SIZE):
        with transaction.atomic():
            list(Book.objects.filter(pk__in=batch).locked().values("pk"))
            _write(batch)


def _write(book_ids: Collection[int]) -> None:
    rows = list(_rows(book_ids))
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [list(column) for column in columns])


UPSERT = """
    INSERT INTO catalog_booksearch AS old (book_id, popularity, vector, title_key, byline_key)
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::tsvector[], %s::text[], %s::text[])
    ON CONFLICT (book_id) DO UPDATE SET
        popularity = excluded.popularity, vector = excluded.vector,
        title_key = excluded.title_key, byline_key = excluded.byline_key
    WHERE (old.popularity, old.vector, old.title_key, old.byline_key)
        IS DISTINCT FROM (excluded.popularity, excluded.vector, excluded.title_key, excluded.byline_key)
"""


# A row of one tier becomes one of another only where its place among all has changed.
RANK = """
    WITH ranked AS (
        SELECT book_id, CASE
            WHEN 100 * row_number() OVER best_first <= count(*) OVER () THEN %(best)s
            WHEN 10 * row_number() OVER best_first <= count(*) OVER () THEN %(well)s
            ELSE %(rest)s
        END AS tier
        FROM catalog_booksearch WINDOW best_first AS (ORDER BY popularity DESC, book_id)
    ), moved AS (
        SELECT row.book_id, ranked.tier FROM catalog_booksearch AS row JOIN ranked USING (book_id)
        WHERE row.tier <> ranked.tier ORDER BY row.book_id FOR NO KEY UPDATE OF row
    )
    UPDATE catalog_booksearch AS row SET tier = moved.tier FROM moved WHERE row.book_id = moved.book_id
"""


@transaction.atomic
def rank_books() -> None:
    """
    Bring up to date which books are the best known; only rows whose tier changes are written.

    Locks: one advisory lock, so that it runs once at a time; the rows that change, by their books' ids.
    Raises: OperationalError after `lock_timeout` (shown as Busy).
    """
    advisory.lock(["search ranks"])
    with connection.cursor() as cursor:
        cursor.execute(RANK, {"best": Tier.BEST_KNOWN, "well": Tier.WELL_KNOWN, "rest": Tier.REST})


def _rows(book_ids: Collection[int]) -> Iterator[tuple[int, int, str, str, str]]:
    contributors: dict[int, list[str]] = defaultdict(list)
    named = Contribution.objects.filter(book__in=book_ids).order_by("position", "pk")
    for book_id, name in named.values_list("book_id", "contributor__name"):
        contributors[book_id].append(name)
    books = Book.objects.filter(pk__in=book_ids).order_by("pk")
    columns = ("pk", "popularity", "archived_at", *COLUMNS.values())
    for pk, popularity, archived_at, *names in books.values_list(*columns):
        texts = dict(zip(COLUMNS, (name or "" for name in names), strict=True))
        row = search_row(**texts, contributors=contributors[pk])
        yield pk, popularity, *(row._replace(vector="") if archived_at else row)
