"""Refunds and invoices in the admin: to look at, and what staff do where the provider gives nothing back."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from bookstore.core.admin import ReadOnlyAdmin
from catalog.prices import format_price
from orders.admin.acts import Retry, SettleByHand
from orders.admin.pages import ActsAdmin
from orders.models import Invoice, Refund, RefundStatus, as_number

LABELS = {RefundStatus.PENDING: "warning", RefundStatus.DONE: "success", RefundStatus.REFUSED: "danger"}
LARGEST_NUMBER = 2_147_483_647


@admin.register(Refund)
class RefundAdmin(ActsAdmin):
    acts = {"retry": Retry, "by-hand": SettleByHand}
    actions = ["retry_selected", "settle_selected"]
    list_display = ["key", "shown_status", "money", "reason", "actor", "created_at", "done_at"]
    list_filter = [("status", ChoicesDropdownFilter), ("reason", ChoicesDropdownFilter)]
    list_select_related = ["order", "actor"]
    search_fields = ["key"]  # see get_search_results
    search_help_text = _("Order number, or its beginning")
    ordering = ["-id"]
    sortable_by: list[str] = []
    fields = ["order", "key", "money", "shown_status", "reason", "actor", "note", "reference", "created_at", "done_at"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Refund], search_term: str
    ) -> tuple[QuerySet[Refund], bool]:
        number = as_number(search_term)
        return queryset.filter(key__startswith=number) if number else queryset, False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, "retry")

    @display(description=_("status"), label=LABELS)
    def shown_status(self, refund: Refund) -> tuple[str, str]:
        return refund.status, refund.get_status_display()

    @display(description=_("amount"))
    def money(self, refund: Refund) -> str:
        return format_price(refund.amount, refund.order.currency)

    @admin.action(description=_("Ask the provider again…"), permissions=["act"])
    def retry_selected(self, request: HttpRequest, refunds: QuerySet[Refund]) -> HttpResponseRedirect:
        return self.lead_to("retry", refunds)

    @admin.action(description=_("Given back by hand…"), permissions=["act"])
    def settle_selected(self, request: HttpRequest, refunds: QuerySet[Refund]) -> HttpResponseRedirect:
        return self.lead_to("by-hand", refunds)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ["number", "order", "total", "issued_at"]
    list_select_related = ["order"]
    search_fields = ["number"]  # see get_search_results
    search_help_text = _("Number of the invoice, or of the order")
    ordering = ["-number"]
    sortable_by: list[str] = []
    fields = ["number", "order", "total", "issued_at", "issuer"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Invoice], search_term: str
    ) -> tuple[QuerySet[Invoice], bool]:
        term = search_term.strip()
        if term.isascii() and term.isdigit() and int(term[:20]) <= LARGEST_NUMBER:
            return queryset.filter(number=int(term)), False
        return queryset.filter(order__number__startswith=as_number(term)) if term else queryset, False

    @display(description=_("total"))
    def total(self, invoice: Invoice) -> str:
        return format_price(invoice.order.total_price, invoice.order.currency)
