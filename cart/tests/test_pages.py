"""The cart's page and the buttons that lead into it."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.web.tests.browser import PHONE, Visit, assert_accessible, assert_fits
from cart import services
from cart.models import Cart, CartItem, CartStatus
from cart.services import Shopper
from catalog import services as catalogue
from catalog.models import Offer
from catalog.tests.factories import BookFactory, OfferFactory

pytestmark = pytest.mark.django_db


def add(client: Client, offer: Offer, **more: Any) -> Any:
    return client.post(
        "/cart/add/", {"book_id": offer.book_id, **more}, headers={"Referer": "http://testserver/books/"}
    )


def copies() -> list[int]:
    return list(CartItem.objects.order_by("pk").values_list("quantity", flat=True))


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(book=BookFactory(title="Middlemarch"), stock_quantity=9)


def test_a_book_is_added_and_the_reader_stays_where_they_were(client, offer):
    response = add(client, offer)
    assert (response.status_code, response["Location"]) == (302, "http://testserver/books/")
    assert client.cookies["cart"].value
    page = client.get("/cart/").text
    assert "Middlemarch" in page
    assert "“Middlemarch” is in your cart." in page


def test_a_double_click_adds_once_and_another_button_again(client, offer):
    add(client, offer)
    for key in ("k1", "k1", "k2"):
        add(client, offer, key=key)
    assert copies() == [3]


def test_the_form_of_a_page_needs_its_token_and_its_own_site(offer):
    strict = Client(enforce_csrf_checks=True)
    assert add(strict, offer).status_code == 403
    stranger = Client(headers={"Sec-Fetch-Site": "cross-site"})
    add(stranger, offer)
    assert "This request came from another site." in stranger.get("/books/").text
    assert copies() == []


@pytest.mark.parametrize(
    "body", [{}, {"book_id": "x"}, {"book_id": "99999999999999999999"}, {"book_id": "1", "quantity": "0"}]
)
def test_nonsense_adds_nothing(client, body):
    assert client.post("/cart/add/", body).status_code == 302
    assert copies() == []


def test_what_is_refused_is_said_where_the_reader_was(client, offer):
    add(client, offer, quantity=20)
    add(client, offer)
    assert "So many copies do not go into a cart." in client.get("/books/").text
    assert copies() == [20]


def test_copies_are_changed_by_number_and_by_button(client, offer):
    add(client, offer)
    line = CartItem.objects.get().pk
    for body, quantity in (({"quantity": "5"}, 5), ({"quantity": "5", "to": "6"}, 6), ({"to": "1"}, 1)):
        assert client.post(f"/cart/items/{line}/", body).status_code == 302
        assert copies() == [quantity]
    client.post(f"/cart/items/{line}/", {"quantity": "21"})
    assert copies() == [1]


def test_what_was_taken_out_can_be_put_back(client, offer):
    add(client, offer, quantity=3)
    response = client.post(f"/cart/items/{CartItem.objects.get().pk}/remove/", follow=True)
    assert "“Middlemarch” was taken out." in response.text
    assert copies() == []
    removed = response.context["removed"]
    add(client, removed["offer"], offer_id=removed["offer"].pk, quantity=removed["copies"])
    assert copies() == [3]


def test_anothers_line_is_not_touched(client, offer):
    item = services.add_item(Shopper(user_id=UserFactory().pk), offer.book_id)
    for path in (f"/cart/items/{item.pk}/", f"/cart/items/{item.pk}/remove/"):
        client.post(path, {"quantity": "7"})
    assert copies() == [1]


def test_the_page_says_that_a_price_is_in_another_currency_now(client, settings):
    offer = OfferFactory(price=Decimal(10))
    add(client, offer, quantity=1)
    settings.STORE_CURRENCY = "USD"
    catalogue.change_offer(offer.pk, price=Decimal(10))
    assert "Was €10.00, is now $10.00." in client.get("/cart/").text


def test_the_page_says_what_changed(client):
    risen, fallen, short, sold_out, gone = (OfferFactory(stock_quantity=9, price=Decimal(10)) for _each in range(5))
    for each in (risen, fallen, short, sold_out, gone):
        add(client, each, quantity=3)
    catalogue.change_offer(risen.pk, price=Decimal(12))
    catalogue.change_offer(fallen.pk, price=Decimal(8))
    catalogue.set_stock(short.pk, 2)
    catalogue.set_stock(sold_out.pk, 0)
    catalogue.change_offer(gone.pk, is_active=False)
    page = client.get("/cart/").text
    for words in [
        "Was €10.00, is now €12.00.",
        "Was €10.00, is now €8.00.",
        "Only 2 copies are left.",
        "Sold out since",
    ]:
        assert words in page
    assert "No longer offered." in page
    assert "2 prices have changed" in page


def test_a_cart_that_is_paid_for_shows_no_way_to_change_it(client, offer):
    add(client, offer)
    Cart.objects.update(status=CartStatus.LOCKED)
    page = client.get("/cart/").text
    assert "being paid for" in page
    assert "/remove/" not in page


def test_the_page_tells_of_a_merge_and_undoes_it(client, offer):
    UserFactory(email="ada@example.com", password=PASSWORD)
    add(client, offer, quantity=2)
    client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    assert "We added 1 saved book to your cart." in client.get("/cart/").text
    client.post("/cart/undo-merge/")
    assert copies() == []
    assert "saved book" not in client.get("/cart/").text


def test_the_header_counts_copies_and_pages_without_a_cart_ask_nothing(client, offer):
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert not [query for query in queries if "cart_" in query["sql"]]
    add(client, offer, quantity=4)
    assert '<span class="badge">4' in client.get("/").text


# In a browser


@pytest.mark.browser
@pytest.mark.parametrize("javascript", [True, False])
def test_a_guest_fills_changes_and_empties_the_cart(visit: Visit, offer: Offer, javascript: bool) -> None:
    page = visit(offer.book.get_absolute_url(), javascript=javascript)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_text("“Middlemarch” is in your cart.")).to_be_visible()
    expect(page.get_by_role("link", name="Cart 1 copy")).to_be_visible()
    page.get_by_role("link", name="Cart 1 copy").click()
    page.get_by_role("button", name="One copy more of Middlemarch").click()
    expect(page.get_by_role("link", name="Cart 2 copies")).to_be_visible()
    page.get_by_role("button", name="Take out Middlemarch").click()
    expect(page.get_by_text("Your cart is empty.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Cart 2 copies")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Copies of Middlemarch")).to_have_value("2")


@pytest.mark.browser
def test_a_typed_number_counts_at_once_and_a_refusal_is_told(visit: Visit, offer: Offer) -> None:
    client = Client()
    add(client, offer)
    page = visit("/cart/", client=client)
    page.get_by_role("spinbutton").fill("3")
    page.get_by_role("spinbutton").press("Enter")
    expect(page.get_by_role("link", name="Cart 3 copies")).to_be_visible()
    catalogue.change_offer(offer.pk, is_active=False)
    page.get_by_role("button", name="One copy more").click()
    expect(page.get_by_text("This offer no longer stands.")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_cart_full_of_news_is_accessible_and_fits_a_phone(visit: Visit, offer: Offer, scheme: str) -> None:
    user = UserFactory()
    risen, gone = (
        OfferFactory(stock_quantity=2),
        OfferFactory(book=BookFactory(title="Long" * 60, authors=["Name " * 40])),
    )
    for each in (offer, risen, gone):
        services.add_item(Shopper(user_id=user.pk), each.book_id)
    catalogue.change_offer(risen.pk, price=Decimal(99))
    catalogue.change_offer(gone.pk, is_active=False)
    page = visit("/cart/", user=user, scheme=scheme, viewport=PHONE)
    assert_accessible(page)
    assert_fits(page)
