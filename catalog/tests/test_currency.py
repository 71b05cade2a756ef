"""What becomes of a shop whose currency is changed: no old price is shown or sold, and each is stated anew."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core.models import Change
from catalog import services
from catalog.bulk import BulkChange, BulkKind
from catalog.exporting import OFFER_COLUMNS, offer_rows
from catalog.importing import Request, run_import
from catalog.models import Book, Offer
from catalog.services import OfferTerms
from catalog.services.ledger import Cause
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking.models import Prebook, PrebookStatus
from prebooking.services import create_prebook

pytestmark = pytest.mark.django_db

TWELVE = Decimal("12.00")


@pytest.fixture
def old(settings: Any) -> Offer:
    """An offer of 3 copies for 10.00 EUR, in a shop whose currency is USD by now; its book was read anew."""
    offer = OfferFactory(book=BookFactory(isbn="9780261103283"), seller=services.store_seller())
    settings.STORE_CURRENCY = "USD"
    assert services.reread_books() == 1
    return offer


def terms(offer: Offer) -> tuple[str, str]:
    offer.refresh_from_db()
    return str(offer.price), offer.currency


def shown(offer: Offer) -> tuple[Decimal | None, bool]:
    book = Book.objects.get(pk=offer.book_id)
    return book.price, book.in_stock


def by_withdrawing(offer: Offer) -> None:
    services.withdraw_offer(offer.pk)
    services.create_offer(offer.book_id, offer.seller_id, price=TWELVE, stock_quantity=3)


def by_bulk(offer: Offer) -> None:
    services.start_bulk_change(BulkChange(kind=BulkKind.PRICE, percent=Decimal(20), key="key"), [offer.pk])


DOORS: dict[str, Callable[[Offer], Any]] = {
    "change": lambda offer: services.change_offer(offer.pk, price=TWELVE),
    "many": lambda offer: services.change_prices({offer.pk: TWELVE}),
    "book": lambda offer: services.update_book(offer.book_id, {}, price=TWELVE),
    "put": lambda offer: services.put_offers([OfferTerms(offer.book_id, offer.seller_id, TWELVE)], Cause("COUNTED")),
    "withdrawn": by_withdrawing,
    "bulk": by_bulk,
}


@pytest.mark.parametrize("door", DOORS)
def test_a_price_that_is_stated_is_in_the_shop_s_currency_and_the_book_is_for_sale_again(old: Offer, door: str):
    assert shown(old) == (None, False)
    DOORS[door](old)
    assert (terms(old), shown(old)) == (("12.00", "USD"), (TWELVE, True))


def test_the_same_number_is_another_price_and_the_trail_says_so(old: Offer):
    services.change_offer(old.pk, price=Decimal("10.00"))
    assert (terms(old), shown(old)) == (("10.00", "USD"), (Decimal("10.00"), True))
    assert Change.objects.about([old]).newest_first()[0].values == {"currency": ["EUR", "USD"]}


def test_what_states_no_price_leaves_it_in_its_currency(old: Offer):
    services.change_offer(old.pk, stock_quantity=7)
    services.put_offers([OfferTerms(old.book_id, old.seller_id, None, 8)], Cause("COUNTED"))
    services.switch_offers([old.pk], is_active=False)
    services.switch_offers([old.pk], is_active=True)
    assert (terms(old), shown(old)) == (("10.00", "EUR"), (None, False))


def test_a_book_s_price_comes_only_from_offers_in_the_shop_s_currency(old: Offer):
    OfferFactory(book=old.book, price=Decimal("15.00"), stock_quantity=1)
    services.set_stock(old.pk, 9)
    assert shown(old) == (Decimal("15.00"), True)


def test_who_prebooked_is_told_when_the_price_is_stated_anew(old: Offer):
    prebook = create_prebook(UserFactory(), old.book_id)
    services.change_offer(old.pk, price=TWELVE)
    assert Prebook.objects.get(pk=prebook.pk).status == PrebookStatus.NOTIFIED
    assert list(old.movements.order_by("pk").values_list("delta", "reason")) == [(3, "COUNTED"), (0, "SWITCHED_ON")]


def test_an_old_price_is_shown_nowhere(old: Offer, client: Client):
    book = client.get(f"/api/v1/books/{old.book_id}").json()
    assert (book["price"], book["stock_quantity"], book["in_stock"], book["offers"]) == (None, 0, False, [])
    mine = client.get("/api/v1/books", {"seller": old.seller.slug}).json()
    assert mine["items"] == []
    assert "10.00" not in client.get(old.book.get_absolute_url()).content.decode()
    added = client.post(
        "/api/v1/cart/items", {"book_id": old.book_id}, "application/json", headers={"X-Cart-Token": "new"}
    )
    assert (added.status_code, added.json()["code"]) == (409, "CART_BOOK_OUT_OF_STOCK")


@pytest.mark.parametrize(
    ("cells", "after"),
    [(("10.00", ""), ("10.00", "USD")), (("", "5"), ("10.00", "EUR")), (("12.00", "5"), ("12.00", "USD"))],
)
def test_an_imported_price_is_in_the_shop_s_currency_and_copies_alone_state_none(
    old: Offer, tmp_path: Path, cells: tuple[str, str], after: tuple[str, str]
):
    file = tmp_path / "offers.csv"
    file.write_text(f"isbn,price,stock_quantity\n{old.book.isbn},{cells[0]},{cells[1]}\n")
    call_command("import_books", str(file), only="offers", verbosity=0)
    assert terms(old) == after
    assert Offer.objects.get().stock_quantity == int(cells[1] or 3)


def test_a_preview_of_an_import_names_the_currency_that_changes(old: Offer, tmp_path: Path):
    file, told = tmp_path / "offers.csv", []
    file.write_text(f"isbn,price\n{old.book.isbn},10.00\n")
    run_import(Request(file, is_dry_run=True), tell=told.append)
    assert [(change.column, change.before, change.after) for change in told] == [("currency", "EUR", "USD")]
    assert terms(old) == ("10.00", "EUR")


def test_an_old_price_is_not_exported_as_one_of_the_shop_s(old: Offer):
    (row,) = offer_rows(Offer.objects.all(), OFFER_COLUMNS)
    assert dict(zip(OFFER_COLUMNS, row, strict=True))["price"] is None


def test_staff_see_which_prices_a_bulk_change_brings_into_the_shop_s_currency(old: Offer, client: Client):
    OfferFactory(price=Decimal("11.99"))
    client.force_login(StaffFactory())
    page = client.post("/admin/catalog/book/bulk/price/?match=", {"amount": "1.99", "rounding": "CENT"})
    assert (page.context["count"], page.context["changed"], page.context["outlook"].restated) == (2, 2, 1)
    text = page.content.decode()
    assert "1 offer is priced in a currency that the shop had before. Its new price is in USD." in text
    assert "<td>€10.00</td><td>$11.99</td>" in text


def test_of_equal_numbers_a_bulk_change_leaves_only_those_in_the_shop_s_currency(old: Offer):
    OfferFactory(price=Decimal("10.00"))
    same = BulkChange(kind=BulkKind.PRICE, percent=Decimal(0), key="key")
    outlook = services.preview_prices(Offer.objects.all(), same)
    assert (outlook.count, outlook.changed, outlook.restated) == (2, 1, 1)
    done = services.start_bulk_change(same, Offer.objects.values_list("pk", flat=True))
    assert (done.parts.get().changed, terms(old)) == (1, ("10.00", "USD"))


@pytest.mark.parametrize(("typed", "after"), [("10.00", ("10.00", "USD")), ("", ("10.00", "EUR"))])
def test_in_the_admin_the_same_number_is_stated_anew_and_an_empty_field_leaves_it(
    old: Offer, client: Client, typed: str, after: tuple[str, str]
):
    client.force_login(StaffFactory())
    url = f"/admin/catalog/offer/{old.pk}/change/"
    assert save_form(client, url, open_form(client, url), price=typed, stock_change="+1") == {}
    assert (terms(old), old.stock_quantity) == (after, 4)
