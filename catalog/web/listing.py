"""Lists of books on pages: filtered, sorted, in pages, with what was chosen written above them."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bookstore.core.errors import Invalid
from bookstore.core.pagination import Page, paginate
from catalog.filters import BookFilter
from catalog.language import language_name
from catalog.models import Book, Format
from catalog.prices import format_price

PAGE_SIZE = 24

WORDS: dict[str, Callable[[Any], str]] = {
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


def listing(params: QueryDict, books: QuerySet[Book], **fixed: str) -> dict[str, Any]:
    """
    Return the context of a list: its filter (`fixed` parameters win), its page, and a chip for each choice made.

    Raises: Http404 for a page that is not there.
    """
    shown = BookFilter({**params.dict(), **fixed}, queryset=books.defer("description"))
    page = page_of(shown, params)
    chosen = {name: value for name, value in shown.form.cleaned_data.items() if value not in (None, "")}
    removable = {name: value for name, value in chosen.items() if name not in fixed}
    return {"form": shown.form, "chosen": chosen, "page": page, "chips": list(chips(removable, params))}


def page_of(shown: BookFilter, params: QueryDict) -> Page:
    books = shown.qs
    try:
        page = paginate(books, {"page": params.get("page", "1"), "size": str(PAGE_SIZE)}, sort=shown.order)
    except Invalid as error:
        raise Http404 from error
    if page.page > page.last_page:
        raise Http404
    return page


def chips(chosen: dict[str, Any], params: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield what each choice says, and the query of the same list without it."""
    for name, words in WORDS.items():
        if name in chosen:
            rest = params.copy()
            del rest[name]
            rest.pop("page", None)
            yield words(chosen[name]), rest.urlencode()
