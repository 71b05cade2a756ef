"""The packer's desk: what is to be packed, the walk along the shelves, the slips."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from bookstore.core.admin import ids_in, moment
from orders import services
from orders.admin.acts import Act, GiveBackToPack, Ship
from orders.admin.orders import SEARCHED, packed_by
from orders.admin.pages import MOST_AT_ONCE, ActsAdmin
from orders.models import Order, OrderEvent, OrderQuerySet, OrderToPack
from orders.packing.lists import contents_of, shelves_of, slips_of, with_contents
from orders.packing.pdf import pdf_of


def cell(form: str, *words: Any) -> SafeString:
    """Return what stands in the table, in a box of its own: the theme lays a cell's parts side by side on a phone."""
    return format_html('<div class="order-cell">{}</div>', format_html(form, *words))


class Claim(Act):
    """Takes orders for whoever asks; it needs no page."""

    def act(self, row: Order, actor: Any) -> None:
        services.claim_order(row.pk, packer=actor)


class PackedBy(admin.SimpleListFilter):
    title = _("packed by")
    parameter_name = "packed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("nobody", _("Nobody yet")), ("me", _("Me")), ("others", _("Others"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "nobody":
            return queryset.filter(packing__packer=None)
        if self.value() == "me":
            return queryset.filter(packing__packer=request.user)
        if self.value() == "others":
            return queryset.filter(packing__packer__isnull=False).exclude(packing__packer=request.user)
        return queryset


@admin.register(OrderToPack)
class OrderToPackAdmin(ActsAdmin):
    """Orders that are paid and still here, the one that has waited longest first."""

    acts = {"ship": Ship, "give-back": GiveBackToPack}
    actions = ["pick_selected", "ship_selected", "give_back_selected"]
    list_display = ["what", "contents", "goes_to", "noted", "who"]
    list_display_links = None
    list_filter = [PackedBy]
    list_per_page = MOST_AT_ONCE
    search_fields = ["number"]  # see get_search_results
    search_help_text = SEARCHED
    sortable_by: list[str] = []

    def get_queryset(self, request: HttpRequest) -> OrderQuerySet:
        notes = Prefetch("events", OrderEvent.objects.notes(), to_attr="notes")
        return with_contents(OrderToPack.objects.to_pack()).prefetch_related(notes)

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: OrderQuerySet, search_term: str
    ) -> tuple[OrderQuerySet, bool]:
        term = search_term.strip()
        return queryset.matching(term) if term else queryset, False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("orders.view_order")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, "ship")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:orders_order_change", object_id)

    def after(self, rows: list[Any]) -> str:
        return self.list_url()

    # What is shown

    @display(description=_("order"))
    def what(self, order: Order) -> SafeString:
        url = reverse("admin:orders_order_change", args=[order.pk])
        waits = _now("waits %(time)s") % {"time": timesince(order.created_at, depth=1)}
        return cell(
            '<a href="{}" class="order-number">{}</a><br><span title="{}">{}</span>',
            *(url, order.number, moment(order.created_at), waits),
        )

    @display(description=_("copies"))
    def contents(self, order: Order) -> SafeString:
        contents = contents_of(order)
        total = sum(copies for _item, copies in contents)
        lines = ((copies, item.title, item.byline) for item, copies in contents)
        return cell(
            "<strong>{}</strong><ul>{}</ul>",
            ngettext("%(count)d copy", "%(count)d copies", total) % {"count": total},
            format_html_join("", "<li>{} × {} <span>{}</span></li>", lines),
        )

    @display(description=_("goes to"))
    def goes_to(self, order: Order) -> SafeString:
        lines = order.address_lines or [_now("No address was given.")]
        return cell("{}", format_html_join("", "{}<br>", ([line] for line in lines)))

    @display(description=_("notes"))
    def noted(self, order: Any) -> str:
        notes = ((note.note, note.actor.get_full_name() if note.actor else "") for note in order.notes)
        return format_html_join("", '<p class="order-note">{} <span>{}</span></p>', notes)

    @display(description=_("packed by"))
    def who(self, order: Order) -> str:
        return packed_by(order)

    # Acts

    @admin.action(description=_("Take and pick…"), permissions=["act"])
    def pick_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponseRedirect:
        ids = orders.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE]
        rows = list(Order.objects.filter(pk__in=list(ids)).order_by("pk"))
        outcomes = list(Claim(rows).perform(request.user))
        for order, error in outcomes:
            if error:
                messages.error(request, f"{order}: {error.message}")
        taken = [order.pk for order, error in outcomes if error is None]
        if not taken:
            return redirect(self.list_url())
        return redirect(f"{reverse('admin:orders_ordertopack_pick')}?{urlencode({'id': taken}, doseq=True)}")

    @admin.action(description=_("Ship…"), permissions=["act"])
    def ship_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponseRedirect:
        return self.lead_to("ship", orders)

    @admin.action(description=_("Give back…"), permissions=["act"])
    def give_back_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponseRedirect:
        return self.lead_to("give-back", orders)

    # On paper

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("pick/", wrap(self.pick_view), name="orders_ordertopack_pick"),
            path("slips/", wrap(self.slips_view), name="orders_ordertopack_slips"),
            *super().get_urls(),
        ]

    def pick_view(self, request: HttpRequest) -> HttpResponse:
        """Show what to fetch for the orders that whoever asks has taken, and name those that are not theirs to pack."""
        if not self.may_act(request, "ship"):
            raise PermissionDenied
        named = Order.objects.filter(pk__in=ids_in(request.GET, MOST_AT_ONCE)).order_by("pk")
        orders = list(self.get_queryset(request).filter(pk__in=named.values("pk"), packing__packer=request.user))
        mine = [order.pk for order in orders]
        parcels = [{"order": order, "copies": sum(copies for _item, copies in contents_of(order))} for order in orders]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Pick list"),
            "orders": orders,
            "shelves": shelves_of(orders),
            "parcels": parcels,
            "copies": sum(parcel["copies"] for parcel in parcels),
            "left_out": list(named.exclude(pk__in=mine)),
            "ship": self.act_url("ship", mine),
            "desk": self.list_url(),
        }
        if not orders and not context["left_out"]:
            raise Http404
        return TemplateResponse(request, "admin/orders/pick_list.html", context)

    def slips_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_act(request, "ship"):
            raise PermissionDenied
        if request.method != "POST":
            raise Http404
        printed = services.note_slips(ids_in(request.POST, MOST_AT_ONCE), packer=request.user)
        orders = list(with_contents(Order.objects.filter(pk__in=printed)).select_related("user").order_by("pk"))
        if not orders:
            messages.error(request, _("None of these orders is yours to pack any more."))
            return redirect(self.list_url())
        return HttpResponse(
            pdf_of(slips_of(orders)),
            content_type="application/pdf",
            headers={"Content-Disposition": 'inline; filename="packing-slips.pdf"'},
        )
