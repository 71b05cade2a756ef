"""Which books a list of the admin shows: by what is typed, and by what is chosen."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from catalog.isbn import parse_isbn
from catalog.language import parse_language
from catalog.models import BookQuerySet, Genre
from catalog.search.words import words_of

INDEXED_LETTERS = 3  # a trigram index helps to find this many letters anywhere; fewer only at the beginning


def books_matching(books: BookQuerySet, text: str) -> BookQuerySet:
    """Keep the books with this ISBN, in any form, or else with all these words in title and byline; all for none."""
    try:
        return books.filter(isbn=parse_isbn(text))
    except ValueError:
        words = words_of(text)
    if words and all(len(word) < INDEXED_LETTERS for word in words):
        start = " ".join(words)
        return books.filter(Q(search__title_key__startswith=start) | Q(search__byline_key__startswith=start))
    for word in words:
        books = books.filter(Q(search__title_key__contains=word) | Q(search__byline_key__contains=word))
    return books


def indented(depth: int, name: str) -> str:
    return "\N{EM SPACE}" * depth + name


class GenreFilter(DropdownFilter):
    title = _("genre")
    parameter_name = "genre"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(genre.pk), indented(depth, genre.name)) for depth, genre in Genre.objects.in_tree_order()]

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        known = {pk for pk, _name in self.lookup_choices}
        return books.filter(genre__in=Genre.objects.below(int(self.value()))) if self.value() in known else books


class LanguageFilter(TextFilter):
    title = _("language")
    parameter_name = "language"

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        if not self.value():
            return books
        try:
            tag = parse_language(self.value())
        except ValueError:
            return books.none()
        return books.filter(Q(language=tag) | Q(language__startswith=f"{tag}-"))


class ShelfFilter(DropdownFilter):
    """Archived books are shown only to those who ask for them."""

    title = _("shelf")
    parameter_name = "shelf"
    all_option = ["", _("In the shop")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("archived", _("Archived"))]

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        return books.exclude(archived_at=None) if self.value() == "archived" else books.public()
