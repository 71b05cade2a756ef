"""Which books a list shows and in what order: one reading of the parameters for API and pages."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bookstore.core.pagination import Sort
from catalog.language import parse_language
from catalog.models import Book, BookQuerySet, Format, Genre, Seller
from catalog.search.words import key_of
from catalog.services.ledger import HIGHEST_PRICE

SORTS = {
    "title": Sort("sort_title"),
    "price": Sort("shown_price", nullable=True),
    "date": Sort("publish_date", nullable=True),
    "created_at": Sort("created_at"),
}
SORT_CHOICES = [
    ("relevance", _("Best match")),
    ("title", _("Title")),
    ("-title", _("Title, from the end")),
    ("price", _("Price, lowest first")),
    ("-price", _("Price, highest first")),
    ("-date", _("Publish date, newest first")),
    ("date", _("Publish date, oldest first")),
    ("-created_at", _("Newly added")),
    ("created_at", _("Longest here")),
]
LONGEST_QUESTION = 500
NOT_NARROWING = {"q", "literal", "sort"}
PRICE_RANGE: dict[str, Any] = {"min_value": 0, "max_value": HIGHEST_PRICE, "decimal_places": 2}
ISO_DATE: dict[str, Any] = {"input_formats": ["%Y-%m-%d"]}


def known_language(raw: str) -> None:
    try:
        parse_language(raw)
    except ValueError as error:
        raise forms.ValidationError(str(error), code="invalid") from error


class StrictBooleanField(forms.Field):
    """`true` or `false`, and nothing that only looks like one."""

    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError(_("Either true or false, please."), code="invalid")
        return value == "true"


class BooleanFilter(django_filters.Filter):
    field_class = StrictBooleanField


class FoundField(forms.CharField):
    """An id or slug, cleaned to the row it names."""

    def __init__(self, *, queryset: QuerySet[Any], **kwargs: Any):
        self.queryset = queryset
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        wanted = Q(slug=text)
        if text.isascii() and text.isdigit() and len(text) < 19:
            wanted |= Q(pk=int(text))
        row = self.queryset.filter(wanted).first()
        if row is None:
            raise forms.ValidationError(_("There is none of this name."), code="not_found")
        return row


class FoundFilter(django_filters.Filter):
    field_class = FoundField


def offered(books: QuerySet[Book], offers: Q) -> QuerySet[Book]:
    """Return the books once for each of their offers that shoppers see and are such, annotated with what it shows."""
    shown = Q(offers__is_active=True, offers__currency=settings.STORE_CURRENCY)
    return (
        books.annotate(offer=FilteredRelation("offers", condition=offers & shown))
        .filter(offer__isnull=False)
        .annotate(
            shown_offer=F("offer__pk"), shown_price=F("offer__price"), shown_in_stock=Q(offer__stock_quantity__gt=0)
        )
    )


class BookFilter(django_filters.FilterSet):
    """
    The books that fit every parameter given, and `sort`, the order asked for.

    Each row is annotated with `shown_price` and `shown_in_stock`: the book's own or, where a seller is asked for,
    that seller's. A parameter that is wrong is left out and named in `errors`.
    """

    genre = FoundFilter(queryset=Genre.objects.all(), method="in_genre", label=_("Genre"))
    author = django_filters.CharFilter(method="by_author", label=_("Author"), max_length=200)
    seller = FoundFilter(queryset=Seller.objects.all(), method="already_applied", label=_("Seller"))
    min_price = django_filters.NumberFilter("shown_price", "gte", label=_("Price from"), **PRICE_RANGE)
    max_price = django_filters.NumberFilter("shown_price", "lte", label=_("Price up to"), **PRICE_RANGE)
    in_stock = BooleanFilter("shown_in_stock", label=_("In stock"))
    format = django_filters.ChoiceFilter(choices=Format.choices, label=_("Format"))
    language = django_filters.CharFilter(method="in_language", label=_("Language"), validators=[known_language])
    published_after = django_filters.DateFilter("publish_date", "gte", label=_("Published from"), **ISO_DATE)
    published_before = django_filters.DateFilter("publish_date", "lte", label=_("Published up to"), **ISO_DATE)
    q = django_filters.CharFilter(method="already_applied", label=_("Search"), max_length=LONGEST_QUESTION)
    literal = BooleanFilter(method="already_applied", label=_("Only these very words"))
    sort = django_filters.ChoiceFilter(choices=SORT_CHOICES, method="already_applied", label=_("Sort by"))

    class Meta:
        model = Book
        fields: list[str] = []

    def __init__(self, data: Any = None, queryset: Any = None, *, only_given: bool = False, **kwargs: Any):
        """
        Choose from `queryset` or, without it, from all that are public.

        The form has all parameters or, where none is to be shown, for the API, those `only_given`.
        """
        if only_given:
            self.base_filters = {name: self.base_filters[name] for name in self.base_filters if name in data}
        self.is_of_all = queryset is None
        super().__init__(data, Book.objects.public() if queryset is None else queryset, **kwargs)

    @property
    def is_by_relevance(self) -> bool:
        """Whether what was searched for stands best first; it does unless another order is asked for."""
        return bool(self.form.cleaned_data.get("q")) and self.form.cleaned_data.get("sort") in ("", "relevance", None)

    @property
    def order(self) -> Sort:
        """The order asked for; by title where none is, or where there is nothing to be relevant to."""
        name = self.form.cleaned_data.get("sort") or "title"
        name = "title" if name == "relevance" else name
        return replace(SORTS[name.removeprefix("-")], descending=name.startswith("-"))

    @property
    def narrowed(self) -> QuerySet[Book] | None:
        """The books chosen by more than words; None where words alone choose among all."""
        return self.but_for() if self.narrows() else None

    def narrows(self, but_for: Collection[str] = ()) -> bool:
        """Whether more than words leaves books out, these parameters aside."""
        given = {name for name, value in self.form.cleaned_data.items() if value not in (None, "")}
        return not (self.is_of_all and given <= {*NOT_NARROWING, *but_for})

    def filter_queryset(self, queryset: QuerySet[Book]) -> QuerySet[Book]:
        return super().filter_queryset(self.shown_by(queryset, self.form.cleaned_data.get("seller")))

    def but_for(self, *parameters: str) -> QuerySet[Book]:
        """Return the books that fit all but these parameters; without `seller` once for each active offer."""
        given = self.form.cleaned_data
        if "seller" in parameters:
            books = offered(self.queryset, Q())
        else:
            books = self.shown_by(self.queryset, given.get("seller"))
        for name, value in given.items():
            if name not in parameters:
                books = self.filters[name].filter(books, value)
        return books

    @staticmethod
    def shown_by(books: QuerySet[Book], seller: Seller | None) -> QuerySet[Book]:
        """Annotate what the list shows of each book: its best offer, or only `seller`'s."""
        if seller is None:
            return books.annotate(shown_price=F("price"), shown_in_stock=F("in_stock"))
        return offered(books, Q(offers__seller=seller))

    def in_genre(self, books: BookQuerySet, name: str, genre: Genre) -> QuerySet[Book]:
        return books.in_genre(genre)

    def by_author(self, books: BookQuerySet, name: str, part: str) -> QuerySet[Book]:
        return books.filter(search__byline_key__contains=key_of(part))

    def in_language(self, books: BookQuerySet, name: str, raw: str) -> QuerySet[Book]:
        tag = parse_language(raw)
        return books.filter(Q(language=tag) | Q(language__startswith=f"{tag}-"))

    def already_applied(self, books: QuerySet[Book], name: str, value: Any) -> QuerySet[Book]:
        return books
