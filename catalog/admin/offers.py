"""Offers one by one: the page on which sellers' members keep theirs, and staff look up anybody's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from bookstore.core.admin import ActAdmin
from catalog.admin.finding import books_matching
from catalog.admin.rows import LINK, OfferForm
from catalog.isbn import hyphenated
from catalog.models import Book, Offer, OfferQuerySet, Seller
from catalog.prices import format_price


class MembersAdmin:
    """
    Pages that sellers' members see as well, with their own sellers' rows only.

    A member is one of the staff by the flag alone: whoever has the permission sees all rows.
    """

    members_narrow_by: frozenset[str]

    def sees_all(self, request: HttpRequest) -> bool:
        return super().has_view_permission(request)  # type: ignore[misc]

    def is_member(self, request: HttpRequest) -> bool:
        if not hasattr(request, "is_sellers_member"):
            request.is_sellers_member = Seller.objects.filter(members=request.user.pk).exists()  # type: ignore[attr-defined]
        return request.is_sellers_member  # type: ignore[attr-defined]

    def own(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the sellers that the reader is a member of."""
        raise NotImplementedError

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # What members do not see they are not to find out by narrowing the list by it.
        is_allowed = super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
        return is_allowed and (self.sees_all(request) or lookup in self.members_narrow_by)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)  # type: ignore[misc]
        return rows if self.sees_all(request) else self.own(request, rows)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.sees_all(request) or self.is_own(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or self.is_member(request)  # type: ignore[misc]

    def is_own(self, request: HttpRequest, obj: Any) -> bool:
        """Tell whether a row, or with none any row, is one of the reader's sellers."""
        if obj is None or not self.is_member(request):
            return self.is_member(request)
        return self.own(request, type(obj).objects.filter(pk=obj.pk)).exists()


class OneOfferForm(OfferForm):
    is_withdrawn = None  # that is the book's page's to do


@admin.register(Offer)
class OfferAdmin(MembersAdmin, ActAdmin):
    form = OneOfferForm
    list_display = ["headline", "seller", "stock_quantity", "shown_price", "is_active"]
    list_select_related = ["book", "seller"]
    list_filter = ["is_active", ("seller", AutocompleteSelectFilter)]
    search_fields = ["book__title"]  # see get_search_results
    search_help_text = _("Title, author, or ISBN in any form")
    ordering = ["-id"]
    sortable_by: list[str] = []
    readonly_fields = ["title", "byline", "isbn", "edition", "seller", "stock_quantity", "movements"]
    members_narrow_by = frozenset({"is_active__exact"})
    fieldsets = [
        (None, {"fields": ["seller", "price", "is_active", ("stock_quantity", "stock_change"), "movements"]}),
        (_("Book"), {"fields": ["title", "byline", ("isbn", "edition")]}),
    ]

    def own(self, request: HttpRequest, rows: QuerySet[Offer]) -> QuerySet[Offer]:
        return rows.filter(seller__members=request.user.pk)

    def get_queryset(self, request: HttpRequest) -> OfferQuerySet:
        return super().get_queryset(request).standing().select_related("book", "seller")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return super().has_change_permission(request, obj) or self.is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return False

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return self.list_filter if self.sees_all(request) else ["is_active"]

    def get_search_results(
        self, request: HttpRequest, queryset: OfferQuerySet, search_term: str
    ) -> tuple[OfferQuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(book__in=books_matching(Book.objects.all(), search_term)), False

    def view_on_site(self, offer: Offer) -> str:
        return offer.book.get_absolute_url()

    def save_model(self, request: HttpRequest, obj: Offer, form: OneOfferForm, change: bool) -> None:
        with form.acting():
            form.act(obj.book, request.user)

    # What is shown

    @display(description=_("book"), header=True)
    def headline(self, offer: Offer) -> list[str]:
        return [offer.book.title, offer.book.byline]

    @display(description=_("price"))
    def shown_price(self, offer: Offer) -> str:
        return format_price(offer.price, offer.currency)

    @display(description=_("title"))
    def title(self, offer: Offer) -> str:
        return offer.book.title

    @display(description=_("byline"))
    def byline(self, offer: Offer) -> str:
        return offer.book.byline

    @display(description=_("ISBN"))
    def isbn(self, offer: Offer) -> str:
        return hyphenated(offer.book.isbn) if offer.book.isbn else ""

    @display(description=_("format"))
    def edition(self, offer: Offer) -> str:
        return offer.book.get_format_display()

    @display(description=_("movements"))
    def movements(self, offer: Offer) -> str:
        url = reverse("admin:catalog_stockmovement_changelist")
        return format_html('<a href="{}?offer__id__exact={}" class="{}">{}</a>', url, offer.pk, LINK, _("Show"))
