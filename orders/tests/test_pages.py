"""Orders and invoices as their shoppers see them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services import add_address
from accounts.tests.factories import UserFactory
from catalog import services as catalogue
from catalog.models import Offer
from orders.models import Invoice, Order, OrderStatus, PaymentStatus
from orders.payment import Means
from orders.services import CheckoutRequest, check_out, reserve, ship_order
from orders.tests.factories import ADDRESS, fill, offer_of, paying

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(ada: User, offer: Offer, settings: Any) -> Order:
    settings.TAX_RATE, settings.SHIPPING_RATE = Decimal(7), Decimal("4.95")
    fill(ada, offer, quantity=2)
    return check_out(ada, paying(shipping_address=ADDRESS)).order


def test_an_order_shows_what_was_bought_and_what_became_of_it(client, order, offer):
    ship_order(order.pk, actor=None, carrier="DHL", tracking="0034 0434")
    catalogue.change_offer(offer.pk, price=Decimal("99.00"))
    text = client.get(f"/orders/{order.number}/").text
    for words in [
        "Your books are on their way",
        "DHL",
        "0034 0434",
        "Middlemarch",
        "€25.00",
        "€4.95",
        "€29.95",
        "€1.96",
    ]:
        assert words in text
    for words in ["1 Page Street", "10115 Berlin", "Germany", "Placed", "Paid", "Shipped"]:
        assert words in text
    assert "€99.00" not in text


def test_a_book_that_is_gone_is_shown_as_bought_without_a_link(client, order, offer):
    address = offer.book.get_absolute_url()
    assert address in client.get(f"/orders/{order.number}/").text
    catalogue.archive_book(offer.book_id)
    text = client.get(f"/orders/{order.number}/").text
    assert "Middlemarch" in text
    assert address not in text


def test_a_pending_order_looks_again_ever_more_rarely_and_not_for_ever(client, ada, cart):
    order = reserve(ada, paying()).order
    looks = []
    for minutes in (0, 5, 20):
        Order.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))
        looks.append(client.get(order.get_absolute_url()).context["next_look"])
    assert looks == [2, 15, None]


PATHS = ["", "cancel/", "again/", "invoice/", "invoice.pdf"]


@pytest.mark.parametrize("path", PATHS)
def test_anothers_order_is_not_found_and_a_strangers_way_is_to_sign_in(client, order, path):
    address = f"/orders/{order.number}/{path}"
    ask = Client.post if path in {"cancel/", "again/"} else Client.get
    assert ask(Client(), address)["Location"] == f"/accounts/login/?next={address}"
    client.force_login(UserFactory())
    assert ask(client, address).status_code == 404
    assert client.get("/orders/").context["page"].items == []


@pytest.mark.parametrize("number", ["0000-0000-0000", "x" * 300, "٣"])
def test_an_order_that_is_none_is_not_found(client, ada, number):
    assert client.get(f"/orders/{number}/").status_code == 404


def test_an_order_is_cancelled_once(client, order, offer):
    page = client.post(f"/orders/{order.number}/cancel/", follow=True)
    assert "The order is cancelled. €29.95 goes back to you." in page.text
    assert "This order is cancelled" in page.text
    client.post(f"/orders/{order.number}/cancel/")
    assert "This order can no longer be cancelled." in client.get("/orders/").text
    offer.refresh_from_db()
    assert offer.stock_quantity == 5


def test_an_order_that_is_sent_offers_no_way_to_cancel(client, order):
    assert "Cancel the order" in client.get(order.get_absolute_url()).text
    ship_order(order.pk, actor=None)
    assert "Cancel the order" not in client.get(order.get_absolute_url()).text


def test_buying_again_says_what_could_not_be_put_into_the_cart(client, ada, order, offer):
    page = client.post(f"/orders/{order.number}/again/", follow=True)
    assert "Everything is in your cart once more." in page.text
    catalogue.change_offer(offer.pk, is_active=False)
    page = client.post(f"/orders/{order.number}/again/", follow=True)
    assert "These could not be put into the cart: “Middlemarch”." in page.text


def test_orders_come_newest_first_in_pages(client, ada):
    for number in range(11):
        make_order(ada, number)
    assert [order.total_price for order in client.get("/orders/").context["page"].items][:2] == [11, 10]
    assert [order.total_price for order in client.get("/orders/?page=2").context["page"].items] == [1]
    for page in ("3", "0", "x", "9" * 30):
        assert client.get("/orders/", {"page": page}).status_code == 404


def make_order(user: User, number: int) -> Order:
    total = Decimal(number + 1)
    return Order.objects.create(
        user=user,
        status=OrderStatus.CONFIRMED,
        payment_status=PaymentStatus.SUCCEEDED,
        items_total=total,
        shipping_total=0,
        tax_rate=0,
        tax_total=0,
        total_price=total,
        currency="EUR",
        payment_provider="mock",
    )


def test_who_has_bought_nothing_is_told_so(client, ada):
    assert "You have not ordered anything yet." in client.get("/orders/").text
    assert 'href="/orders/"' in client.get("/accounts/").text


@pytest.mark.parametrize(
    "path", ["/checkout/", "/orders/", "/orders/{}/", "/orders/{}/invoice/", "/orders/{}/invoice.pdf"]
)
def test_nobody_on_the_way_keeps_a_page(client, order, path):
    kept = client.get(path.format(order.number))["Cache-Control"]
    assert {"private", "no-store"} <= set(kept.split(", "))


def test_queries_do_not_grow_with_lines_orders_or_addresses(client, ada, order):
    counts = {}
    client.get("/checkout/")
    for _round in range(2):
        fill(ada, *(offer_of() for _line in range(3)))
        more = check_out(ada, paying(shipping_address=ADDRESS)).order
        fill(ada, *(offer_of() for _line in range(2 + 3 * len(counts))))
        add_address(ada, **ADDRESS)
        for path in ("/checkout/", "/orders/", more.get_absolute_url()):
            name = path if "-" not in path else "order"
            with CaptureQueriesContext(connection) as asked:
                assert client.get(path).status_code == 200
            counts.setdefault(name, []).append(len(asked))
    assert all(first == second for first, second in counts.values()), counts


# Invoices


def test_an_invoice_is_a_page_and_a_pdf_with_one_number(client, order):
    page = client.get(f"/orders/{order.number}/invoice/").text
    pdf = client.get(f"/orders/{order.number}/invoice.pdf")
    invoice = Invoice.objects.get()
    assert f"Invoice {invoice.number}" in page
    assert "Middlemarch" in page
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert pdf["Content-Disposition"] == f'inline; filename="invoice-{invoice.number}.pdf"'


def test_there_is_no_invoice_for_what_was_not_paid(client, ada, cart):
    order = check_out(ada, CheckoutRequest(means=Means("tok_declined"))).order
    for path in ("invoice/", "invoice.pdf"):
        response = client.get(f"/orders/{order.number}/{path}")
        assert response.status_code == 409
        assert "only for an order that was paid" in response.text
    assert not Invoice.objects.exists()
