"""A list of books, as API and pages show it: filtered, searched, sorted, in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bookstore.core.pagination import Page, paginate, paginate_found
from catalog.filters import BookFilter
from catalog.search.finding import MOST_FOUND, Matched, find


@dataclass(frozen=True)
class BookList:
    """A page of books and, where words were searched for, how it was found."""

    page: Page
    matched: Matched | None = None


def list_books(chosen: BookFilter, params: Mapping[str, str], *, columns: Sequence[str] = ()) -> BookList:
    """
    Return the page that `page`, `size` and `cursor` ask for, of the books chosen.

    With `columns` its items are `.values()` rows. Raises: Invalid for a bad parameter, PageTooDeep.
    """
    question = chosen.form.cleaned_data.get("q")
    if not question:
        return BookList(paginate(chosen.qs, params, sort=chosen.order, columns=columns))
    found = find(question, chosen.qs, literal=bool(chosen.form.cleaned_data.get("literal")))
    if chosen.is_by_relevance:
        page = paginate_found(found.ids, chosen.qs, params, is_capped=found.is_capped, columns=columns)
    else:
        fitting = {"search__vector__matches": found.query} if found.is_capped else {"pk__in": found.ids}
        page = paginate(chosen.qs.filter(**fitting), params, sort=chosen.order, columns=columns, cap=MOST_FOUND)
    return BookList(page, found.matched)
