"""Which books a list of the admin shows: by what is typed, and by what is chosen."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeNumericListFilter, TextFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from catalog.isbn import parse_isbn
from catalog.language import parse_language
from catalog.models import BookQuerySet, Genre, Offer
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


class SellerFilter(DropdownFilter):
    """A field that looks up as one types: there may be thousands of sellers."""

    title = _("seller")
    parameter_name = "seller"

    def __init__(self, request: HttpRequest, *args: Any):
        super().__init__(request, *args)
        self.request = request

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[()]:
        return ()

    def has_output(self) -> bool:
        return True

    @property
    def seller_id(self) -> int | None:
        given = self.value() or ""
        return int(given) if given.isdecimal() and len(given) < 19 else None

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        if self.seller_id is None:
            return books
        offers = Offer.objects.filter(book=OuterRef("pk"), seller=self.seller_id, withdrawn_at=None)
        return books.filter(Exists(offers))

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        form = AutocompleteDropdownForm(
            request=self.request,
            label=_("By seller"),
            name=self.parameter_name,
            choices=(),
            field=Offer._meta.get_field("seller"),
            model_admin=changelist.model_admin,
            data={self.parameter_name: self.seller_id},
        )
        yield {"form": form}


class StockFilter(DropdownFilter):
    title = _("stock")
    parameter_name = "in_stock__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("In stock")), ("0", _("Out of stock")), ("low", _("Few copies left at a seller"))]

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        if self.value() == "low":
            few = Offer.objects.running_low(settings.LOW_STOCK).filter(stock_quantity__gt=0)
            return books.filter(pk__in=few.order_by().values("book"))
        return books.filter(in_stock=self.value() == "1") if self.value() in {"0", "1"} else books


class CoverFilter(DropdownFilter):
    title = _("cover")
    parameter_name = "cover"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("Without a picture"))]

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        return books.filter(cover_image="", cover_image_url="") if self.value() == "none" else books


class PublisherFilter(TextFilter):
    """Whose publisher's name begins so, in any case."""

    title = _("publisher")
    parameter_name = "publisher"

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        name = (self.value() or "").strip().lower()
        return books.alias(publisher_name=Lower("publisher")).filter(publisher_name__startswith=name) if name else books


class PriceFilter(RangeNumericListFilter):
    """From a price to a price, both included; what is no price is as good as nothing."""

    title = _("price")
    parameter_name = "price"
    WRITTEN = re.compile(r"\d{1,8}(\.\d{1,2})?", re.ASCII)

    def queryset(self, request: HttpRequest, books: BookQuerySet) -> BookQuerySet:
        for end, lookup in (("from", "price__gte"), ("to", "price__lte")):
            typed = self.used_parameters.get(f"price_{end}") or ""
            if self.WRITTEN.fullmatch(typed):
                books = books.filter(**{lookup: Decimal(typed)})
        return books


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
