"""What somebody who is still typing may want: books, authors and genres whose words begin so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Left

from catalog.models import Book, Contribution, Contributor, Genre
from catalog.search.finding import MOST_WORDS, TITLE_LENGTH, find, isbn_of
from catalog.search.words import words_of

MOST = 8
MOST_AUTHORS = 2
MOST_GENRES = 1
WELL_KNOWN = 2000  # books that are looked through, the most popular first, before the index of words is asked
ENOUGH = 200  # books of which the fitting are taken
AUTHORED = 10  # books whose authors are looked at
NAMESAKES = 20  # people whose name is looked at
SHORTEST_NAME = 3  # letters that the index of names can look up

# A word that many books begin with stands in some well-known one, and those are few to look through. One that stands
# in none of them is rare, and what the index of words finds is soon sorted. The planner cannot know which it is, and
# would at times sort hundreds of thousands or read the whole table; LIMIT and MATERIALIZED keep each way what it is.
AMONG_KNOWN = """
    SELECT * FROM (SELECT * FROM catalog_booksearch ORDER BY popularity DESC, book_id LIMIT %(known)s) AS known
    WHERE vector @@ %(any)s::tsquery
"""
AMONG_ALL = """
    SELECT * FROM catalog_booksearch WHERE vector @@ %(any)s::tsquery
"""
BEST = """
    WITH fitting AS MATERIALIZED ({among})
    SELECT book_id, title_key, vector @@ %(title)s::tsquery, vector @@ %(name)s::tsquery
    FROM fitting ORDER BY popularity DESC, book_id LIMIT %(enough)s
"""


@dataclass(frozen=True)
class Suggestion:
    """Something to go to; `url` is the path of its page."""

    kind: Literal["book", "author", "genre"]
    label: str
    url: str
    id: int


class Hit(NamedTuple):
    """A book that fits, and where the words stand."""

    pk: int
    title_key: str
    in_title_or_name: bool
    in_name: bool


def suggest(question: str) -> list[Suggestion]:
    """
    Return up to MOST books, authors and genres that the words begin, the most popular first of each kind.

    The last word may be unfinished. Only where nothing begins so, the spelling is corrected.
    """
    if isbn := isbn_of(question):
        return [_book(book) for book in Book.objects.public().filter(isbn=isbn)]
    words = words_of(question)[:MOST_WORDS]
    if not words:
        return []
    if found := _suggest(words):
        return found
    matched = find(question).matched
    return _suggest(matched.phrase.split()) if matched and matched.by == "spelling" else []


def _suggest(words: Sequence[str]) -> list[Suggestion]:
    best = _best(words)
    others = [*_authors(words, [hit.pk for hit in best if hit.in_name]), *_genres(words)]
    called_so_first = sorted((hit for hit in best if hit.in_title_or_name), key=lambda hit: hit.in_name)
    return [*_books(words, called_so_first, MOST - len(others)), *others]


def _books(words: Sequence[str], best: Sequence[Hit], most: int) -> list[Suggestion]:
    """Suggest books, of those with one title the best known; what is called just so comes first."""
    known_by: dict[str, int] = {}
    for pk, title_key in [*_titled(" ".join(words)), *((hit.pk, hit.title_key) for hit in best)]:
        known_by.setdefault(title_key, pk)
    ids = list(known_by.values())[:most]
    books = Book.objects.only("title").in_bulk(ids)
    return [_book(books[pk]) for pk in ids]


def _authors(words: Sequence[str], book_ids: Sequence[int]) -> list[Suggestion]:
    """Suggest people who are called so: those whom these books name, then any."""
    places = {pk: place for place, pk in enumerate(book_ids[:AUTHORED])}
    credits = Contribution.objects.filter(book__in=places).select_related("contributor").order_by("position", "pk")
    named = [credit.contributor for credit in sorted(credits, key=lambda credit: places[credit.book_id])]
    called_so = dict.fromkeys(person for person in named if _begin(words, words_of(person.name)))
    if len(called_so) < MOST_AUTHORS and len(words[-1]) >= SHORTEST_NAME:
        others = Contributor.objects.filter(*(Q(sort_name__regex=rf"\m{word}") for word in words))[:NAMESAKES]
        called_so |= dict.fromkeys(person for person in others if _begin(words, words_of(person.name)))
    return [_suggestion("author", person) for person in list(called_so)[:MOST_AUTHORS]]


def _genres(words: Sequence[str]) -> list[Suggestion]:
    called_so = [genre for genre in Genre.objects.all() if _begin(words, words_of(genre.name))]
    return [_suggestion("genre", genre) for genre in called_so[:MOST_GENRES]]


def _titled(phrase: str) -> list[tuple[int, str]]:
    same = Book.objects.public().alias(beginning=Left("search__title_key", TITLE_LENGTH))
    same = same.filter(beginning=phrase[:TITLE_LENGTH], search__title_key=phrase)
    return list(same.order_by("-search__popularity", "pk").values_list("pk", "search__title_key")[:1])


def _best(words: Sequence[str]) -> list[Hit]:
    """Return the best known books that the words begin, wherever they stand."""
    queries = {"any": _query(words), "title": _query(words, "AB"), "name": _query(words, "B")}
    rows: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for among in (AMONG_KNOWN, AMONG_ALL):
            if len(rows) < MOST:
                cursor.execute(BEST.format(among=among), {**queries, "known": WELL_KNOWN, "enough": ENOUGH})
                rows = cursor.fetchall()
    return [Hit(*row) for row in rows]


def _query(words: Sequence[str], weights: str = "") -> str:
    """Return a tsquery of words that stand where these weights are given, the last one unfinished."""
    return " & ".join([*(f"'{word}':{weights or 'ABCD'}" for word in words[:-1]), f"'{words[-1]}':*{weights}"])


def _begin(words: Sequence[str], name: Sequence[str]) -> bool:
    """Whether all words stand in a name, the last one perhaps as the beginning of one."""
    return set(words[:-1]) <= set(name) and any(word.startswith(words[-1]) for word in name)


def _book(book: Book) -> Suggestion:
    return Suggestion("book", book.title, book.get_absolute_url(), book.pk)


def _suggestion(kind: Literal["author", "genre"], named: Contributor | Genre) -> Suggestion:
    return Suggestion(kind, named.name, named.get_absolute_url(), named.pk)
