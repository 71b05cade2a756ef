"""What an import and an export ask for."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from bookstore.staff.transfers.importing import Wish
from bookstore.staff.transfers.models import Content, ExportRun, FileFormat
from catalog.importing import Part, layout_names
from catalog.models import Seller
from catalog.services.ledger import MOST_COPIES
from orders.models import OrderStatus


class SellerField(forms.ModelChoiceField):
    widget = UnfoldAdminSelectWidget

    def __init__(self, **kwargs: Any):
        super().__init__(Seller.objects.all(), label=_("Seller"), required=False, **kwargs)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any):
        widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
        super().__init__(required=False, input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class ImportForm(forms.Form):
    part = forms.ChoiceField(
        label=_("What it changes"),
        choices=[
            (Part.BOOKS, _("Books: all columns, and new books")),
            (Part.OFFERS, _("Offers: price and copies only")),
            (Part.STOCK, _("Stock: copies only")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # which the service tells of
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("CSV in UTF-8, or the first sheet of an Excel workbook (.xlsx); its first row names the columns."),
    )
    seller = SellerField(
        empty_label=_("The store itself"), help_text=_("Whose offers these are where a row names no seller.")
    )
    price = forms.DecimalField(
        label=_("First price"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=10,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("For books to which the file says none and which the seller never offered. It changes no offer."),
    )
    stock_quantity = forms.IntegerField(
        label=_("First copies"),
        required=False,
        min_value=0,
        max_value=MOST_COPIES,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Of the same books."),
    )
    mapping = forms.ChoiceField(label=_("Layout"), required=False, widget=UnfoldAdminSelectWidget)
    mapping_file = forms.FileField(
        label=_("Or a layout of your own"),
        required=False,
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("A .toml file that says which of its columns is which of ours."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["mapping"].choices = [("", _("Our own columns")), *((name, name) for name in layout_names())]

    @property
    def wish(self) -> Wish:
        names = ("mapping", "mapping_file", "seller", "price", "stock_quantity")
        return Wish(Part(self.cleaned_data["part"]), **{name: self.cleaned_data[name] for name in names})


class ExportForm(forms.Form):
    content = forms.ChoiceField(label=_("What"), widget=UnfoldAdminSelectWidget)
    file_format = forms.ChoiceField(label=_("File"), choices=FileFormat, widget=UnfoldAdminSelectWidget)
    seller = SellerField(empty_label=_("All sellers"), help_text=_("Of offers and stock."))
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("Every status")), *OrderStatus.choices],
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of orders, as are the days."),
    )
    first_day = DayField(label=_("Placed from"))
    last_day = DayField(label=_("To"), help_text=_("Both days are included."))

    def __init__(self, contents: list[Content], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["content"].choices = [(content, content.label) for content in contents]
        if Content.ORDERS not in contents:
            for name in ("status", "first_day", "last_day"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first_day"), self.cleaned_data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("This is before the first day."))
        return self.cleaned_data

    def run_for(self, actor: Any) -> ExportRun:
        """Return an export of only what its content is narrowed by."""
        wanted = self.cleaned_data
        is_orders = wanted["content"] == Content.ORDERS
        narrowing = ("status", "first_day", "last_day") if is_orders else ("seller",)
        if wanted["content"] == Content.BOOKS:
            narrowing = ()
        chosen = {name: wanted[name] for name in ("content", "file_format", *narrowing)}
        return ExportRun(actor=actor, **chosen)
