"""Answering a question in words: what was meant, and the books that fit it, best first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log10
from typing import Literal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQueryField, SearchRank
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Left

from catalog.isbn import parse_isbn
from catalog.models import Book, BookSearch
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


def find(question: str, books: QuerySet[Book], *, literal: bool = False) -> Found:
    """
    Find those of `books` that a question is about.

    An ISBN in any form is looked up. Else all words have to be there; where that finds few books, those follow in
    which the last word is the beginning of one. Where nothing is found, spelling is corrected, unless `literal`.
    A question without a word in it finds nothing.
    """
    if isbn := isbn_of(question):
        ids = list(books.filter(isbn=isbn).values_list("pk", flat=True))
        return Found(ids, matched=Matched("isbn", isbn)) if ids else NOTHING
    words = words_of(question)[:MOST_WORDS]
    if not words:
        return NOTHING
    found = _fitting(books, words)
    if found is None and not literal and (meant := _meant(books, words)):
        found = _fitting(books, meant)
        found = found and replace(found, matched=Matched("spelling", " ".join(meant)))
    return found or NOTHING


def isbn_of(question: str) -> str | None:
    try:
        return parse_isbn(question)
    except ValueError:
        return None


def _meant(books: QuerySet[Book], words: Sequence[str]) -> list[str] | None:
    """Return what misspelt words meant: the most popular book that fits any reading of them tells which."""
    lexemes = Func("vector", function="tsvector_to_array", output_field=ArrayField(TextField()))
    for choices in readings(words):
        query = " & ".join(f"({' | '.join(map(quoted, choice))})" for choice in choices)
        # Found first and sorted after: asked for the one most popular, PostgreSQL would walk all by popularity.
        fitting = books.filter(search__vector__matches=query).order_by().values("pk")[: 10 * MOST_FOUND]
        popular = BookSearch.objects.filter(pk__in=fitting).order_by("-popularity", "pk").annotate(lexemes=lexemes)
        for of_the_book in popular.values_list("lexemes", flat=True)[:1]:
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


def _fitting(books: QuerySet[Book], words: Sequence[str]) -> Found | None:
    """Return the books with all words and, where they are few, those with the last as a beginning after them."""
    phrase = " ".join(words)
    exact, query = tsquery_of(words), tsquery_of(words, prefix_last=True)
    ids, is_capped = _most_popular(books, exact, phrase)
    found = _ranked(ids, exact, phrase)
    if len(found) >= FEW:
        return Found(found, is_capped, Matched("words", phrase), exact)
    more, is_capped = _most_popular(books, query, phrase)
    found = list(dict.fromkeys([*found, *_ranked(more, query, phrase)]))[:MOST_FOUND]
    by: By = "words" if len(found) == len(ids) else "prefix"
    return Found(found, is_capped, Matched(by, phrase), query) if found else None


def _most_popular(books: QuerySet[Book], query: str, phrase: str) -> tuple[list[int], bool]:
    """Return at most MOST_FOUND books that fit, and whether there are more."""
    fitting = books.filter(search__vector__matches=query)
    popular = fitting.order_by("-search__popularity", "search__book_id").values_list("pk", flat=True)
    ids = list(popular[: MOST_FOUND + 1])
    if len(ids) <= MOST_FOUND:
        return ids, False
    # The most popular might leave out the very book whose title was asked for.
    return list(dict.fromkeys([*_titled(books, phrase), *ids]))[:MOST_FOUND], True


def _titled(books: QuerySet[Book], key: str) -> list[int]:
    same = books.alias(beginning=Left("search__title_key", TITLE_LENGTH))
    same = same.filter(beginning=key[:TITLE_LENGTH], search__title_key=key)
    return list(same.values_list("pk", flat=True)[:MOST_TITLES])


def _ranked(ids: Sequence[int], query: str, phrase: str) -> list[int]:
    """Sort: the exact title first, then by where and how near the words stand, popular ones a little higher."""
    asked = Func(Value(query), template="%(expressions)s::tsquery", output_field=SearchQueryField())
    rank = SearchRank(F("vector"), asked)
    rows = BookSearch.objects.filter(pk__in=ids).annotate(rank=rank)
    scored = [
        (title_key != phrase, -(rank * (1 + log10(1 + popularity))), -popularity, pk)
        for pk, title_key, rank, popularity in rows.values_list("pk", "title_key", "rank", "popularity")
    ]
    return [pk for *_score, pk in sorted(scored)]
