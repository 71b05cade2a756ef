"""Prices as people read them."""

from decimal import Decimal

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import pgettext

# Source: CLDR's narrow symbols; other currencies go by their code.
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}


def format_price(amount: Decimal, currency: str = "") -> str:
    """Return an amount with its currency (else the store's), in the order and form of the reader's language."""
    code = currency or settings.STORE_CURRENCY
    # Translators: the order of currency and amount; the amount is already in the language's form.
    pattern = pgettext("price", "%(currency)s%(amount)s")
    price = pattern % {
        "currency": SYMBOLS.get(code, f"{code}\N{NO-BREAK SPACE}"),
        "amount": number_format(amount, 2, force_grouping=True),
    }
    return price.strip("\N{NO-BREAK SPACE}")  # which a code brings along, wherever it stands
