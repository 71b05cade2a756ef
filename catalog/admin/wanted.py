"""What staff may want to order: offers of which little is left, and words that were searched for in vain."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from bookstore.core.admin import ReadOnlyAdmin
from catalog.models import MissedSearch, Offer, OfferQuerySet, OfferRunningLow

STEPS = (0, 1, 3, 5, 10, 20)


class ThresholdFilter(DropdownFilter):
    title = _("copies at most")
    parameter_name = "threshold"

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.all_option = ["", str(settings.LOW_STOCK)]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(step), str(step)) for step in STEPS if step != settings.LOW_STOCK]

    def queryset(self, request: HttpRequest, offers: OfferQuerySet) -> QuerySet[Offer]:
        known = {value for value, _label in self.lookup_choices}
        return offers.running_low(int(self.value()) if self.value() in known else settings.LOW_STOCK)


class LeadsToBooks(ChangeList):
    """Rows of offers, each of which leads to its book, where stock is changed."""

    def url_for_result(self, result: Offer) -> str:
        return reverse("admin:catalog_book_change", args=[result.book_id])


@admin.register(OfferRunningLow)
class LowStockAdmin(ReadOnlyAdmin):
    list_display = ["headline", "seller", "stock_quantity", "price"]
    list_filter = [ThresholdFilter, ("seller", AutocompleteSelectFilter)]
    list_select_related = ["book", "seller"]
    ordering = ["stock_quantity", "pk"]
    sortable_by: list[str] = []

    def get_queryset(self, request: HttpRequest) -> QuerySet[OfferRunningLow]:
        return super().get_queryset(request).defer("book__description")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LeadsToBooks

    @display(description=_("book"), header=True)
    def headline(self, offer: OfferRunningLow) -> list[str]:
        return [offer.book.title, offer.book.byline]


@admin.register(MissedSearch)
class MissedSearchAdmin(ReadOnlyAdmin):
    list_display = ["words", "count", "last_at"]
    ordering = ["-count", "words"]
    sortable_by = ["count", "last_at"]
    search_fields = ["words"]
    search_help_text = _("A part of the words, in small letters")
