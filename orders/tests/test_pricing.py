"""What a purchase costs: tax to the cent, shipping, and where it is free."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.services.pricing import Totals, contained_tax, totals_of

AMOUNTS = st.decimals("0.01", "9999999.99", places=2)
RATES = st.decimals("0", "99.99", places=2)


@pytest.fixture(autouse=True)
def plain_prices(settings):
    settings.TAX_RATE = settings.SHIPPING_RATE = Decimal(0)
    settings.SHIPPING_FREE_FROM = None


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        ("107.00", "7", "7.00"),
        ("10.00", "19", "1.60"),
        ("0.01", "19", "0.00"),
        ("0.10", "5.5", "0.01"),
        ("1.05", "10", "0.10"),
        ("0.11", "100", "0.06"),  # half a cent is rounded up
        ("9999999.99", "99.99", "4999749.98"),
        ("10.00", "0", "0.00"),
    ],
)
def test_the_tax_in_an_amount_is_exact_to_the_cent(gross, rate, tax):
    assert str(contained_tax(Decimal(gross), Decimal(rate))) == tax


@given(AMOUNTS, RATES)
def test_what_is_left_of_an_amount_without_its_tax_has_that_tax(gross, rate):
    tax = contained_tax(gross, rate)
    net = gross - tax
    assert tax == tax.quantize(Decimal("0.01"))
    assert 0 <= tax < gross or (tax, gross) == (tax, Decimal("0.01"))
    # Tax and what it is of are each off by half a cent at most.
    assert abs(net * rate / 100 - tax) <= Decimal("0.005") * (1 + rate / 100)


@given(AMOUNTS, AMOUNTS, RATES)
def test_more_money_never_contains_less_tax(one, other, rate):
    low, high = sorted((one, other))
    assert contained_tax(low, rate) <= contained_tax(high, rate)


def test_by_default_books_cost_their_price():
    assert totals_of(Decimal("12.34")) == Totals(Decimal("12.34"), Decimal(0), Decimal(0), Decimal("0.00"))
    assert totals_of(Decimal("12.34")).total == Decimal("12.34")


@pytest.mark.parametrize(
    ("items", "free_from", "shipping"),
    [
        ("0.01", None, "3.90"),
        ("99999999.99", None, "3.90"),
        ("29.99", "30", "3.90"),
        ("30.00", "30", "0.00"),
        ("30.01", "30", "0.00"),
        ("0.01", "0", "0.00"),
    ],
)
def test_shipping_is_a_flat_rate_and_free_from_a_price_on(settings, items, free_from, shipping):
    settings.SHIPPING_RATE = Decimal("3.90")
    settings.SHIPPING_FREE_FROM = free_from and Decimal(free_from)
    assert totals_of(Decimal(items)).shipping == Decimal(shipping)


def test_shipping_contains_tax_as_books_do(settings):
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal("7"), Decimal("3.90")
    totals = totals_of(Decimal("6.80"))
    assert (totals.total, totals.tax, totals.tax_rate) == (Decimal("10.70"), Decimal("0.70"), Decimal("7"))


@given(AMOUNTS, st.decimals("0", "99999.99", places=2), RATES, st.none() | st.decimals("0", "99999.99", places=2))
def test_a_total_is_books_and_shipping_in_whole_cents(items, shipping, rate, free_from):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"SHIPPING_RATE": shipping, "TAX_RATE": rate, "SHIPPING_FREE_FROM": free_from}.items():
            patch.setattr(f"orders.services.pricing.settings.{name}", value)
        totals = totals_of(items)
    assert totals.shipping == (0 if free_from is not None and items >= free_from else shipping)
    assert totals.total == items + totals.shipping == totals.total.quantize(Decimal("0.01"))
    assert totals.tax == contained_tax(totals.total, rate)
