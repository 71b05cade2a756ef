"""The words that stand in books, and what a misspelt one may have meant."""

from collections.abc import Iterator, Sequence

from django.contrib.postgres.search import TrigramDistance
from django.db import connection, transaction
from rapidfuzz.distance import OSA

from bookstore.core import advisory
from catalog.models import SearchWord

SHORTEST = 3  # letters of a word that is corrected, and that is corrected to
CANDIDATES = 60
MOST_READINGS = 8  # of one word
MOST_READ = 8  # words of one search
FORGIVEN = {3: 1, 4: 1}  # slips in a word of so many letters; two in a longer one

REFRESH = """
    WITH words AS MATERIALIZED (
        SELECT word, ndoc AS books FROM ts_stat('SELECT vector FROM catalog_booksearch', 'ab')
        WHERE length(word) >= %(shortest)s
    ), gone AS (
        DELETE FROM catalog_searchword WHERE word NOT IN (SELECT word FROM words)
    )
    INSERT INTO catalog_searchword AS old (word, books) SELECT word, books FROM words
    ON CONFLICT (word) DO UPDATE SET books = excluded.books WHERE old.books <> excluded.books
"""


@transaction.atomic
def refresh_vocabulary() -> None:
    """
    Bring the vocabulary up to date with the index; only words that are new, gone or counted anew are written.

    Locks: one advisory lock, so that it runs once at a time.
    Raises: OperationalError after `lock_timeout` (shown as Busy).
    """
    advisory.lock(["search words"])
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"shortest": SHORTEST})


def readings(words: Sequence[str]) -> Iterator[list[list[str]]]:
    """
    Yield what misspelt words may have meant: for each word its readings, likeliest first.

    First only the unknown words are read anew; then, as a slip may make a word that exists too, the known ones as
    words right beside them that are as common. Of more than MOST_READ words none, as each takes its time.
    """
    if len(words) > MOST_READ:
        return
    known = dict(SearchWord.objects.filter(word__in=words).values_list("word", "books"))
    unknown = {word: _near(word, FORGIVEN.get(len(word), 2)) or [word] for word in words if word not in known}
    if unknown:
        yield [unknown.get(word, [word]) for word in words]
    if known:
        commoner = {word: [word, *_near(word, 1, at_least=books)] for word, books in known.items()}
        yield [(unknown | commoner)[word] for word in words]


def _near(word: str, slips: int, *, at_least: int = 0) -> list[str]:
    """
    Return the known words with at most so many slips between, nearest first, of equally near ones the commonest.

    A slip is a letter left out, put in, changed, or swapped with its neighbour.
    """
    if len(word) < SHORTEST:
        return []
    alike = SearchWord.objects.filter(word__trigram_similar=word, books__gte=at_least).exclude(pk=word)
    alike = alike.order_by(TrigramDistance("word", word))[:CANDIDATES]
    near = sorted((OSA.distance(word, found), -books, found) for found, books in alike.values_list("word", "books"))
    return [found for distance, _books, found in near if distance <= slips][:MOST_READINGS]
