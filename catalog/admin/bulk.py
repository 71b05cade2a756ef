"""Changing the offers of many books at once: which, how, a look at what would become of them, then doing it."""

from copy import copy
from decimal import Decimal
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bookstore.core.admin import ActAdmin, Autocomplete, ReadOnlyAdmin, ids_in
from catalog import services
from catalog.bulk import BulkChange, BulkKind, BulkPart, Refusal, Rounding
from catalog.models import Book, BookQuerySet, Offer, OfferQuerySet, Seller
from catalog.prices import format_price
from catalog.services.ledger import HIGHEST_PRICE

MOST_CHOSEN = 200  # books that are ticked; more are chosen by a filter
SHOWN = 50  # offers of which a preview shows the new price, and refused ones that are named


class BulkForm(forms.Form):
    """What all bulk changes ask for: whose offers."""

    title: Any
    kind: BulkKind

    seller = forms.ModelChoiceField(
        label=_("Offers of"),
        required=False,
        queryset=Seller.objects.all(),
        help_text=_("Left empty, the offers of all sellers."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["seller"].widget = Autocomplete(Offer._meta.get_field("seller"), admin.site)
        self.fields["seller"].widget.choices = self.fields["seller"].choices

    def offers(self, books: BookQuerySet) -> OfferQuerySet:
        offers = Offer.objects.standing().filter(book__in=books.order_by().values("pk"))
        seller = self.cleaned_data["seller"]
        return offers.filter(seller=seller) if seller else offers

    def wanted(self, **more: Any) -> BulkChange:
        """Return the change as it was asked for, not saved."""
        return BulkChange(kind=self.kind, **more)


class PriceForm(BulkForm):
    title, kind = _("Change prices"), BulkKind.PRICE

    percent = forms.DecimalField(
        label=_("Per cent"),
        required=False,
        min_value=Decimal("-99.99"),
        max_value=Decimal(1000),
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("Such as 5, or -10 for less."),
    )
    amount = forms.DecimalField(
        label=_("Or an amount"),
        required=False,
        min_value=-HIGHEST_PRICE,
        max_value=HIGHEST_PRICE,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("Such as 1.50, or -2 for less."),
    )
    rounding = forms.ChoiceField(
        label=_("Round the new price"), choices=Rounding, initial=Rounding.CENT, widget=UnfoldAdminSelectWidget
    )

    def clean(self) -> dict[str, Any]:
        given = [self.cleaned_data[name] for name in ("percent", "amount") if self.cleaned_data.get(name) is not None]
        if not self.errors and len(given) != 1:
            raise forms.ValidationError(_("Either per cent or an amount, please."))
        if not self.errors and not given[0] and self.cleaned_data["rounding"] == Rounding.CENT:
            raise forms.ValidationError(_("That would change nothing."))
        return self.cleaned_data

    def wanted(self, **more: Any) -> BulkChange:
        terms = {name: self.cleaned_data[name] for name in ("percent", "amount", "rounding")}
        return super().wanted(**terms, **more)


class SwitchForm(BulkForm):
    reason = forms.CharField(
        label=_("Why"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("It stands with each stock movement."),
    )

    def wanted(self, **more: Any) -> BulkChange:
        return super().wanted(reason=self.cleaned_data["reason"], **more)


class SwitchOnForm(SwitchForm):
    title, kind = _("Switch on"), BulkKind.ON


class SwitchOffForm(SwitchForm):
    title, kind = _("Switch off"), BulkKind.OFF


FORMS: dict[str, type[BulkForm]] = {"price": PriceForm, "on": SwitchOnForm, "off": SwitchOffForm}


class BulkAdmin(ActAdmin):
    """A list of books whose offers are changed together: those that are ticked, or all that match the list's filter."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.bulk_view)
        return [path("bulk/<slug:act>/", view, name="catalog_book_bulk"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "listed": quote(request.GET.urlencode())})

    def has_offers_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_offer")

    @admin.action(description=_("Change prices…"), permissions=["offers"])
    def change_prices_of_selected(self, request: HttpRequest, books: QuerySet[Book]) -> HttpResponseRedirect:
        return self.lead_to("price", request, books)

    @admin.action(description=_("Switch offers on…"), permissions=["offers"])
    def switch_on_selected(self, request: HttpRequest, books: QuerySet[Book]) -> HttpResponseRedirect:
        return self.lead_to("on", request, books)

    @admin.action(description=_("Switch offers off…"), permissions=["offers"])
    def switch_off_selected(self, request: HttpRequest, books: QuerySet[Book]) -> HttpResponseRedirect:
        return self.lead_to("off", request, books)

    def lead_to(self, act: str, request: HttpRequest, books: QuerySet[Book]) -> HttpResponseRedirect:
        if request.POST.get("select_across") == "1":
            chosen: dict[str, Any] = {"match": request.GET.urlencode()}
        else:
            chosen = {"id": list(books.order_by().values_list("pk", flat=True)[:MOST_CHOSEN])}
        return redirect(f"{reverse('admin:catalog_book_bulk', args=[act])}?{urlencode(chosen, doseq=True)}")

    def bulk_view(self, request: HttpRequest, act: str) -> HttpResponse:
        if not (self.has_view_permission(request) and self.has_offers_permission(request)):
            raise PermissionDenied
        if act not in FORMS:
            raise Http404
        books = self.chosen_books(request)
        form = FORMS[act](
            request.POST if request.method == "POST" else None, initial={"seller": self.first_seller(request)}
        )
        context = {"form": form, "title": form.title, "opts": self.opts, **self.admin_site.each_context(request)}
        if not form.is_valid():
            return TemplateResponse(request, "admin/catalog/book/bulk.html", context)
        key, offers = request.POST.get("key", "")[:64], form.offers(books)
        if started := BulkChange.objects.filter(key=key, actor=request.user).first():
            return redirect("admin:catalog_bulkchange_change", started.pk)
        if key and request.POST.get("seen") == str(offers.count()):
            return self.start(request, form.wanted(actor=request.user, key=key), offers)
        context |= self.preview(form.wanted(), offers) | {"is_news": bool(key), "key": token_urlsafe(16)}
        return TemplateResponse(request, "admin/catalog/book/preview.html", context)

    def chosen_books(self, request: HttpRequest) -> BookQuerySet:
        """Return the books that were ticked, or else all that the list showed by the filter in `match`."""
        if "id" in request.GET:
            return Book.objects.public().filter(pk__in=ids_in(request.GET, MOST_CHOSEN))
        asked = copy(request)
        asked.GET = QueryDict(request.GET.get("match", ""))
        if any("\0" in text for texts in asked.GET.lists() for text in texts[1]):
            raise Http404
        try:
            return self.get_changelist_instance(asked).queryset
        except IncorrectLookupParameters as error:
            raise Http404 from error

    def first_seller(self, request: HttpRequest) -> str | int:
        """Return whose offers are most likely meant: the seller by whom the list was filtered, else the store's own."""
        given = QueryDict(request.GET.get("match", "")).get("seller", "")
        return given if given.isdecimal() and len(given) < 19 else services.store_seller().pk

    def preview(self, wanted: BulkChange, offers: OfferQuerySet) -> dict[str, Any]:
        """Return what is shown before a change is done."""
        listed = offers.select_related("book", "seller").order_by("pk")
        if wanted.kind != BulkKind.PRICE:
            changing = listed.exclude(is_active=wanted.kind == BulkKind.ON)
            return {"wanted": wanted, "count": offers.count(), "changed": changing.count(), "rows": changing[:SHOWN]}
        outlook = services.preview_prices(offers, wanted)
        fitting = listed.exclude(price__in=outlook.refused_prices)[:SHOWN]
        return {
            "wanted": wanted,
            "count": outlook.count,
            "changed": outlook.changed,
            "outlook": outlook,
            "prices": [(offer, wanted.price_from(offer.price)) for offer in fitting],
            "refused": listed.filter(price__in=outlook.refused_prices)[:SHOWN],
        }

    def start(self, request: HttpRequest, wanted: BulkChange, offers: OfferQuerySet) -> HttpResponseRedirect:
        change = services.start_bulk_change(wanted, offers.order_by().values_list("pk", flat=True))
        return redirect("admin:catalog_bulkchange_change", change.pk)


@admin.register(BulkChange)
class BulkChangeAdmin(ReadOnlyAdmin):
    """What became of each bulk change."""

    list_display = ["change", "kind", "offers", "state", "actor", "created_at"]
    list_select_related = ["actor"]
    sortable_by: list[str] = []
    fields = ["change", "reason", "offers", "state", "changed", "refused", "actor", "created_at"]
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: BulkChange | None = None) -> bool:
        return super().has_view_permission(request, obj) or request.user.has_perm("catalog.change_offer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkChange]:
        return super().get_queryset(request).with_progress()

    @display(description=_("what"))
    def change(self, change: BulkChange) -> str:
        return str(change)

    @display(description=_("state"))
    def state(self, change: Any) -> str:
        if not change.waiting:
            return gettext("done")
        numbers = {"done": number_format(change.offers - change.waiting), "all": number_format(change.offers)}
        return gettext("%(done)s of %(all)s done") % numbers

    @display(description=_("changed"))
    def changed(self, change: Any) -> str:
        return number_format(change.changed)

    @display(description=_("left as they were"))
    def refused(self, change: BulkChange) -> str:
        parts = BulkPart.objects.filter(change=change).exclude(refused=[]).values_list("refused", flat=True)
        refused = [row for rows in parts[:SHOWN] for row in rows][:SHOWN]
        line = '<p><a href="{}">{}</a> · {} · {}: {}</p>'
        return format_html_join("", line, map(self.refused_line, refused)) or "–"

    def refused_line(self, row: dict[str, Any]) -> tuple[Any, ...]:
        page = reverse("admin:catalog_book_change", args=[row["book_id"]])
        return page, row["title"], row["seller"], format_price(Decimal(row["price"])), Refusal(row["reason"]).label
