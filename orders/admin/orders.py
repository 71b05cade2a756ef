"""Orders in the admin: find one or many, see all of it, send it, cancel it, give money back."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from bookstore.core.admin import moment
from bookstore.core.filters import DaysFilter
from catalog.prices import format_price
from orders import services
from orders.admin.acts import AddNote, Cancel, Deliver, GiveBack, Ship
from orders.admin.pages import ActsAdmin
from orders.invoicing import content_of
from orders.invoicing.pdf import pdf_of
from orders.models import Order, OrderEvent, OrderItem, OrderQuerySet, OrderStatus, PaymentStatus, Refund

LABELS = {
    OrderStatus.PENDING: "warning",
    OrderStatus.CONFIRMED: "info",
    OrderStatus.SHIPPED: "info",
    OrderStatus.DELIVERED: "success",
    OrderStatus.PAYMENT_FAILED: "danger",
}


SEARCHED = _("Order number or its beginning, part of the e-mail, name, or ISBN")


def packed_by(order: Order) -> str:
    """Say who has taken an order to pack, since when, and whether its slip is printed."""
    packing = getattr(order, "packing", None)
    if packing is None:
        return ""
    who = packing.packer.get_full_name() if packing.packer else _now("somebody gone")
    parts = [_now("%(who)s, %(when)s") % {"who": who, "when": moment(packing.claimed_at)}]
    if packing.printed_at:
        parts.append(_now("slip printed %(when)s") % {"when": moment(packing.printed_at)})
    return " · ".join(parts)


class Rows(TabularInline):
    """Rows below an order, only to look at."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LineInline(Rows):
    model = OrderItem
    fields = ["quantity", "title", "isbn", "seller_name", "unit_price", "refunded_quantity", "restocked_quantity"]
    readonly_fields = fields


class RefundInline(Rows):
    model = Refund
    fields = ["created_at", "amount", "copies", "status", "reason", "actor", "note", "reference"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return super().get_queryset(request).select_related("actor").prefetch_related("lines__item")

    @display(description=_("copies"))
    def copies(self, refund: Refund) -> str:
        return ", ".join(f"{line.quantity} × {line.item.title}" for line in refund.lines.all())


class EventInline(Rows):
    model = OrderEvent
    fields = ["at", "kind", "actor", "note", "told_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderEvent]:
        return super().get_queryset(request).select_related("actor")


@admin.register(Order)
class OrderAdmin(ActsAdmin):
    acts = {"ship": Ship, "deliver": Deliver, "cancel": Cancel, "refund": GiveBack, "note": AddNote}
    single = frozenset({"refund", "note"})
    actions = ["ship_selected", "deliver_selected", "cancel_selected"]
    list_display = ["number", "shown_status", "created_at", "user", "total"]
    list_filter = [("status", ChoicesDropdownFilter), ("created_at", DaysFilter)]
    list_select_related = ["user"]
    search_fields = ["number"]  # see get_search_results
    search_help_text = SEARCHED
    ordering = ["-id"]
    sortable_by: list[str] = []
    view_on_site = False  # that page is its shopper's
    inlines = [LineInline, RefundInline, EventInline]
    fieldsets = [
        (None, {"fields": [("number", "status"), ("user", "created_at"), ("carrier", "tracking"), "packed_by"]}),
        (_("Shipping address"), {"fields": ["address"]}),
        (
            _("Money"),
            {
                "fields": [
                    ("books", "shipping", "tax"),
                    ("total", "refunded", "left"),
                    ("accepted_price_changes", "expected_total"),
                    ("payment_status", "payment_provider"),
                    "payment_reference",
                ]
            },
        ),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: OrderQuerySet, search_term: str
    ) -> tuple[OrderQuerySet, bool]:
        term = search_term.strip()
        return queryset.matching(term) if term else queryset, False

    # What is shown

    @display(description=_("status"), label=LABELS)
    def shown_status(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description=_("packed by"))
    def packed_by(self, order: Order) -> str:
        return packed_by(order)

    @display(description=_("address"))
    def address(self, order: Order) -> str:
        return format_html_join("\n", "{}<br>", ([line] for line in order.address_lines))

    @display(description=_("books"))
    def books(self, order: Order) -> str:
        return format_price(order.items_total, order.currency)

    @display(description=_("shipping"))
    def shipping(self, order: Order) -> str:
        return format_price(order.shipping_total, order.currency)

    @display(description=_("tax contained"))
    def tax(self, order: Order) -> str:
        return format_price(order.tax_total, order.currency)

    @display(description=_("total"))
    def total(self, order: Order) -> str:
        return format_price(order.total_price, order.currency)

    @display(description=_("refunded"))
    def refunded(self, order: Order) -> str:
        return format_price(order.refunded_amount, order.currency)

    @display(description=_("left"))
    def left(self, order: Order) -> str:
        return format_price(order.refundable_amount, order.currency)

    # Acts

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, "ship")

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, "cancel")

    @admin.action(description=_("Ship…"), permissions=["act"])
    def ship_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponseRedirect:
        return self.lead_to("ship", orders)

    @admin.action(description=_("Delivered…"), permissions=["act"])
    def deliver_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponseRedirect:
        return self.lead_to("deliver", orders)

    @admin.action(description=_("Cancel…"), permissions=["refund"])
    def cancel_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponseRedirect:
        return self.lead_to("cancel", orders)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        order = self.get_object(request, object_id)
        context = {
            "acts": self.acts_on(request, order) if order else [],
            "has_invoice": order is not None and order.payment_status == PaymentStatus.SUCCEEDED,
        }
        return super().change_view(request, object_id, extra_context=context)

    def acts_on(self, request: HttpRequest, order: Order) -> list[dict[str, Any]]:
        """Return the buttons of what may be done with this order."""
        return [
            {"name": act.name, "icon": act.icon, "url": self.act_url(key, [order.pk])}
            for key, act in self.acts.items()
            if order.status in act.fits and self.may_act(request, key)
        ]

    # Invoice

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.invoice_view)
        return [path("<int:pk>/invoice/", view, name="orders_order_invoice"), *super().get_urls()]

    def invoice_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = services.issue_invoice(get_object_or_404(Order, pk=pk))
        return HttpResponse(pdf_of(content_of(invoice)), content_type="application/pdf")
