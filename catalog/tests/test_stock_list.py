"""The stock in the admin's list of books, changed in place; and forms of the admin that are sent twice."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import StaffFactory
from bookstore.core.tests.racing import failures, race
from catalog import services
from catalog.models import Book, Offer, StockMovement
from catalog.tests.admin_forms import open_form
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory

pytestmark = pytest.mark.django_db

BOOKS = "/admin/catalog/book/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory(email="staff@example.com"))
    client.get("/admin/")
    return client


@pytest.fixture
def own() -> Offer:
    return OfferFactory(seller=services.store_seller(), book=BookFactory(title="Emma"), stock_quantity=5)


def save(client: Client, typed: dict[Offer, str], *, key: str = "a", query: str = "") -> Any:
    rows = {f"stock-{offer.pk}": text for offer, text in typed.items()}
    return client.post(BOOKS + query, {"form_key": key, "save_stock": "1", **rows})


def stock(*offers: Offer) -> list[int]:
    return [Offer.objects.get(pk=offer.pk).stock_quantity for offer in offers]


def test_the_list_shows_the_stores_own_stock_and_changes_it_by_differences(staff: Client, own: Offer) -> None:
    OfferFactory(book=own.book, stock_quantity=9)
    other = OfferFactory(seller=own.seller, stock_quantity=1)
    (row,) = [book for book in staff.get(BOOKS).context["cl"].result_list if book == own.book]
    assert row.own_stock["offer"] == own
    services.take_stock({own.pk: 2}, order_number="A-1")
    answer = save(staff, {own: "+3", other: "\N{MINUS SIGN}1"}, query="?genre=1")
    assert (answer.status_code, answer.url) == (302, f"{BOOKS}?genre=1")
    assert stock(own, other) == [6, 0]
    movement = StockMovement.objects.first()
    assert (movement.reason, movement.actor.email) == ("CORRECTED", "staff@example.com")


@pytest.mark.parametrize("wrong", ["-9", "many", "1.5", "9" * 5000, "+2000000"])
def test_what_is_refused_stands_in_the_list_again_and_nothing_is_changed(staff: Client, own: Offer, wrong: str) -> None:
    other = OfferFactory(seller=own.seller, stock_quantity=1)
    page = save(staff, {own: wrong, other: "+2"})
    assert page.status_code == 200
    assert stock(own, other) == [5, 1]
    typed = {book.pk: book.own_stock["typed"] for book in page.context["cl"].result_list}
    assert typed == {own.book_id: wrong, other.book_id: "+2"}


def test_the_book_with_too_few_copies_is_named_beside_its_field(staff: Client, own: Offer) -> None:
    other = OfferFactory(seller=own.seller, stock_quantity=1)
    page = save(staff, {own: "-9", other: "+2"})
    errors = {book.pk: book.own_stock["error"] for book in page.context["cl"].result_list}
    assert errors == {own.book_id: "There are only 5.", other.book_id: ""}


def test_an_offer_that_is_gone_is_said_to_be_gone(staff: Client, own: Offer) -> None:
    page = staff.post(BOOKS, {"form_key": "a", "save_stock": "1", "stock-99999": "+1", "stock-x": "+1", "stock-": "1"})
    assert [str(message) for message in page.context["messages"]] == ["There is no such offer."]


def test_the_same_list_sent_twice_changes_the_stock_once(staff: Client, own: Offer) -> None:
    assert [save(staff, {own: "+3"}).status_code for _time in range(2)] == [302, 302]
    assert stock(own) == [8]
    save(staff, {own: "+3"}, key="another")
    assert stock(own) == [11]


def test_who_may_not_change_offers_sees_the_stock_and_no_field(client: Client, own: Offer) -> None:
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_book"))
    client.force_login(clerk)
    page = client.get(BOOKS)
    assert 'class="own-stock"' in page.text
    assert f'name="stock-{own.pk}"' not in page.text
    assert save(client, {own: "+3"}).status_code == 403
    assert stock(own) == [5]


def test_the_queries_of_the_list_do_not_grow_with_every_filter_set(staff: Client) -> None:
    seller, counts = services.store_seller(), []
    query = f"?seller={seller.pk}&publisher=lan&price_from=1&price_to=20&cover=none&in_stock__exact=1&format__exact="
    for size in (1, 8):
        for _number in range(size):
            book = BookFactory(publisher="Lantern", genre=GenreFactory())
            OfferFactory(book=book, seller=seller)
        with CaptureQueriesContext(connection) as queries:
            shown = staff.get(BOOKS + query).context["cl"].result_list
        counts.append(len(queries))
    assert len(shown) == 9
    assert counts[0] == counts[1] <= 12


# Finding


@pytest.mark.parametrize(
    "query",
    [
        "?publisher=LANT", "?cover=none&publisher=lantern", "?price_from=9.99&price_to=10", "?in_stock__exact=low",
        "?in_stock__exact=1&price_to=10", "?price_from=abc&price_to=10", "?seller={seller}",
    ],
)  # fmt: skip
def test_books_are_found_by_publisher_price_seller_stock_and_cover(staff: Client, query: str) -> None:
    few = OfferFactory(book=BookFactory(title="Wanted", publisher="Lantern"), stock_quantity=2, price=Decimal("10.00"))
    other = BookFactory(title="Other", publisher="Old Lantern", cover_image_url="https://c.example/1.jpg")
    OfferFactory(book=other, stock_quantity=50, price=Decimal("10.01"))
    services.withdraw_offer(OfferFactory(book=other, seller=few.seller, stock_quantity=50).pk)
    shown = staff.get(BOOKS + query.format(seller=few.seller_id)).context["cl"].result_list
    assert [book.title for book in shown] == ["Wanted"]


@pytest.mark.parametrize("query", ["?seller=abc", "?seller=99999999999999999999", "?price_from=NaN", "?cover=x"])
def test_what_is_no_filter_is_as_good_as_none(staff: Client, query: str) -> None:
    book = BookFactory()
    assert list(staff.get(BOOKS + query).context["cl"].result_list) == [book]


# Forms that are sent twice


def form_of(staff: Client, offer: Offer) -> dict[str, Any]:
    page = f"{BOOKS}{offer.book_id}/change/"
    key = staff.get(page).context["form_key"]
    return {**open_form(staff, page), "form_key": key}


def test_a_books_form_sent_twice_adds_its_copies_once(staff: Client, own: Offer) -> None:
    page = f"{BOOKS}{own.book_id}/change/"
    form = {**form_of(staff, own), "offers-0-stock_change": "+3"}
    assert [staff.post(page, form).status_code for _time in range(2)] == [302, 302]
    assert stock(own) == [8]
    staff.post(page, {**form, "offers-0-stock_change": "+4"})
    assert stock(own) == [12]


def test_a_form_that_was_refused_counts_once_it_is_mended(staff: Client, own: Offer) -> None:
    page = f"{BOOKS}{own.book_id}/change/"
    form = {**form_of(staff, own), "title": "Changed", "offers-0-stock_change": "-9"}
    assert staff.post(page, form).status_code == 200
    assert (stock(own), Book.objects.get(pk=own.book_id).title) == ([5], "Emma")
    services.receive_stock(own.pk, 5)
    assert staff.post(page, form).status_code == 302
    assert (stock(own), Book.objects.get(pk=own.book_id).title) == ([1], "Changed")


def test_a_new_book_sent_twice_is_added_once(staff: Client) -> None:
    form = {**open_form(staff, f"{BOOKS}add/"), "form_key": "a", "title": "Emma", "format": "OTHER"}
    assert [staff.post(f"{BOOKS}add/", form).status_code for _time in range(2)] == [302, 302]
    assert Book.objects.count() == 1


def staff_member() -> Client:
    client = Client()
    client.force_login(StaffFactory())
    client.get("/admin/")
    return client


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_four_times_at_once_counts_once() -> None:
    own, client = OfferFactory(seller=services.store_seller(), stock_quantity=5), staff_member()
    page, form = f"{BOOKS}{own.book_id}/change/", {**form_of(client, own), "offers-0-stock_change": "+3"}
    acts = [partial(client.post, page, form), partial(save, client, {own: "+1"})] * 2
    outcomes = race(*acts)
    assert failures(outcomes) == []
    assert {answer.status_code for answer in outcomes} == {302}
    assert stock(own) == [9]


@pytest.mark.django_db(transaction=True)
def test_control_without_its_key_each_form_counts() -> None:
    own, client = OfferFactory(seller=services.store_seller(), stock_quantity=5), staff_member()
    page, form = f"{BOOKS}{own.book_id}/change/", {**form_of(client, own), "offers-0-stock_change": "+3"}
    assert failures(race(*[partial(client.post, page, {**form, "form_key": ""})] * 2)) == []
    assert stock(own) == [11]
