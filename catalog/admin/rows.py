"""What stands below a book's form: who made it, and who offers it."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts.models import User
from bookstore.core.admin import ActForm, ActFormSet, ActInline
from catalog import services
from catalog.models import Book, Contribution, Offer, store_currency
from catalog.prices import format_price
from catalog.services.ledger import MOST_COPIES

LINK = "text-primary-600 dark:text-primary-500"  # as the theme shows links within a form


class ContributionForm(ActForm):
    position = forms.IntegerField(required=False, min_value=0, max_value=32_767)

    class Meta:
        model = Contribution
        fields = ["contributor", "role", "position"]


class ContributionFormSet(ActFormSet):
    """The contributors of a book; changing one writes them all, in the order of the page."""

    def perform(self, actor: User) -> None:
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        for form in self.forms:
            if form in self.deleted_forms:
                self.deleted_objects.append(form.instance)
            elif form.has_changed():
                self.note(form)
        # An emptied byline is made of the names anew.
        if self.instance.byline and not self.has_changed():
            return
        with (self.forms or [self.empty_form])[0].acting():
            credits = [services.Credit(row.contributor_id, row.role) for row in self.in_order()]
            services.put_credits(self.instance.pk, credits, actor=actor)

    def in_order(self) -> list[Contribution]:
        """The rows that stay, new ones last unless they were dragged elsewhere."""
        staying = [form for form in self.forms if form.cleaned_data and form not in self.deleted_forms]
        places = [(form.cleaned_data["position"], form.instance) for form in staying]
        return [row for _place, row in sorted(places, key=lambda place: (place[0] is None, place[0] or 0))]


class ContributionInline(ActInline):
    model = Contribution
    form = ContributionForm
    formset = ContributionFormSet
    verbose_name = _("contributor")
    verbose_name_plural = _("contributors")
    autocomplete_fields = ["contributor"]
    ordering_field = "position"
    hide_ordering_field = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contribution]:
        return super().get_queryset(request).select_related("contributor")


class DifferenceField(forms.IntegerField):
    """A number with its sign, as in +3 or −1."""

    # A number field of the browser's would take "+3" for nothing at all.
    widget = UnfoldAdminTextInputWidget

    def to_python(self, value: Any) -> int | None:
        return super().to_python(str(value or "").replace("\N{MINUS SIGN}", "-"))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"placeholder": "+0", "size": 5, "autocomplete": "off"}


class OfferForm(ActForm):
    """An offer that stands. The stock is changed by a difference, so that what is sold meanwhile stays sold."""

    stock_change = DifferenceField(label=_("change by"), required=False, min_value=-MOST_COPIES, max_value=MOST_COPIES)
    is_withdrawn = forms.BooleanField(label=_("withdraw"), required=False, widget=UnfoldBooleanWidget)
    places = {"stock_quantity": "stock_change", "NOT_ENOUGH_STOCK": "stock_change"}

    class Meta:
        model = Offer
        fields = ["price", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer = self.instance
        if "price" in self.fields and offer.pk and offer.currency != store_currency():
            # Left empty, the price stays as it is; the same number, typed, is a price in the shop's currency.
            self.initial["price"], self.fields["price"].required = None, False
            self.fields["price"].widget.attrs["placeholder"] = format_price(offer.price, offer.currency)
            sentence = _("Priced in %(old)s, which the shop had before: nobody can buy it. State a price in %(new)s.")
            self.fields["price"].help_text = sentence % {"old": offer.currency, "new": store_currency()}

    def act(self, book: Book, actor: User) -> None:
        offer_id, changes = self.instance.pk, self.changes
        delta, is_withdrawn = changes.pop("stock_change", None), changes.pop("is_withdrawn", False)
        if changes:
            services.change_offer(offer_id, **changes, actor=actor)
        if delta:
            services.correct_stock(offer_id, delta, actor=actor)
        if is_withdrawn:
            services.withdraw_offer(offer_id, actor=actor)


class OfferInline(ActInline):
    model = Offer
    form = OfferForm
    fields = ["seller", "stock_quantity", "stock_change", "price", "is_active", "is_withdrawn", "movements"]
    readonly_fields = ["seller", "stock_quantity", "movements"]
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        return super().get_queryset(request).filter(withdrawn_at=None).select_related("seller", "book")

    def has_add_permission(self, request: HttpRequest, obj: Book | None = None) -> bool:
        return False

    @display(description=_("movements"))
    def movements(self, offer: Offer) -> str:
        url = reverse("admin:catalog_stockmovement_changelist")
        return format_html('<a href="{}?offer__id__exact={}" class="{}">{}</a>', url, offer.pk, LINK, _("Show"))


class NewOfferForm(ActForm):
    places = {"OFFER_CONFLICT": "seller"}

    class Meta:
        model = Offer
        fields = ["seller", "price", "stock_quantity", "is_active"]

    def act(self, book: Book, actor: User) -> None:
        services.create_offer(
            book.pk,
            self.cleaned_data["seller"].pk,
            price=self.cleaned_data["price"],
            stock_quantity=self.cleaned_data["stock_quantity"],
            is_active=self.cleaned_data["is_active"],
            actor=actor,
        )


class NewOfferInline(ActInline):
    model = Offer
    form = NewOfferForm
    verbose_name = _("new offer")
    verbose_name_plural = _("new offers")
    autocomplete_fields = ["seller"]
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Book | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Book | None = None) -> bool:
        return False
