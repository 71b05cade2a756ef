"""A list of books, as API and pages show it: filtered, searched, sorted, in pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bookstore.core.pagination import Page, paginate, paginate_found
from catalog.filters import BookFilter
from catalog.search.finding import MOST_FOUND, Matched, find
from catalog.search.missed import note_missed


@dataclass(frozen=True)
class BookList:
    """A page of books and, where words were searched for, how it was found."""

    page: Page
    matched: Matched | None = None


def list_books(chosen: BookFilter, params: Mapping[str, str], *, ids_only: bool = False) -> BookList:
    """
    Return the page that `page`, `size` and `cursor` ask for, of the books chosen.

    Its items are books or, with `ids_only`, their ids. What is searched for in vain among all books is noted.
    Raises: Invalid for a bad parameter, PageTooDeep.
    """
    order, columns = chosen.order, ("id", chosen.order.field) if ids_only else ()
    question = chosen.form.cleaned_data.get("q")
    if not question:
        return BookList(_with_ids(paginate(chosen.qs, params, sort=order, columns=columns), ids_only))
    found = find(question, chosen.narrowed, literal=bool(chosen.form.cleaned_data.get("literal")))
    if not found.ids and chosen.narrowed is None:
        note_missed(question)
    if chosen.is_by_relevance:
        page = paginate_found(found.ids, None if ids_only else chosen.qs, params, is_capped=found.is_capped)
        return BookList(page, found.matched)
    fitting = {"search__vector__matches": found.query} if found.is_capped else {"pk__in": found.ids}
    page = paginate(chosen.qs.filter(**fitting), params, sort=order, columns=columns, cap=MOST_FOUND)
    return BookList(_with_ids(page, ids_only), found.matched)


def _with_ids(page: Page, ids_only: bool) -> Page:
    return replace(page, items=[row["id"] for row in page.items]) if ids_only else page
