"""The list, the button of a book's page, and the way through signing in."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from accounts.tests.factories import PASSWORD, UserFactory
from bookstore.web.tests.browser import PHONE, Visit, assert_accessible, assert_fits
from cart.models import CartItem
from catalog import services as catalogue
from catalog.models import Book, Offer
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking import services
from prebooking.jobs import requeue_prebooks
from prebooking.models import Prebook
from prebooking.tests.factories import PrebookFactory

TELL_ME = "Tell me when it is back"


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(book=BookFactory(title="Middlemarch"), stock_quantity=0)


@pytest.fixture
def book(offer: Offer) -> Book:
    return offer.book


@pytest.fixture
def client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def prebook(client: Client, book: Book, **headers: str) -> Any:
    return client.post(f"/prebooks/new/{book.pk}/", headers=headers, follow=True)


def text(response: Any) -> str:
    return " ".join(response.text.replace("<strong>", "").replace("</strong>", "").split())


# The button


def test_the_button_stands_where_no_seller_has_a_copy(client, book):
    without_offers, there = BookFactory(), OfferFactory(stock_quantity=1).book
    OfferFactory(book=there, stock_quantity=0)
    shown = [TELL_ME in client.get(each.get_absolute_url()).text for each in (book, without_offers, there)]
    assert shown == [True, True, False]


def test_a_reader_prebooks_and_is_told_the_place(client, book):
    for _each in range(2):
        PrebookFactory(book=book)
    page = prebook(client, book)
    assert page.redirect_chain[-1][0] == book.get_absolute_url()
    PrebookFactory(book=book)
    assert "We will tell you when “Middlemarch” is back." in page.text
    assert "You are 3rd of 4." in text(client.get(book.get_absolute_url()))


def test_a_second_click_changes_nothing(client, book):
    for _each in range(2):
        page = prebook(client, book)
    assert "You are 1st of 1." in text(page)
    assert Prebook.objects.count() == 1


def test_a_book_that_came_back_meanwhile_is_said_to_be_there(client, offer):
    catalogue.set_stock(offer.pk, 1)
    page = client.get(f"/prebooks/new/{offer.book_id}/").text
    assert "It is back already" in page
    assert "Add to cart" in page
    assert "This book is in stock" in prebook(client, offer.book).text
    assert Prebook.objects.count() == 0


def test_who_was_told_and_came_too_late_keeps_the_place(client, user, offer):
    services.create_prebook(user, offer.book_id)
    for count in (1, 0):
        catalogue.set_stock(offer.pk, count)
    assert "has sold out again. You keep your place" in client.get(offer.book.get_absolute_url()).text
    requeue_prebooks()
    assert "You are 1st of 1." in text(client.get(offer.book.get_absolute_url()))


def test_htmx_gets_only_what_it_puts_in_place_of_the_button(client, book):
    part = prebook(client, book, HX_Request="true")
    assert "<html" not in part.text
    assert "You are 1st of 1." in text(part)
    part = client.post(f"/prebooks/{Prebook.objects.get().pk}/cancel/", headers={"HX-Request": "true"})
    assert TELL_ME in part.text
    assert Prebook.objects.get().status == "CANCELLED"


def test_signed_out_readers_are_asked_nothing_by_the_database(book):
    stranger = Client()
    with CaptureQueriesContext(connection) as queries:
        page = stranger.get(book.get_absolute_url()).text
    assert TELL_ME in page
    assert not [query for query in queries if "prebooking_" in query["sql"]]


# Through signing in


def test_a_strangers_wish_is_not_lost_on_the_way_through_signing_in(book):
    UserFactory(email="eve@example.com", password=PASSWORD)
    stranger = Client()
    door = stranger.get(f"/prebooks/new/{book.pk}/")
    assert (door.status_code, door["Location"]) == (302, f"/accounts/login/?next=/prebooks/new/{book.pk}/")
    page = stranger.post(door["Location"], {"login": "eve@example.com", "password": PASSWORD}, follow=True)
    assert TELL_ME in page.text
    assert Prebook.objects.count() == 0
    assert "You are 1st of 1." in text(prebook(stranger, book))


def test_what_a_stranger_sends_leads_to_the_door_and_nowhere_else(book):
    stranger = Client()
    cancelling = stranger.post(f"/prebooks/{PrebookFactory().pk}/cancel/")
    assert cancelling["Location"] == "/accounts/login/?next=/prebooks/"
    assert stranger.post(f"/prebooks/new/{book.pk}/").status_code == 302
    answer = stranger.post(f"/prebooks/new/{book.pk}/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"/accounts/login/?next=/prebooks/new/{book.pk}/"
    assert Prebook.objects.get().status == "WAITING"


# The list


def test_the_list_says_of_each_prebook_what_became_of_it(client, user, offer):
    PrebookFactory(book=offer.book)
    back, bought, cancelled, archived = (OfferFactory(stock_quantity=0) for _each in range(4))
    for each in (offer, back, bought, cancelled, archived):
        services.create_prebook(user, each.book_id)
    catalogue.set_stock(back.pk, 1)
    services.fulfil(user.pk, [bought.book_id])
    services.cancel_prebook(user, Prebook.objects.get(book=cancelled.book).pk)
    catalogue.archive_book(archived.book_id)
    page = text(client.get("/prebooks/"))
    for words in (
        "Waiting, 2nd of 2",
        "It is back, for €10.00",
        "Bought on",
        "Cancelled on",
        "No longer in our catalogue",
    ):
        assert words in page
    assert page.count("Add to cart") == 1
    assert page.count("/cancel/") == 3


def test_cancelling_goes_back_to_where_the_reader_was(client, user, book):
    mine = services.create_prebook(user, book.pk)
    response = client.post(
        f"/prebooks/{mine.pk}/cancel/", headers={"Referer": "http://testserver/prebooks/"}, follow=True
    )
    assert response.redirect_chain[-1][0] == "http://testserver/prebooks/"
    assert "You wait no longer for “Middlemarch”." in response.text


def test_anothers_prebook_is_not_cancelled(client):
    other = PrebookFactory()
    client.post(f"/prebooks/{other.pk}/cancel/")
    assert Prebook.objects.get().status == "WAITING"


def test_an_empty_list_says_how_it_fills_and_a_page_too_far_is_not_there(client):
    assert "You wait for no book." in client.get("/prebooks/").text
    for page in ("2", "0", "x"):
        assert client.get("/prebooks/", {"page": page}).status_code == 404


def test_queries_do_not_grow(client, user):
    client.get("/prebooks/")
    amounts = []
    for _each in range(2):
        for _number in range(3):
            PrebookFactory(book=PrebookFactory(user=user).book)
        with CaptureQueriesContext(connection) as queries:
            client.get("/prebooks/")
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]


# In a browser


@pytest.mark.browser
@pytest.mark.parametrize("javascript", [True, False])
def test_a_reader_waits_is_told_and_buys(visit: Visit, offer: Offer, user: Any, javascript: bool) -> None:
    page = visit(offer.book.get_absolute_url(), user=user, javascript=javascript)
    page.get_by_role("button", name=TELL_ME).click()
    expect(page.locator(".place")).to_contain_text("You are 1st of 1")
    page.get_by_role("button", name="Do not tell me").click()
    page.get_by_role("button", name=TELL_ME).click()
    expect(page.locator(".place")).to_contain_text("You are 1st of 1")
    catalogue.set_stock(offer.pk, 2)
    page.goto("/prebooks/")
    expect(page.get_by_text("It is back, for €10.00")).to_be_visible()
    page.get_by_role("button", name="Add to cart Middlemarch").click()
    expect(page.get_by_text("“Middlemarch” is in your cart.")).to_be_visible()
    assert CartItem.objects.get().offer_id == offer.pk


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_phone(visit: Visit, offer: Offer, user: Any, scheme: str) -> None:
    long = OfferFactory(book=BookFactory(title="Long" * 60, authors=["Name " * 40]), stock_quantity=0)
    for each in (offer, long):
        services.create_prebook(user, each.book_id)
    catalogue.set_stock(offer.pk, 1)
    for address in ("/prebooks/", long.book.get_absolute_url(), f"/prebooks/new/{long.book_id}/"):
        page = visit(address, user=user, scheme=scheme, viewport=PHONE)
        assert_accessible(page)
        assert_fits(page)
