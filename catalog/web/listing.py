"""Lists of books on pages: filtered, sorted, in pages, with what was chosen written above them."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bookstore.core.errors import Invalid
from catalog.filters import SORT_CHOICES, BookFilter
from catalog.language import language_name
from catalog.lists import BookList, list_books
from catalog.models import Book, Format
from catalog.prices import format_price

PAGE_SIZE = 24

WORDS: dict[str, Callable[[Any], str]] = {
    "q": lambda question: _("“%(question)s”") % {"question": question},
    "genre": lambda genre: genre.name,
    "author": lambda part: _("Author: %(part)s") % {"part": part},
    "seller": lambda seller: _("Sold by %(seller)s") % {"seller": seller.name},
    "min_price": lambda amount: _("From %(price)s") % {"price": format_price(amount)},
    "max_price": lambda amount: _("Up to %(price)s") % {"price": format_price(amount)},
    "in_stock": lambda wanted: _("In stock") if wanted else _("Out of stock"),
    "format": lambda value: str(Format(value).label),
    "language": language_name,
    "published_after": lambda day: _("Published from %(day)s") % {"day": date_format(day)},
    "published_before": lambda day: _("Published up to %(day)s") % {"day": date_format(day)},
}


def listing(params: QueryDict, books: QuerySet[Book] | None = None, **fixed: str) -> dict[str, Any]:
    """
    Return the context of a list of all public books, or of these: its filter (`fixed` parameters win), its page, and
    a chip for each choice made.

    Raises: Http404 for a page that is not there.
    """
    shown = BookFilter({**params.dict(), **fixed}, queryset=books)
    found = found_by(shown, params)
    chosen = {name: value for name, value in shown.form.cleaned_data.items() if value not in (None, "")}
    removable = {name: value for name, value in chosen.items() if name not in fixed}
    return {
        "form": shown.form,
        "chosen": chosen,
        "page": found.page,
        "chips": list(chips(removable, params)),
        "sorts": sorts(chosen),
        "matched": found.matched,
        "very_words": query_of(params, literal="true"),
        "free_words": query_of(params, literal=None),
        "counted_for": query_of(params, sort=None),
    }


def found_by(shown: BookFilter, params: QueryDict) -> BookList:
    shown.qs  # noqa: B018 - reading it cleans the parameters
    try:
        found = list_books(shown, {"page": params.get("page", "1"), "size": str(PAGE_SIZE)})
    except Invalid as error:
        raise Http404 from error
    if found.page.page > found.page.last_page:
        raise Http404
    return found


def sorts(chosen: dict[str, Any]) -> list[tuple[str, Any, bool]]:
    """Return the orders to choose from, and whether each is chosen; the usual one comes first and goes unsaid."""
    offered = SORT_CHOICES if "q" in chosen else SORT_CHOICES[1:]
    usual = offered[0][0]
    return [("" if value == usual else value, words, value == chosen.get("sort")) for value, words in offered]


def chips(chosen: dict[str, Any], params: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield what each choice says, and the query of the same list without it."""
    for name, words in WORDS.items():
        if name in chosen:
            gone = {"q": None, "literal": None} if name == "q" else {name: None}
            yield words(chosen[name]), query_of(params, **gone)


def query_of(params: QueryDict, **changes: str | None) -> str:
    """Return the query of the first page of the same list with other values; None leaves one out."""
    rest = params.copy()
    rest.pop("page", None)
    for name, value in changes.items():
        rest.pop(name, None)
        if value is not None:
            rest[name] = value
    return rest.urlencode()
