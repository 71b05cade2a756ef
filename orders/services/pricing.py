"""What a purchase costs together."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Totals:
    """Money of a purchase in the store's currency; `tax` is contained in `total`, `tax_rate` is per cent."""

    items: Decimal
    shipping: Decimal
    tax_rate: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.items + self.shipping


def totals_of(items: Decimal) -> Totals:
    """Return what books of this price cost with shipping, which is free from a threshold on."""
    free_from = settings.SHIPPING_FREE_FROM
    shipping = Decimal("0.00") if free_from is not None and items >= free_from else settings.SHIPPING_RATE
    return Totals(items, shipping, settings.TAX_RATE, contained_tax(items + shipping, settings.TAX_RATE))


def contained_tax(gross: Decimal, rate: Decimal) -> Decimal:
    """Return the tax that an amount contains at a rate in per cent, to the cent."""
    return (gross * rate / (100 + rate)).quantize(CENT, ROUND_HALF_UP)
