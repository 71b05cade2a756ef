"""The delivery desk in the admin, through HTTP: scan after scan, with and without what the catalogue knows."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import StaffFactory
from bookstore.core.models import Change
from catalog import services
from catalog.models import Book, Delivery, DeliveryLine, KeptAside, Offer, StockMovement
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import BookFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db

DELIVERIES = "/admin/catalog/delivery/"
ISBN = "9780306406157"
OTHER = "9780140328721"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory())
    client.get("/admin/")  # the first page of a session notes that it is used
    return client


@pytest.fixture
def offer() -> Offer:
    book = BookFactory(title="Emma", isbn=ISBN)
    return OfferFactory(book=book, seller=services.store_seller(), stock_quantity=3)


@pytest.fixture
def delivery(offer: Offer) -> Delivery:
    return services.open_delivery(offer.seller_id, "LS 4711")


def page_of(delivery: Delivery) -> str:
    return f"{DELIVERIES}{delivery.pk}/change/"


def send(client: Client, delivery: Delivery, act: str = "scan", key: str = "", **fields: Any) -> list[tuple[str, str]]:
    """Send a form of the desk and return what it then says."""
    sent = {"form_key": key or uuid4().hex, **fields}
    answer = client.post(f"{DELIVERIES}{delivery.pk}/desk/{act}/", sent)
    assert (answer.status_code, answer.url) == (302, page_of(delivery))
    return client.get(page_of(delivery)).context["news"]


def stock(offer: Offer) -> int:
    return Offer.objects.get(pk=offer.pk).stock_quantity


def test_a_delivery_is_opened_for_the_store_or_for_another_seller(staff, offer):
    form = open_form(staff, f"{DELIVERIES}add/")
    assert form["seller"] == offer.seller_id
    assert save_form(staff, f"{DELIVERIES}add/", form, reference=" LS  1 ") == {}
    other = SellerFactory()
    assert save_form(staff, f"{DELIVERIES}add/", form, reference="LS 1", seller=other.pk) == {}
    opened = Delivery.objects.order_by("pk").values_list("seller", "reference", "opened_by", "closed_at")
    me = staff.get("/admin/").wsgi_request.user.pk
    assert list(opened) == [(offer.seller_id, "LS 1", me, None), (other.pk, "LS 1", me, None)]


def test_who_opens_what_is_open_goes_on_with_it(staff, delivery):
    page = staff.get("/admin/receiving/", follow=True)
    assert page_of(delivery) in page.text
    form = open_form(staff, f"{DELIVERIES}add/")
    assert save_form(staff, f"{DELIVERIES}add/", form, reference="LS 4711") == {}
    assert Delivery.objects.get() == delivery


@pytest.mark.parametrize("reference", ["", "  ", "x" * 201, "a\0b"])
def test_a_delivery_needs_a_reference(staff, offer, reference):
    form = open_form(staff, f"{DELIVERIES}add/")
    assert list(save_form(staff, f"{DELIVERIES}add/", form, reference=reference)) == ["reference"]
    assert not Delivery.objects.exists()


def test_each_scan_says_what_came_of_it_and_stands_in_the_list(staff, offer, delivery):
    assert send(staff, delivery, isbn=ISBN) == [("success", "“Emma”: +1, now 4 in stock.")]
    assert send(staff, delivery, isbn="0-306-40615-2", copies="20") == [("success", "“Emma”: +20, now 24 in stock.")]
    page = staff.get(page_of(delivery)).text
    assert "<b>21</b>" in page and "3 → 24" in page
    assert StockMovement.objects.filter(delivery=delivery).count() == 2


def test_a_form_that_is_sent_twice_counts_once_and_two_scans_twice(staff, offer, delivery):
    send(staff, delivery, key="first", isbn=ISBN)
    assert send(staff, delivery, key="first", isbn=ISBN) == [("info", "This was sent twice. It counts once.")]
    send(staff, delivery, key="second", isbn=ISBN)
    assert stock(offer) == 5


def test_the_next_book_counts_though_the_page_of_the_last_scan_has_not_come_yet(staff, offer, delivery):
    other = OfferFactory(book=BookFactory(isbn=OTHER), seller=offer.seller, stock_quantity=0)
    send(staff, delivery, key="same", isbn=ISBN)
    send(staff, delivery, key="same", isbn=OTHER)
    assert (stock(offer), stock(other)) == (4, 1)


@pytest.mark.parametrize(
    ("isbn", "copies", "sentence"),
    [
        ("", "1", "Please scan or type an ISBN."),
        ("   ", "1", "Please scan or type an ISBN."),
        ("emma", "1", "“emma” is not a valid ISBN."),
        ("9780306406158", "1", "“9780306406158” is not a valid ISBN."),
        ("4006381333931", "1", "“4006381333931” is not a valid ISBN."),
        ("9" * 101, "1", "That is too long for an ISBN."),
        *((ISBN, copies, "The number of copies is from 1 to 10,000.") for copies in ("0", "-1", "abc", "1.5", "10001")),
        (ISBN, ISBN, "The number of copies is from 1 to 10,000."),
        (ISBN, "9" * 5000, "The number of copies is from 1 to 10,000."),
    ],
)
def test_what_cannot_be_counted_is_answered_by_a_clear_sentence(staff, offer, delivery, isbn, copies, sentence):
    [(level, said)] = send(staff, delivery, isbn=isbn, copies=copies)
    assert level == "error" and said.startswith(sentence)
    assert (stock(offer), KeptAside.objects.count()) == (3, 0)


def test_a_number_that_the_stock_cannot_hold_is_refused(staff, offer, delivery):
    services.set_stock(offer.pk, 999_999)
    assert send(staff, delivery, isbn=ISBN, copies="2") == [("error", "Between 0 and 1000000 copies, please.")]
    assert stock(offer) == 999_999


def test_an_unknown_book_is_added_in_another_tab_and_tried_again(staff, delivery):
    [(level, said)] = send(staff, delivery, isbn="0140328726", copies="3")
    assert (level, said) == ("warning", "978-0-14-032872-1 is not in the catalogue. Kept aside: 3.")
    add = f"/admin/catalog/book/add/?isbn={OTHER}"
    assert add in staff.get(page_of(delivery)).text
    assert open_form(staff, add)["isbn"] == OTHER
    kept = KeptAside.objects.get().pk
    assert send(staff, delivery, "receive", kept_aside=kept) == [("error", "This book is still not in the catalogue.")]
    services.create_book({"title": "Matilda", "isbn": OTHER}, authors=["Roald Dahl"], price=Decimal("8.00"))
    assert send(staff, delivery, "receive", kept_aside=kept) == [("success", "“Matilda”: +3, now 3 in stock.")]
    assert not KeptAside.objects.exists()


def test_a_price_makes_the_offer_that_is_missing(staff, delivery):
    BookFactory(title="Matilda", isbn=OTHER)
    seller = delivery.seller
    [(level, said)] = send(staff, delivery, isbn=OTHER)
    assert (level, said) == ("warning", f"“Matilda”: {seller} has no offer yet. Kept aside: 1.")
    kept = KeptAside.objects.get().pk
    for price in ("0", "-1", "abc", "1.234", "1e20", "NaN", "9" * 12):
        wrong = [("error", "A price is above 0 and has at most two decimal places.")]
        assert send(staff, delivery, "receive", kept_aside=kept, price=price) == wrong
    send(staff, delivery, "receive", kept_aside=kept, price="8.90")
    offer = Offer.objects.get(book__isbn=OTHER)
    assert (offer.seller, offer.price, offer.stock_quantity) == (seller, Decimal("8.90"), 1)


def test_a_price_is_typed_as_one_writes_it_in_german(staff, delivery):
    BookFactory(isbn=OTHER)
    staff.cookies["language"] = "de"
    send(staff, delivery, isbn=OTHER)
    send(staff, delivery, "receive", kept_aside=KeptAside.objects.get().pk, price="8,90")
    assert Offer.objects.get(book__isbn=OTHER).price == Decimal("8.90")


def test_what_is_kept_aside_is_struck_off(staff, delivery):
    send(staff, delivery, isbn=OTHER)
    kept = KeptAside.objects.get().pk
    assert send(staff, delivery, "drop", kept_aside=kept) == [("info", "Struck off: these copies are not received.")]
    changed = [("error", "Someone has changed this meanwhile. Here is how it is now.")]
    assert send(staff, delivery, "drop", kept_aside=kept) == changed
    assert not KeptAside.objects.exists()


def test_one_copy_or_the_line_is_undone(staff, offer, delivery):
    send(staff, delivery, isbn=ISBN, copies="3")
    line = DeliveryLine.objects.get().pk
    assert send(staff, delivery, "take-back", line=line, copies=1) == [("info", "Undone: 1 copy was taken back.")]
    assert send(staff, delivery, "take-back", line=line, copies=2) == [("info", "Undone: 2 copies were taken back.")]
    assert (stock(offer), DeliveryLine.objects.count()) == (3, 0)


def test_what_was_sold_meanwhile_is_not_undone(staff, offer, delivery):
    send(staff, delivery, isbn=ISBN, copies="2")
    services.take_stock({offer.pk: 5}, order_number="A-1")
    sold = [("error", "Nothing can be taken back: all copies were sold meanwhile.")]
    assert send(staff, delivery, "take-back", line=DeliveryLine.objects.get().pk, copies=2) == sold


def test_a_delivery_is_closed_after_a_question_and_then_only_read(staff, offer, delivery):
    send(staff, delivery, isbn=ISBN)
    send(staff, delivery, isbn=OTHER)
    close = f"{DELIVERIES}{delivery.pk}/close/"
    assert "1 ISBN is still kept aside." in staff.get(close).text
    assert not Delivery.objects.exclude(closed_at=None).exists()
    staff.post(close)
    page = staff.get(page_of(delivery)).text
    assert "Emma" in page and "978-0-14-032872-1" in page and 'name="isbn"' not in page
    closed = [("error", "This delivery is closed: nothing in it changes any more.")]
    assert send(staff, delivery, isbn=ISBN) == closed
    assert staff.post(close).status_code == 302
    assert (stock(offer), Change.objects.filter(note="Closed.").count()) == (4, 1)


def test_deliveries_are_found_by_reference_day_and_state(staff, offer, delivery):
    old = services.open_delivery(offer.seller_id, "RB 99")
    services.close_delivery(old.pk)
    Delivery.objects.filter(pk=old.pk).update(opened_at=delivery.opened_at - timedelta(days=3))

    def found(query: str) -> list[str]:
        return [row.reference for row in staff.get(DELIVERIES + query).context["cl"].result_list]

    today = delivery.opened_at.date()
    assert found("") == ["RB 99", "LS 4711"]
    assert found("?q=rb") == found("?state=closed") == ["RB 99"]
    assert found("?state=open") == found(f"?opened_at_from={today}") == ["LS 4711"]
    assert found(f"?opened_at_to={today - timedelta(days=2)}") == ["RB 99"]


def test_the_list_says_how_much_each_delivery_brought(staff, offer, delivery):
    other = OfferFactory(book=BookFactory(isbn=OTHER), seller=offer.seller)
    for isbn in (offer.book.isbn, other.book.isbn):
        services.receive_copies(delivery.pk, isbn, 4)
    services.receive_copies(delivery.pk, "9783161484100")
    [row] = staff.get(DELIVERIES).context["cl"].result_list
    assert (row.title_count, row.copy_count) == (2, 8)


def test_the_number_of_queries_of_the_desk_does_not_grow(staff, delivery):
    counts = []
    for size in (1, 6):
        for _row in range(size):
            number = Book.objects.count()
            offer = OfferFactory(book=BookFactory(isbn=isbn_number(number)), seller=delivery.seller)
            services.receive_copies(delivery.pk, offer.book.isbn)
            BookFactory(isbn=isbn_number(number + 5000))
            services.receive_copies(delivery.pk, isbn_number(number + 5000))
        with CaptureQueriesContext(connection) as queries:
            staff.get(page_of(delivery))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def isbn_number(number: int) -> str:
    digits = f"97899{number:07}"
    return digits + str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10)


def test_a_long_delivery_shows_the_last_lines_and_all_when_asked(staff, delivery, monkeypatch):
    monkeypatch.setattr("catalog.admin.deliveries.MOST_SHOWN", 2)
    for number in range(3):
        OfferFactory(book=BookFactory(isbn=isbn_number(number)), seller=delivery.seller)
        services.receive_copies(delivery.pk, isbn_number(number))
    assert len(staff.get(page_of(delivery)).context["lines"]) == 2
    assert len(staff.get(f"{page_of(delivery)}?all").context["lines"]) == 3


# Who may


def employee(client: Client, *permissions: str) -> Client:
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="catalog"))
    client.force_login(user)
    return client


def answers(client: Client, delivery: Delivery) -> list[int]:
    asks: list[Callable[[], Any]] = [
        lambda: client.get(DELIVERIES),
        lambda: client.get(page_of(delivery)),
        lambda: client.get(f"{DELIVERIES}add/"),
        lambda: client.post(f"{DELIVERIES}{delivery.pk}/desk/scan/", {"isbn": ISBN}),
        lambda: client.post(f"{DELIVERIES}{delivery.pk}/close/"),
    ]
    return [ask().status_code for ask in asks]


def test_who_may_change_stock_receives(client, offer, delivery):
    assert answers(employee(client, "change_offer"), delivery) == [200, 200, 200, 302, 302]
    assert stock(offer) == 4


def test_who_may_see_offers_only_looks(client, offer, delivery):
    assert answers(employee(client, "view_offer"), delivery) == [200, 200, 403, 403, 403]
    assert 'name="isbn"' not in client.get(page_of(delivery)).text
    assert stock(offer) == 3


def test_others_of_the_staff_and_shoppers_see_nothing(client, offer, delivery):
    assert answers(employee(client, "change_book"), delivery) == [403] * 5
    client.logout()
    assert set(answers(client, delivery)) == {302}
    assert (stock(offer), Delivery.objects.get().closed_at) == (3, None)


def test_only_who_may_add_offers_names_a_price(client, delivery):
    BookFactory(isbn=OTHER)
    services.receive_copies(delivery.pk, OTHER)
    kept = KeptAside.objects.get().pk
    desk = employee(client, "change_offer")
    assert 'name="price"' not in desk.get(page_of(delivery)).text
    assert send(desk, delivery, "receive", kept_aside=kept, price="8.90") == [("error", "You may not do this.")]
    assert not Offer.objects.filter(book__isbn=OTHER).exists()


@pytest.mark.parametrize("act", ["scan", "take-back", "receive", "drop"])
def test_nonsense_changes_nothing_and_is_no_failure(staff, offer, delivery, act):
    for nonsense in ("", "abc", "0", "9" * 30, "\0"):
        fields = {"isbn": "abc", "line": nonsense, "kept_aside": nonsense, "copies": nonsense, "price": nonsense}
        [(level, _said)] = send(staff, delivery, act, **fields)
        assert level == "error"
    assert staff.get(f"{DELIVERIES}{delivery.pk}/desk/{act}/").status_code == 405
    assert staff.post(f"{DELIVERIES}99999/desk/{act}/").status_code == 404
    assert staff.post(f"{DELIVERIES}{delivery.pk}/desk/nothing/").status_code == 404
    assert stock(offer) == 3
