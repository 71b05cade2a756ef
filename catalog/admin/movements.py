from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from bookstore.core.admin import ReadOnlyAdmin
from catalog.admin.finding import books_matching
from catalog.admin.offers import MembersAdmin
from catalog.models import Book, Offer, StockMovement

MOST_FOUND = 1_000  # offers whose movements a search shows


@admin.register(StockMovement)
class StockMovementAdmin(MembersAdmin, ReadOnlyAdmin):
    list_display = ["moment", "book", "seller", "change", "stock_after", "reason", "actor", "cause"]
    list_display_links = ["moment"]
    list_select_related = ["offer__book", "offer__seller", "actor"]
    list_filter = [("reason", ChoicesDropdownFilter)]
    sortable_by: list[str] = []
    search_fields = ["offer__book__title"]  # see get_search_results
    search_help_text = _("Title, author, or ISBN in any form")
    fields = ["created_at", "book", "seller", "change", "stock_after", "reason", "actor", "order_number", "reference"]

    def own(self, request: HttpRequest, rows: QuerySet[StockMovement]) -> QuerySet[StockMovement]:
        return rows.filter(offer__seller__members=request.user.pk)

    members_narrow_by = frozenset({"reason__exact", "offer__id__exact"})

    # Who bought a book is no seller's business.

    def get_list_display(self, request: HttpRequest) -> list[str]:
        if self.sees_all(request):
            return self.list_display
        return ["moment", "title", "seller", "change", "stock_after", "reason"]

    def get_fields(self, request: HttpRequest, obj: StockMovement | None = None) -> list[str]:
        if self.sees_all(request):
            return self.fields
        return ["created_at", "title", "seller", "change", "stock_after", "reason"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "offer__book__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StockMovement], search_term: str
    ) -> tuple[QuerySet[StockMovement], bool]:
        if not search_term.strip():
            return queryset, False
        offers = Offer.objects.filter(book__in=books_matching(Book.objects.all(), search_term))
        return queryset.filter(offer__in=list(offers.values_list("pk", flat=True)[:MOST_FOUND])), False

    @display(description=_("at"))
    def moment(self, movement: StockMovement) -> str:
        at = localize(localtime(movement.created_at))
        return format_html('<span class="whitespace-nowrap">{}</span>', at)

    @display(description=_("book"))
    def book(self, movement: StockMovement) -> str:
        book = movement.offer.book
        return format_html('<a href="{}">{}</a>', reverse("admin:catalog_book_change", args=[book.pk]), book)

    @display(description=_("book"))
    def title(self, movement: StockMovement) -> str:
        return str(movement.offer.book)

    @display(description=_("seller"))
    def seller(self, movement: StockMovement) -> str:
        return str(movement.offer.seller)

    @display(description=_("change"))
    def change(self, movement: StockMovement) -> str:
        return f"{movement.delta:+d}"

    @display(description=_("order or delivery"))
    def cause(self, movement: StockMovement) -> str:
        return movement.order_number or movement.reference
