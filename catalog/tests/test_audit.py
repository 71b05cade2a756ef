from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookstore.core.audit import all_checks
from catalog import services
from catalog.models import Book, Offer, StockMovement
from catalog.tests.factories import BookFactory, OfferFactory
from orders.tests.factories import bought

pytestmark = pytest.mark.django_db

SUM = "An offer's stock is the sum of its movements"
LAST = "An offer's last movement left the stock there is"
BEST = "A book's price and availability are those of its best offer"
CURRENCY = "Offers that are sold are in the shop's currency"
ARCHIVED = "An archived book has no active offer"


def faults() -> dict[str, list[str]]:
    found = {name: list(check()) for name, check in all_checks().items()}
    return {name: lines for name, lines in found.items() if lines}


def test_shop_in_which_much_happened_is_in_order():
    BookFactory()
    offer = OfferFactory(stock_quantity=2)
    OfferFactory(book=offer.book, price=Decimal("8.00"), stock_quantity=0)
    bought(offer, quantity=2)
    services.switch_offers([offer.pk], is_active=False)
    services.archive_book(OfferFactory().book_id)
    assert faults() == {}


def test_stock_that_no_movement_explains_is_found():
    offer = OfferFactory(stock_quantity=3)
    Offer.objects.update(stock_quantity=2)
    assert faults() == {
        SUM: [f"offer {offer.pk}: stock 2, movements add up to 3"],
        LAST: [f"offer {offer.pk}: stock 2, its last movement left 3"],
    }


def test_stock_without_any_movement_is_found():
    offer = OfferFactory(stock_quantity=0)
    Offer.objects.update(stock_quantity=2)
    Book.objects.update(in_stock=True)
    assert faults() == {
        SUM: [f"offer {offer.pk}: stock 2, movements add up to 0"],
        LAST: [f"offer {offer.pk}: stock 2, its last movement left 0"],
    }


def test_an_offer_at_a_price_in_another_currency_is_found_and_its_book_until_it_is_read_anew(settings):
    offer = OfferFactory()
    OfferFactory(is_active=False)
    settings.STORE_CURRENCY = "JPY"
    named = {CURRENCY: [f"offer {offer.pk}: priced in EUR, which is not the shop's JPY; nobody can buy it"]}
    book = {BEST: [f"book {offer.book_id}: price 10.00, in stock True; its offers say 0, False"]}
    assert faults() == named | book
    call_command("reread_books", stdout=StringIO())
    assert faults() == named


def test_movement_that_says_another_stock_is_found():
    offer = OfferFactory(stock_quantity=3)
    StockMovement.objects.update(stock_after=4)
    assert faults() == {LAST: [f"offer {offer.pk}: stock 3, its last movement left 4"]}


@pytest.mark.parametrize(
    ("price", "in_stock", "line"),
    [
        (None, False, "price 0, in stock False; its offers say 10.00, True"),
        (Decimal("9.00"), True, "price 9.00, in stock True; its offers say 10.00, True"),
        (Decimal("10.00"), False, "price 10.00, in stock False; its offers say 10.00, True"),
    ],
)
def test_book_that_says_otherwise_than_its_best_offer_is_found(price: Decimal | None, in_stock: bool, line: str):
    book = OfferFactory(price=Decimal("10.00")).book
    OfferFactory(book=book, price=Decimal("9.00"), stock_quantity=0)
    Book.objects.update(price=price, in_stock=in_stock)
    assert faults() == {BEST: [f"book {book.pk}: {line}"]}


def test_price_of_a_book_that_nobody_offers_is_found():
    book = BookFactory()
    Book.objects.update(price=Decimal("9.00"))
    assert faults() == {BEST: [f"book {book.pk}: price 9.00, in stock False; its offers say 0, False"]}


def test_active_offer_of_an_archived_book_is_found():
    offer = OfferFactory()
    Book.objects.update(archived_at=timezone.now(), price=None, in_stock=False)
    assert faults()[ARCHIVED] == [f"offer {offer.pk}: active, its book {offer.book_id} is archived"]


def test_command_prints_every_check_and_exits_with_1_where_one_fails():
    offer = OfferFactory(stock_quantity=3)
    out = StringIO()
    call_command("audit", stdout=out)
    assert f"ok    {SUM}\n" in out.getvalue() and "FAULT" not in out.getvalue()
    StockMovement.objects.update(stock_after=4)
    with pytest.raises(CommandError) as failed:
        call_command("audit", stdout=out)
    assert (str(failed.value), failed.value.returncode) == ("1 rows are at fault.", 1)
    assert f"FAULT {LAST}\n      offer {offer.pk}: stock 3, its last movement left 4\n" in out.getvalue()
