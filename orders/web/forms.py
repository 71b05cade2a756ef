"""What the till asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Address
from accounts.web.forms import AddressForm
from orders.exceptions import CartChanged, CheckoutRefused
from orders.web.till import Till

HIGHEST_ID = 2**63 - 1
KEY = r"^[0-9a-f]{32}$"
NEW = "new"
LINES = ("full_name", "line1", "line2", "postal_code", "city", "region", "country", "phone")

# The mock provider's, each with what it does.
TEST_CARDS = {"tok_ok": _("Test card that pays"), "tok_declined": _("Test card that is declined")}
MORE_TEST_CARDS = {
    "tok_slow:3000": _("Test card that pays after three seconds"),
    "tok_timeout": _("Test card that pays while the provider says nothing"),
    "tok_kill_before": _("Test card that kills the web process before it has paid"),
    "tok_kill_after": _("Test card that kills the web process once it has paid"),
}


class TillForm(forms.Form):
    """
    Where the books go, and how they are paid. `key` makes a double click one purchase.

    `seen` and `total` are the copies and the sum that the page shows: pressing its button agrees to these.
    """

    address = forms.ChoiceField(
        error_messages={
            "required": _("Please choose where the books go."),
            "invalid_choice": _("This address is no longer in your book. Please choose another."),
        }
    )
    card = forms.ChoiceField(error_messages={"required": _("Please choose a card.")})
    accepts_price_changes = forms.BooleanField(required=False, label=_("I agree to the new prices"))
    key = forms.RegexField(KEY)
    seen = forms.CharField()
    total = forms.DecimalField(max_digits=14, decimal_places=2)

    def __init__(self, till: Till, addresses: Sequence[Address], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.till = till
        self.fields["address"].choices = [*((str(one.pk), str(one)) for one in addresses), (NEW, _("Another address"))]
        cards = TEST_CARDS | (MORE_TEST_CARDS if settings.PAYMENT_TEST_TOKENS else {})
        self.fields["card"].choices = list(cards.items())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("seen") != self.till.seen or not {"key", "total"} <= given.keys():
            self.add_error(None, CartChanged.message)
        elif given["total"] < self.till.totals.total:
            self.add_error(None, CheckoutRefused.messages[CheckoutRefused.PRICE])
        if self.till.risen and not given.get("accepts_price_changes"):
            self.add_error("accepts_price_changes", _("Please agree to the new prices, or change your cart."))
        return given


class NewAddressForm(AddressForm):
    """An address that is not in the book, or not yet."""

    is_default = None
    keep = forms.BooleanField(label=_("Keep this address in my book"), required=False)

    class Meta(AddressForm.Meta):
        fields = LINES


class TillForms:
    """Both forms of the page: an address is typed where none of the book is chosen."""

    def __init__(
        self,
        till: Till,
        addresses: Sequence[Address],
        *,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
    ):
        if data and data.get("total") != till.total_words:
            data = without(data, "accepts_price_changes")  # it was about another sum
        self.addresses = addresses
        self.form = TillForm(till, addresses, data, initial=initial)
        self.is_new = bool(data) and data.get("address") == NEW
        self.new_address = NewAddressForm(
            data if self.is_new else None,
            initial=typed(data) if data else initial,
            use_required_attribute=not addresses,
        )

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), not self.is_new or self.new_address.is_valid()])

    @property
    def chosen(self) -> str:
        return str(self.form["address"].value())

    @property
    def shipping_address(self) -> dict[str, str]:
        if self.is_new:
            return snapshot(self.new_address.instance)
        return snapshot(next(one for one in self.addresses if str(one.pk) == self.chosen))

    @property
    def is_kept(self) -> bool:
        """Whether a new address is to go into the book."""
        return self.is_new and self.new_address.cleaned_data["keep"]

    def focus_first_fault(self) -> None:
        """Let the reader stand at the first field that is not right."""
        for form in (self.new_address, self.form):
            for name in form.errors:
                if name in form.fields:
                    form.fields[name].widget.attrs["autofocus"] = True
                    return


class MendForm(forms.Form):
    """The line that a button of the page takes out, or makes one of as many copies as there are."""

    out = forms.IntegerField(min_value=1, max_value=HIGHEST_ID, required=False)
    fewer = forms.IntegerField(min_value=1, max_value=HIGHEST_ID, required=False)


def typed(data: QueryDict) -> dict[str, Any]:
    """Return what was typed as what a form begins with; prices are agreed to anew."""
    return {**data.dict(), "keep": "keep" in data, "accepts_price_changes": False}


def without(data: QueryDict, name: str) -> QueryDict:
    rest = data.copy()
    rest.pop(name, None)
    return rest


def snapshot(address: Address) -> dict[str, str]:
    """Return the lines of an address as an order keeps them."""
    return {name: str(getattr(address, name)) for name in LINES}
