"""From the queue to the parcel: what is to be packed, who packs it, what is fetched, what lies in the parcel."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from accounts.tests.factories import StaffFactory
from catalog.tests.factories import BookFactory, GenreFactory, SellerFactory
from orders.models import Order, Packing
from orders.packing.lists import shelves_of
from orders.services import add_note, cancel_order, claim_order, refund_order, reserve, ship_order
from orders.tests.bars import read_bars
from orders.tests.factories import ADDRESS, bought, offer_of, paying, shopper_with

pytestmark = pytest.mark.django_db

DESK = "/admin/orders/ordertopack/"
MOST_QUERIES = 12


def employee(name: str, *permissions: str) -> User:
    user = StaffFactory(full_name=name, is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/admin/")  # the first request of a session notes its use
    return client


@pytest.fixture
def pia() -> User:
    return employee("Pia Packer", "view_order", "change_order")


@pytest.fixture
def desk(pia: User) -> Client:
    return signed_in(pia)


@pytest.fixture
def order() -> Order:
    book = BookFactory(title="Middlemarch", authors=["George Eliot"], isbn="9780141439549")
    return bought(offer_of(9, "12.50", book=book), quantity=2, shipping_address=ADDRESS)


def queue(desk: Client, **query: str) -> list[int]:
    return [order.pk for order in desk.get(DESK, query).context["cl"].result_list]


def choose(desk: Client, action: str, *orders: Order) -> Any:
    """Tick orders in the queue and press the action; follow where it leads."""
    return desk.post(DESK, {"action": action, "_selected_action": [order.pk for order in orders]}, follow=True)


def print_slips(desk: Client, *orders: Order) -> Any:
    return desk.post(f"{DESK}slips/", {"id": [order.pk for order in orders]}, follow=True)


def pages_of(answer: Any) -> list[str]:
    assert answer["Content-Type"] == "application/pdf"
    return [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]


# The queue


def test_what_is_paid_and_still_here_waits_oldest_first(desk, order):
    second, sent, cancelled = (bought(offer_of()) for _each in range(3))
    ship_order(sent.pk, actor=None)
    cancel_order(cancelled.pk, actor=None)
    reserve(shopper_with(offer_of()), paying())
    assert queue(desk) == [order.pk, second.pk]


def test_the_queue_shows_all_that_packing_needs(desk, pia, order):
    add_note(order.pk, actor=StaffFactory(full_name="Max Manager"), text="Wrap as a gift")
    claim_order(order.pk, packer=pia)
    text = desk.get(DESK).text
    for words in (
        *(order.number, "2 copies", "Middlemarch", "George Eliot", "Ada Reader", "1 Page Street", "Berlin"),
        *("waits", "Wrap as a gift", "Max Manager", "Pia Packer"),
    ):
        assert words in text


def test_the_queue_is_searched_and_filtered_by_who_packs(desk, pia, order):
    mine, others = bought(offer_of()), bought(offer_of())
    claim_order(mine.pk, packer=pia)
    claim_order(others.pk, packer=StaffFactory())
    assert queue(desk, packed="nobody") == [order.pk]
    assert queue(desk, packed="me") == [mine.pk]
    assert queue(desk, packed="others") == [others.pk]
    assert queue(desk, q="0-14-143954-8") == queue(desk, q="reader ad") == queue(desk, q=order.number) == [order.pk]


def test_the_number_of_queries_of_queue_and_pick_list_does_not_grow(desk, pia):
    amounts = []
    for _each in range(2):
        for _number in range(3):
            order = bought(offer_of(), offer_of())
            add_note(order.pk, actor=StaffFactory(), text="Fragile")
            claim_order(order.pk, packer=pia)
        ids = "&".join(f"id={pk}" for pk in Packing.objects.values_list("order", flat=True))
        for address in (DESK, f"{DESK}pick/?{ids}"):
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(address).status_code == 200
            amounts.append(len(queries))
    assert amounts[:2] == amounts[2:]
    assert max(amounts) <= MOST_QUERIES


# Who packs what


def test_taking_orders_leads_to_their_pick_list(desk, pia, order):
    other = bought(offer_of())
    answer = choose(desk, "pick_selected", order, other)
    assert answer.redirect_chain[-1][0].startswith(f"{DESK}pick/?id={order.pk}&id={other.pk}")
    assert "2 orders" in answer.text
    assert set(Packing.objects.values_list("order", "packer")) == {(order.pk, pia.pk), (other.pk, pia.pk)}


def test_what_somebody_else_packs_is_left_to_them(desk, order):
    theirs = bought(offer_of())
    claim_order(theirs.pk, packer=StaffFactory(full_name="Otto Other"))
    answer = choose(desk, "pick_selected", order, theirs)
    assert f"{theirs.number}: Otto Other packs this order already." in answer.text
    assert answer.context["orders"] == [order]
    assert queue(desk, packed="others") == [theirs.pk]


def test_taking_it_again_changes_nothing(desk, pia, order):
    before = claim_order(order.pk, packer=pia).claimed_at
    choose(desk, "pick_selected", order)
    assert Packing.objects.get().claimed_at == before


def test_what_is_given_back_others_may_take(desk, pia, order):
    claim_order(order.pk, packer=StaffFactory(full_name="Otto Other"))
    form = choose(desk, "give_back_selected", order)
    assert "others can" in form.text
    desk.post(form.redirect_chain[-1][0])
    choose(desk, "pick_selected", order)
    assert Packing.objects.get().packer == pia


def test_what_a_packer_had_whose_account_is_gone_is_free(desk, pia, order):
    gone = StaffFactory()
    claim_order(order.pk, packer=gone)
    gone.delete()
    assert queue(desk, packed="nobody") == [order.pk]
    choose(desk, "pick_selected", order)
    assert Packing.objects.get().packer == pia


def test_what_was_cancelled_meanwhile_is_named_on_the_pick_list_and_has_no_slip(desk, pia, order):
    claim_order(order.pk, packer=pia)
    cancel_order(order.pk, actor=None)
    assert f"no longer: {order.number}" in desk.get(f"{DESK}pick/?id={order.pk}").text
    assert "None of these orders" in print_slips(desk, order).text
    assert "This cannot be done" in choose(desk, "pick_selected", order).text or queue(desk) == []


def test_the_page_of_an_order_says_who_packs_it(desk, pia, order):
    claim_order(order.pk, packer=pia)
    print_slips(desk, order)
    text = desk.get(f"/admin/orders/order/{order.pk}/change/").text
    assert "Pia Packer, " in text
    assert "slip printed" in text


# The walk


def test_books_are_fetched_by_genre_byline_and_title(desk):
    fiction = GenreFactory(name="Fiction")
    crime = GenreFactory(name="Crime", parent=fiction)
    told = [
        ("Emma", "Jane Austen", fiction), ("Sense and Sensibility", "Jane Austen", fiction),
        ("Adam Bede", "George Eliot", fiction), ("Whose Body?", "Dorothy Sayers", crime), ("Atlas", "Nobody", None),
    ]  # fmt: skip
    offers = [offer_of(book=BookFactory(title=title, authors=[by], genre=genre)) for title, by, genre in told]
    shelves = shelves_of([bought(*reversed(offers))])
    assert [(shelf.genre, [pick.title for pick in shelf.picks]) for shelf in shelves] == [
        ("Fiction", ["Adam Bede", "Emma", "Sense and Sensibility"]),
        ("Fiction › Crime", ["Whose Body?"]),
        ("", ["Atlas"]),
    ]


def test_a_book_that_several_orders_want_is_fetched_once(order):
    other = bought(order.items.get().offer, quantity=3)
    ((pick,),) = [shelf.picks for shelf in shelves_of([order, other])]
    assert (pick.copies, pick.wanted) == (5, [(order.number, 2), (other.number, 3)])


def test_one_book_of_two_sellers_is_fetched_from_each(order):
    book = order.items.get().book
    other = bought(offer_of(book=book, seller=SellerFactory(name="Second Shelf")), offer_of(book=book))
    ((first, second),) = [shelf.picks for shelf in shelves_of([other])]
    assert "Second Shelf" in {first.seller, second.seller}
    assert (first.copies, second.copies) == (1, 1)


def test_copies_whose_money_was_given_back_stay_on_the_shelf(desk, pia, order):
    line = order.items.get()
    refund_order(order.pk, actor=None, lines={line.pk: 1}, restock=True)
    claim_order(order.pk, packer=pia)
    assert "1 copy" in desk.get(DESK).text
    ((pick,),) = [shelf.picks for shelf in shelves_of([order])]
    assert pick.copies == 1
    assert "1 ×" in pages_of(print_slips(desk, order))[0]


# Slips


def test_a_slip_says_what_is_in_the_parcel_and_nothing_of_money_or_notes(desk, pia, order):
    add_note(order.pk, actor=pia, text="Difficult customer")
    claim_order(order.pk, packer=pia)
    (text,) = pages_of(print_slips(desk, order))
    for words in (
        *(order.number, "Ada Reader", "1 Page Street", "10115 Berlin", "Germany"),
        *("2 ×", "Middlemarch", "George Eliot", "978-0-14-143954-9"),
    ):
        assert words in text
    for words in ("€", "12.50", "25.00", "Difficult"):
        assert words not in text


def test_the_bars_on_a_slip_are_the_orders_number(desk, pia, order):
    claim_order(order.pk, packer=pia)
    (page,) = PdfReader(BytesIO(print_slips(desk, order).content)).pages
    assert read_bars(page) == order.number


def test_a_hundred_slips_are_one_file_with_a_page_each(desk, pia):
    offer = offer_of(200)
    orders = [bought(offer) for _each in range(100)]
    choose(desk, "pick_selected", *orders)
    pages = pages_of(print_slips(desk, *orders))
    assert [order.number in page for order, page in zip(orders, pages, strict=True)] == [True] * 100
    assert Packing.objects.filter(packer=pia, printed_at__isnull=False).count() == 100


def test_a_slip_speaks_the_shoppers_language_and_a_long_one_counts_its_own_pages(desk, pia, order):
    order.user.language = "de"
    order.user.save()
    long = bought(*(offer_of(book=BookFactory(title="Unbreakable" * 40)) for _each in range(9)))
    for each in (order, long):
        claim_order(each.pk, packer=pia)
    first, second, third = pages_of(print_slips(desk, order, long))
    assert f"{order.number} · Seite 1" in first
    assert f"{long.number} · Page 1" in second
    assert f"{long.number} · Page 2" in third


def test_slips_are_of_what_one_has_taken(desk, order):
    claim_order(order.pk, packer=StaffFactory())
    answer = print_slips(desk, order)
    assert "None of these orders is yours" in answer.text
    assert Packing.objects.get().printed_at is None


@pytest.mark.parametrize("path", ["pick/", "pick/?id=x", "pick/?id=0", "slips/", "act/nothing/?id=1"])
def test_a_page_of_nothing_is_not_there(desk, order, path):
    assert desk.get(DESK + path).status_code == 404


# Sending


def test_many_are_sent_with_a_tracking_number_each_and_one_is_back_at_the_queue(desk, pia, order):
    other = bought(offer_of())
    page = choose(desk, "ship_selected", order, other)
    assert "1 Page Street" in page.text
    sent = {"carrier": "DHL", f"tracking-{order.pk}": "JD1", f"tracking-{other.pk}": "JD2"}
    answer = desk.post(page.redirect_chain[-1][0], sent, follow=True)
    assert answer.redirect_chain == [(DESK, 302)]
    assert set(Order.objects.values_list("status", "carrier", "tracking")) == {
        ("SHIPPED", "DHL", "JD1"), ("SHIPPED", "DHL", "JD2"),
    }  # fmt: skip
    assert order.events.get(kind="SHIPPED").actor == pia


def test_who_may_only_look_takes_and_prints_nothing(order):
    clerk = signed_in(employee("Carl Clerk", "view_order"))
    assert queue(clerk) == [order.pk]
    choose(clerk, "pick_selected", order)
    assert clerk.get(f"{DESK}pick/?id={order.pk}").status_code == 403
    assert print_slips(clerk, order).status_code == 403
    assert clerk.get(f"{DESK}act/ship/?id={order.pk}").status_code == 403
    assert Packing.objects.count() == 0


def test_who_packs_gives_no_money_back(desk, order):
    page = desk.get(f"/admin/orders/order/{order.pk}/change/").text
    assert f"act/ship/?id={order.pk}" in page
    for key in ("cancel", "refund"):
        address = f"/admin/orders/order/act/{key}/?id={order.pk}"
        assert address not in page
        assert desk.post(address, {"seen": "0.00"}).status_code == 403
    assert Order.objects.get().status == "CONFIRMED"


def test_the_menu_leads_to_the_queue_whoever_may_see_orders(desk):
    link = f'href="{reverse("admin:orders_ordertopack_changelist")}"'
    assert link in desk.get("/admin/orders/order/").text
    assert link not in signed_in(employee("Bea Buyer", "view_book")).get("/admin/catalog/book/").text
    assert signed_in(employee("Bea Buyer", "view_book")).get(DESK).status_code == 403
