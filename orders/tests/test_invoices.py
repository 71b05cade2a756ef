"""Invoices: their numbers, what they say, and how they are drawn."""

from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError
from pypdf import PdfReader

from accounts.services import close_account
from bookstore.core import advisory
from bookstore.core.tests.racing import failures, meeting, race
from catalog.tests.factories import BookFactory, SellerFactory
from orders.exceptions import OrderNotPaid
from orders.invoicing import Sum, content_of
from orders.invoicing.pdf import CHINESE, pdf_of, runs
from orders.jobs import tell_shopper
from orders.models import Invoice, Order
from orders.services import CheckoutRequest, check_out, deliver_order, invoices, issue_invoice, refund_order, ship_order
from orders.services.invoices import newest_invoices
from orders.tests.factories import ADDRESS, IS_DECLINED, bought, jobs, offer_of, shopper_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings: Any) -> None:
    settings.STORE_NAME, settings.STORE_ADDRESS = "Quire Books", "2 Shelf Lane | 10117 Berlin"
    settings.STORE_TAX_ID = "DE 123"
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal("7"), Decimal("4.95")


@pytest.fixture
def order() -> Order:
    book = BookFactory(title="Middlemarch", authors=["George Eliot"], isbn="9780141439549")
    return bought(offer_of(5, "12.50", book=book), quantity=2, shipping_address=ADDRESS)


def text_of(order: Order) -> str:
    pages = PdfReader(BytesIO(pdf_of(content_of(issue_invoice(order))))).pages
    return "\n".join(page.extract_text() for page in pages)


# Numbers


def test_numbers_follow_one_another_and_an_order_has_one(order):
    other = bought(offer_of())
    numbers = [issue_invoice(each).number for each in (order, other, order)]
    assert (numbers, Invoice.objects.count()) == ([1, 2, 1], 2)


def test_a_job_writes_the_invoice_of_every_order_that_was_paid(order):
    (job,) = jobs("tell_shopper")
    tell_shopper(**job)
    assert Invoice.objects.get().order == order


def test_there_is_none_for_what_was_not_paid():
    order = check_out(shopper_with(offer_of()), CheckoutRequest(means=IS_DECLINED)).order
    for job in jobs("tell_shopper"):
        tell_shopper(**job)
    with pytest.raises(OrderNotPaid):
        issue_invoice(order)
    assert Invoice.objects.count() == 0


def six_invoices_at_once(*, is_locking: bool) -> list[Any]:
    """Let six who write an invoice wait for one another once they know the newest number; return what became of it."""
    orders, meet = [bought(offer_of()) for _each in range(6)], meeting(6, is_locking=is_locking)

    def read_and_meet() -> list[Invoice]:
        newest = newest_invoices()
        meet()
        return newest

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(invoices, "newest_invoices", read_and_meet)
        if not is_locking:
            patch.setattr(advisory, "lock", lambda names: None)
        return race(*(partial(issue_invoice, order) for order in orders))


@pytest.mark.django_db(transaction=True)
def test_invoices_at_once_leave_no_gap():
    assert failures(six_invoices_at_once(is_locking=True)) == []
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_five_find_their_number_taken():
    assert failures(six_invoices_at_once(is_locking=False)) == [IntegrityError] * 5


@pytest.mark.django_db(transaction=True)
def test_one_order_asked_for_at_once_has_one_invoice():
    order = bought(offer_of())
    outcomes = race(*[partial(issue_invoice, order)] * 6)
    assert [invoice.number for invoice in outcomes] == [1] * 6
    assert issue_invoice(bought(offer_of())).number == 2


# Content


def test_it_says_who_sold_what_to_whom_and_what_of_it_is_tax(order):
    content = content_of(issue_invoice(order))
    assert content.issuer == ["Quire Books", "2 Shelf Lane", "10117 Berlin", "DE 123"]
    assert content.recipient == ["Ada Reader", "1 Page Street", "10115 Berlin", "Germany"]
    (line,) = content.lines
    assert (line.title, line.quantity, line.unit_price, line.total) == ("Middlemarch", 2, "€12.50", "€25.00")
    assert content.sums == [
        Sum("Books", "€25.00"),
        Sum("Delivery", "€4.95"),
        Sum("Total, paid", "€29.95", is_total=True),
        Sum("Tax contained, 7 %", "€1.96"),
    ]


def test_without_tax_there_is_no_word_of_it(settings):
    settings.TAX_RATE = Decimal(0)
    assert [each.label for each in content_of(issue_invoice(bought(offer_of()))).sums] == [
        "Books",
        "Delivery",
        "Total, paid",
    ]


def test_refunds_stand_below(order):
    invoice = issue_invoice(order)
    refund_order(order.pk, actor=None, amount=Decimal("5.00"))
    first, left = content_of(invoice).refunds
    assert (first.amount, left) == ("−€5.00", Sum("Paid, less refunds", "€24.95", is_total=True))


def test_sellers_are_named_where_they_are_not_the_shop(order):
    theirs = bought(offer_of(seller=SellerFactory(name="Second Shelf")))
    assert content_of(issue_invoice(theirs)).lines[0].details[-1] == "Sold by Second Shelf"


def test_the_shop_may_move_and_the_invoice_stays(order, settings):
    invoice = issue_invoice(order)
    settings.STORE_ADDRESS = "Elsewhere"
    assert content_of(Invoice.objects.get(pk=invoice.pk)).issuer[1] == "2 Shelf Lane"


def test_who_has_closed_the_account_is_named_no_more(order):
    invoice = issue_invoice(order)
    ship_order(order.pk, actor=None)
    deliver_order(order.pk, actor=None)
    close_account(order.user)
    assert content_of(invoice).recipient == []
    assert "Ada" not in text_of(order)


# PDF


def test_the_pdf_says_all_of_it(order):
    refund_order(order.pk, actor=None, amount=Decimal("5.00"))
    text = text_of(order)
    for words in (
        "Invoice 1",
        order.number,
        "Ada Reader",
        "2 Shelf Lane",
        "DE 123",
        "Middlemarch",
        "George Eliot",
        "978-0-14-143954-9",
        "€12.50",
        "€25.00",
        "€29.95",
        "€1.96",
        "€24.95",
    ):
        assert words in text


@pytest.mark.parametrize(
    "title", ["Війна і мир", "Οδύσσεια", "Zażółć gęślą jaźń", "Tom & <b>Jerry</b> &amp; Co", "雪国 Snow"]
)
def test_titles_in_other_scripts_stand_in_the_pdf(title):
    assert title in text_of(bought(offer_of(book=BookFactory(title=title))))


def test_asian_letters_are_drawn_with_the_readers_own_fonts():
    assert runs("三体 One") == [(CHINESE, "三体"), ("", " One")]
    assert runs("ノルウェイの森") == [("HeiseiKakuGo-W5", "ノルウェイの森")]
    assert runs("채식주의자") == [("HYGothic-Medium", "채식주의자")]


def test_long_titles_and_long_orders_take_as_many_pages_as_they_need():
    offers = [offer_of(book=BookFactory(title="Unbreakable" * 40)) for _each in range(12)]
    invoice = issue_invoice(bought(*offers))
    pages = PdfReader(BytesIO(pdf_of(content_of(invoice)))).pages
    assert len(pages) > 1
    assert all("Copies" in page.extract_text() for page in pages[:-1])
