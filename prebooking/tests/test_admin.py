"""What staff see of prebooks; only shoppers change them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import StaffFactory, UserFactory
from catalog import services as catalogue
from catalog.tests.factories import BookFactory, OfferFactory
from prebooking.models import Prebook
from prebooking.tests.factories import PrebookFactory

PREBOOKS = "/admin/prebooking/prebook/"
DEMAND = "/admin/prebooking/bookindemand/"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(StaffFactory())
    client.get("/admin/")  # the first request of a session notes its use
    return client


def test_staff_find_prebooks_by_reader_and_by_book(staff):
    PrebookFactory(user=UserFactory(email="ada@example.com"), book=BookFactory(title="Middlemarch"))
    PrebookFactory(user=UserFactory(email="bob@example.com"), book=BookFactory(title="Persuasion"))
    for question, found in (("Ada@example.com", "Middlemarch"), ("persua", "Persuasion")):
        page = staff.get(PREBOOKS, {"q": question}).text
        assert [title for title in ("Middlemarch", "Persuasion") if title in page] == [found]


def test_staff_look_and_change_nothing(staff):
    prebook = PrebookFactory()
    page = f"{PREBOOKS}{prebook.pk}/change/"
    assert staff.get(page).status_code == 200
    assert staff.post(page, {"status": "CANCELLED"}).status_code == 403
    assert staff.post(f"{PREBOOKS}{prebook.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Prebook.objects.get().status == "WAITING"


def test_a_books_page_counts_its_prebooks_and_leads_to_them(staff):
    prebook = PrebookFactory()
    PrebookFactory(book=prebook.book)
    other = PrebookFactory(user=UserFactory(email="other@example.com"))
    assert "Prebooks (2)" in staff.get(f"/admin/catalog/book/{prebook.book_id}/change/").text
    page = staff.get(PREBOOKS, {"book__id__exact": prebook.book_id}).text
    assert prebook.user.email in page
    assert other.user.email not in page


def test_demand_comes_most_waited_for_first_and_is_searched(staff):
    much, little = (
        BookFactory(title="Middlemarch"),
        OfferFactory(book=BookFactory(title="Persuasion"), stock_quantity=0),
    )
    for book in (little.book, much, much):
        PrebookFactory(book=book)
    catalogue.set_stock(little.pk, 3)
    page = staff.get(DEMAND).text
    assert 0 < page.index("Middlemarch") < page.index("Persuasion")
    assert f"{PREBOOKS}?book__id__exact={much.pk}&amp;status__exact=WAITING" in page
    found = staff.get(DEMAND, {"q": "persuasion"}).text
    assert ("Persuasion" in found, "Middlemarch" in found) == (True, False)
    assert staff.get(f"{DEMAND}{much.pk}/change/")["Location"] == f"/admin/catalog/book/{much.pk}/change/"


@pytest.mark.parametrize("address", [PREBOOKS, DEMAND])
def test_queries_do_not_grow(staff, address):
    amounts = []
    for _each in range(2):
        for _number in range(3):
            PrebookFactory()
        with CaptureQueriesContext(connection) as queries:
            staff.get(address)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1]


@pytest.mark.parametrize("address", [PREBOOKS, DEMAND])
def test_others_are_sent_to_the_door(reader, address):
    assert reader.get(address).status_code == 302
