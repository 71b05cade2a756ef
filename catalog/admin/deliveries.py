"""Deliveries in the admin: the list of all, the desk of those that are open, what the closed ones brought."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from bookstore.core.admin import ActAdmin, ActForm
from bookstore.core.filters import DaysFilter
from catalog import services
from catalog.admin import receiving
from catalog.exceptions import DeliveryClosed
from catalog.models import Book, Delivery, DeliveryLine, Offer

MOST_SHOWN = 50  # lines of an open delivery, the last that were scanned
MOST_FOLLOWED = 20  # open deliveries that the page names which opens another


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), ("closed", _("Closed"))]

    def queryset(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if self.value() in {"open", "closed"}:
            return deliveries.filter(closed_at__isnull=self.value() == "open")
        return deliveries


class DeliveryForm(ActForm):
    judged_by_service = frozenset({"reference"})

    class Meta:
        model = Delivery
        fields = ["seller", "reference"]
        widgets = {"reference": UnfoldAdminTextInputWidget(attrs={"autofocus": True, "autocomplete": "off"})}


def sum_of(rows: Any, column: Any) -> Coalesce:
    """Add up a column of a delivery's rows, in a statement of their own: two joins would multiply each other."""
    of_one = rows.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
    return Coalesce(Subquery(of_one.annotate(sum=column).values("sum")), 0)


@admin.register(Delivery)
class DeliveryAdmin(ActAdmin):
    """Who may change offers, and so their stock, may receive; who may see them may look."""

    form = DeliveryForm
    add_form_template = "admin/catalog/delivery/add_form.html"
    fields = ["seller", "reference"]
    list_display = ["reference", "seller", "shown_state", "opened_at", "closed_at", "opened_by", "titles", "copies"]
    list_display_links = ["reference"]
    list_select_related = ["seller", "opened_by"]
    list_filter = [StateFilter, ("opened_at", DaysFilter)]
    search_fields = ["reference"]
    search_help_text = _("Part of the reference")
    sortable_by: list[str] = []
    view_on_site = False

    # Who may, and what is shown

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_offer")

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return self.has_add_permission(request) and not (obj and obj.closed_at)

    def has_view_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return self.has_add_permission(request) or request.user.has_perm("catalog.view_offer")

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return (
            super()
            .get_queryset(request)
            .annotate(title_count=sum_of(DeliveryLine, Count("pk")), copy_count=sum_of(DeliveryLine, Sum("copies")))
        )

    @display(description=_("state"), label={"open": "warning", "closed": "success"})
    def shown_state(self, delivery: Delivery) -> tuple[str, Any]:
        return ("closed", _("Closed")) if delivery.closed_at else ("open", _("Open"))

    @display(description=_("titles"))
    def titles(self, delivery: Delivery) -> int:
        return delivery.title_count

    @display(description=_("copies"))
    def copies(self, delivery: Delivery) -> int:
        return delivery.copy_count

    # Opening

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"seller": services.store_seller().pk, **super().get_changeform_initial_data(request)}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        still_open = self.get_queryset(request).still_open().select_related("seller", "opened_by")[:MOST_FOLLOWED]
        return super().add_view(request, form_url, {"title": _("Receiving"), "still_open": still_open})

    def save_model(self, request: HttpRequest, obj: Delivery, form: DeliveryForm, change: bool) -> None:
        with form.acting():
            opened = services.open_delivery(obj.seller_id, obj.reference, actor=request.user)
        obj.pk, obj.opened_at = opened.pk, opened.opened_at

    def response_add(self, request: HttpRequest, obj: Delivery, post_url_continue: Any = None) -> HttpResponse:
        return redirect(obj)

    # The desk

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/desk/<slug:name>/", view(require_POST(self.act_view)), name="catalog_delivery_act"),
            path("<int:pk>/close/", view(self.close_view), name="catalog_delivery_close"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        delivery = self.get_object(request, unquote(object_id))
        if delivery is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        news = [(message.level_tag, str(message)) for message in messages.get_messages(request)]
        return self.show(request, delivery, "desk", news=news, **rows_of(delivery, is_all="all" in request.GET))

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        delivery = self.delivery_to_change(request, pk)
        if name not in receiving.ACTS:
            raise Http404
        news = receiving.perform(name, delivery, request)
        self.message_user(request, news.sentence, news.level)
        return redirect(delivery)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        delivery = self.delivery_to_change(request, pk)
        if request.method != "POST" and not delivery.closed_at:
            return self.show(request, delivery, "close", kept_aside=delivery.kept_aside.count())
        try:
            services.close_delivery(pk)
        except DeliveryClosed as error:
            self.message_user(request, str(error.message), messages.WARNING)
        else:
            self.log_change(request, delivery, _("Closed."))
            self.message_user(request, _("The delivery is closed."), messages.SUCCESS)
        return redirect(delivery)

    def delivery_to_change(self, request: HttpRequest, pk: int) -> Delivery:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("seller"), pk=pk)

    def show(self, request: HttpRequest, delivery: Delivery, template: str, **context: Any) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "title": delivery.reference,
            "delivery": delivery,
            "opts": self.opts,
            "is_open": self.has_change_permission(request, delivery),
            **context,
        }
        return TemplateResponse(request, f"admin/catalog/delivery/{template}.html", shown)


def rows_of(delivery: Delivery, *, is_all: bool) -> dict[str, Any]:
    """Return what was scanned last, or all of it, and what is kept aside with how it might get into stock."""
    lines = delivery.lines.select_related("offer__book")
    kept_aside = list(delivery.kept_aside.all())
    isbns = [row.isbn for row in kept_aside]
    books = {book.isbn: book for book in Book.objects.public().filter(isbn__in=isbns)}
    offers = Offer.objects.standing().filter(seller=delivery.seller_id, book__in=[book.pk for book in books.values()])
    offered = set(offers.values_list("book", flat=True))
    return {
        "lines": lines if is_all or delivery.closed_at else lines[:MOST_SHOWN],
        "kept_aside": [
            {"row": row, "book": (book := books.get(row.isbn)), "is_offered": book is not None and book.pk in offered}
            for row in kept_aside
        ],
    }
