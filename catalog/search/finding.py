"""Answering a question in words: what was meant, and the books that fit it, best first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Func, QuerySet, TextField
from django.db.models.functions import Left

from catalog.isbn import parse_isbn
from catalog.models import Book, BookSearch
from catalog.search.models import Tier
from catalog.search.vocabulary import readings
from catalog.search.words import words_of

MOST_FOUND = 1000  # books that are ranked; of more, the most popular
MOST_TITLES = 100  # books of exactly this title that are put in front
TITLE_LENGTH = 200  # characters of a title's key that are indexed
FEW = 20  # books; of fewer, those with the last word as a beginning follow
MOST_WORDS = 30  # of a question; what comes after them narrows nothing

By = Literal["isbn", "words", "prefix", "spelling"]


@dataclass(frozen=True)
class Matched:
    """How the books were found, and the words that found them."""

    by: By
    phrase: str


@dataclass(frozen=True)
class Found:
    """The books that fit `query`, best first; `is_capped` where there are more than are ranked."""

    ids: list[int]
    is_capped: bool = False
    matched: Matched | None = None
    query: str = ""


NOTHING = Found([])


def find(question: str, narrowed: QuerySet[Book] | None = None, *, literal: bool = False) -> Found:
    """
    Find the books that a question is about, among those of `narrowed` or, without it, all that are public.

    An ISBN in any form is looked up. Else all words have to be there; where that finds few books, those follow in
    which the last word is the beginning of one. Where nothing is found, spelling is corrected, unless `literal`.
    A question without a word in it finds nothing.
    """
    if isbn := isbn_of(question):
        books = Book.objects.public() if narrowed is None else narrowed
        ids = list(books.filter(isbn=isbn).values_list("pk", flat=True))
        return Found(ids, matched=Matched("isbn", isbn)) if ids else NOTHING
    words = words_of(question)[:MOST_WORDS]
    if not words:
        return NOTHING
    found = _fitting(words, narrowed)
    if found is None and not literal and (meant := _meant(words, narrowed)):
        found = _fitting(meant, narrowed)
        found = found and replace(found, matched=Matched("spelling", " ".join(meant)))
    return found or NOTHING


def isbn_of(question: str) -> str | None:
    try:
        return parse_isbn(question)
    except ValueError:
        return None


def _meant(words: Sequence[str], narrowed: QuerySet[Book] | None) -> list[str] | None:
    """Return what misspelt words meant: the most popular book that fits any reading of them tells which."""
    lexemes = Func("vector", function="tsvector_to_array", output_field=ArrayField(TextField()))
    for choices in readings(words):
        query = " & ".join(f"({' | '.join(map(quoted, choice))})" for choice in choices)
        for pk in best_known(query, narrowed, most=1):
            of_the_book = BookSearch.objects.values_list(lexemes, flat=True).get(pk=pk)
            return [next(word for word in choice if word in of_the_book) for choice in choices]
    return None


def tsquery_of(words: Sequence[str], *, prefix_last: bool = False) -> str:
    """Return the words as PostgreSQL writes a tsquery; they hold nothing but letters and digits."""
    terms = list(map(quoted, words))
    if prefix_last:
        terms[-1] += ":*"
    return " & ".join(terms)


def quoted(word: str) -> str:
    return f"'{word}'"


def _fitting(words: Sequence[str], narrowed: QuerySet[Book] | None) -> Found | None:
    """Return the books with all words and, where they are few, those with the last as a beginning after them."""
    phrase = " ".join(words)
    exact, query = tsquery_of(words), tsquery_of(words, prefix_last=True)
    ids, is_capped = _ranked(exact, phrase, narrowed)
    if len(ids) >= FEW:
        return Found(ids, is_capped, Matched("words", phrase), exact)
    more, is_capped = _ranked(query, phrase, narrowed)
    found = list(dict.fromkeys([*ids, *more]))[:MOST_FOUND]
    by: By = "words" if len(found) == len(ids) else "prefix"
    return Found(found, is_capped, Matched(by, phrase), query) if found else None


# Asked for the most popular of all that fit, PostgreSQL would at times walk hundreds of thousands by popularity, at
# times sort as many. But a common word is found often enough among the best known books, and a rare one soon among
# all. MATERIALIZED keeps each step what it is, and a step whose condition is false is not run.
STEPS = """
    WITH best (id, popularity) AS MATERIALIZED ({best}),
    well (id, popularity) AS MATERIALIZED (SELECT * FROM ({well}) AS tier WHERE (SELECT count(*) FROM best) < {most}),
    rest (id, popularity) AS MATERIALIZED (
        SELECT * FROM ({rest}) AS tier
        WHERE (SELECT count(*) FROM best) < {most} AND (SELECT count(*) FROM well) < {most}
    ),
    found AS MATERIALIZED (
        SELECT * FROM best WHERE (SELECT count(*) FROM best) >= {most}
        UNION ALL SELECT * FROM well WHERE (SELECT count(*) FROM well) >= {most}
        UNION ALL SELECT * FROM rest
        ORDER BY popularity DESC, id LIMIT {most}
    )
"""
BEST_KNOWN = "SELECT id FROM found ORDER BY popularity DESC, id"
# The exact title first, then by where and how near the words stand, popular ones a little higher.
RANKED = """
    SELECT id FROM found JOIN catalog_booksearch AS row ON row.book_id = id
    ORDER BY title_key <> %s, ts_rank(vector, %s::tsquery) * (1 + log(1 + found.popularity)) DESC,
        found.popularity DESC, id
"""


def best_known(query: str, narrowed: QuerySet[Book] | None, *, most: int) -> list[int]:
    """Return the ids of the best known books that fit a tsquery, best known first."""
    return _ids(BEST_KNOWN, [], query, narrowed, most)


def _ranked(query: str, phrase: str, narrowed: QuerySet[Book] | None) -> tuple[list[int], bool]:
    """Return the best known books that fit, at most MOST_FOUND, best first, and whether there are more."""
    ids = _ids(RANKED, [phrase, query], query, narrowed, MOST_FOUND + 1)
    if len(ids) <= MOST_FOUND:
        return ids, False
    # The best known might leave out the very book whose title was asked for.
    return list(dict.fromkeys([*_titled(phrase, query, narrowed), *ids]))[:MOST_FOUND], True


def _ids(select: str, parameters: Sequence[str], query: str, narrowed: QuerySet[Book] | None, most: int) -> list[int]:
    """Select from the best known books that fit, called `found`."""
    steps, values = {}, []
    for name, tier in (("best", Tier.BEST_KNOWN), ("well", Tier.WELL_KNOWN), ("rest", None)):
        steps[name], of_the_step = _fitting_in(tier, query, narrowed).query.sql_with_params()
        values += of_the_step
    with connection.cursor() as cursor:
        # Nothing in it comes from outside but the parameters.
        cursor.execute(STEPS.format(most=most, **steps) + select, [*values, *parameters])
        return [pk for (pk,) in cursor.fetchall()]


def _fitting_in(tier: Tier | None, query: str, narrowed: QuerySet[Book] | None) -> QuerySet[Any, Any]:
    """Choose the id and popularity of the books that fit, of one tier or of all."""
    if narrowed is None:
        rows = BookSearch.objects.filter(vector__matches=query)
        rows = rows if tier is None else rows.filter(tier__lte=tier)
        return rows.values_list("book_id", "popularity")
    books = narrowed.filter(search__vector__matches=query).order_by()
    books = books if tier is None else books.filter(search__tier__lte=tier)
    return books.values_list("pk", "search__popularity").distinct()


def _titled(key: str, query: str, narrowed: QuerySet[Book] | None) -> list[int]:
    """Return books of exactly this title, which fit the query of its words."""
    rows, of_row = (BookSearch.objects.all(), "") if narrowed is None else (narrowed.order_by(), "search__")
    same = rows.alias(beginning=Left(f"{of_row}title_key", TITLE_LENGTH)).filter(beginning=key[:TITLE_LENGTH])
    same = same.filter(**{f"{of_row}title_key": key, f"{of_row}vector__matches": query})
    return list(same.values_list("pk", flat=True)[:MOST_TITLES])
