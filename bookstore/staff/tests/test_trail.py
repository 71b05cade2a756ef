"""Who changed what and when: on each row's page, whichever door it was changed by."""

from decimal import Decimal
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from accounts.tests.api import client_of
from accounts.tests.factories import PASSWORD, StaffFactory, UserFactory
from bookstore.core.admin import NotedForms, RowForm
from bookstore.core.models import Change
from bookstore.web.models import ShopPage
from catalog import services
from catalog.models import StaffPick
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import BookFactory, ContributorFactory, GenreFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return StaffFactory(email="boss@example.com", password=PASSWORD)


@pytest.fixture
def staff(client: Client, boss) -> Client:
    client.force_login(boss)
    return client


def told(row) -> list[tuple[str, str, dict]]:
    """Return what is noted of a row, oldest first: who, what became of it, old and new."""
    return [(change.who, change.act, change.values) for change in Change.objects.about([row]).order_by("pk")]


def notes(row) -> list[str]:
    return [change.note for change in Change.objects.about([row]).order_by("pk")]


def as_shown(staff: Client, page: str) -> str:
    return " ".join(staff.get(page).text.split())


# Each door


def test_a_price_is_told_whichever_door_changed_it(staff, boss):
    offer = OfferFactory(price=Decimal("10.00"))
    page = f"/admin/catalog/offer/{offer.pk}/change/"
    assert save_form(staff, page, open_form(staff, page), price="11.00") == {}
    assert client_of(boss).patch(f"/api/v1/offers/{offer.pk}", {"price": "12.00"}).status_code == 200
    services.change_prices({offer.pk: Decimal("13.00")})
    _added, *changes = told(offer)
    assert changes == [
        ("boss@example.com", "CHANGED", {"price": ["10.00", "11.00"]}),
        ("boss@example.com", "CHANGED", {"price": ["11.00", "12.00"]}),
        ("the shop", "CHANGED", {"price": ["12.00", "13.00"]}),
    ]


def test_the_page_of_a_book_tells_of_its_details_people_and_offers(staff, boss):
    book = BookFactory(title="Emma", genre=GenreFactory(name="Novels"))
    offer = OfferFactory(book=book, price=Decimal("10.00"))
    services.update_book(book.pk, {"genre_id": GenreFactory(name="Satire").pk}, actor=boss)
    services.put_credits(book.pk, [services.Credit(ContributorFactory(name="Jane Austen").pk, "A01")], actor=boss)
    services.change_offer(offer.pk, price=Decimal("9.00"), actor=boss)
    page = as_shown(staff, f"/admin/catalog/book/{book.pk}/change/")
    for before, now in [("Novels", "Satire"), ("Ada Reader (author)", "Jane Austen (author)"), ("10.00", "9.00")]:
        assert f"before</span> {before}</del>" in page
        assert f"now</span> {now}</ins>" in page


def test_what_an_import_changes_is_told(tmp_path):
    book = BookFactory(title="Emma", publisher="Lantern", isbn="9780306406157")
    SellerFactory(is_store=True)
    file = tmp_path / "books.csv"
    file.write_text("isbn,publisher\n9780306406157,Harbour\n", encoding="utf-8")
    call_command("import_books", file, report=tmp_path / "report.csv", stdout=StringIO())
    assert told(book) == [("the shop", "CHANGED", {"publisher": ["Lantern", "Harbour"]})]
    assert "books.csv" in notes(book)[0]


def test_what_was_refused_or_changes_nothing_is_not_told(staff, boss):
    offer = OfferFactory(price=Decimal("10.00"))
    BookFactory(isbn="9780306406157")
    before = Change.objects.count()
    assert client_of(boss).patch(f"/api/v1/offers/{offer.pk}", {"price": "10.00"}).status_code == 200
    assert client_of(boss).patch(f"/api/v1/books/{offer.book_id}", {"isbn": "9780306406157"}).status_code == 409
    assert client_of(boss).patch(f"/api/v1/offers/{offer.pk}", {"price": "0"}).status_code == 400
    services.take_stock({offer.pk: 1}, order_number="1")
    assert Change.objects.count() == before


# Each kind of row


def test_a_genre_is_added_renamed_and_removed(boss):
    api = client_of(boss)
    pk = api.post("/api/v1/genres", {"name": "Poems"}).json()["id"]
    api.patch(f"/api/v1/genres/{pk}", {"name": "Poetry"})
    api.delete(f"/api/v1/genres/{pk}")
    acts = [(change.act, change.values, change.note) for change in Change.objects.order_by("pk")]
    renamed = {"name": ["Poems", "Poetry"]}
    assert acts == [("ADDED", {}, ""), ("CHANGED", renamed, ""), ("REMOVED", {}, "Poetry")]


def test_a_sellers_members_are_told_by_who_came_and_who_went(boss):
    old, new = UserFactory(email="old@example.com"), UserFactory(email="new@example.com")
    seller = SellerFactory()
    seller.members.add(old)
    client_of(boss).patch(f"/api/v1/sellers/{seller.pk}", {"members": [new.pk]})
    assert told(seller) == [("boss@example.com", "CHANGED", {"members": [["old@example.com"], ["new@example.com"]]})]


def test_picks_and_pages_of_the_shop_are_told(staff):
    pick = StaffPick.objects.create(book=BookFactory(), note="Fine")
    page = ShopPage.objects.create(title="Imprint", slug="imprint", text="We")
    for row, changes in [(pick, {"note": "Finer"}), (page, {"title": "About us"})]:
        address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
        assert save_form(staff, address, open_form(staff, address), **changes) == {}
    assert told(pick) == [("boss@example.com", "CHANGED", {"note": ["Fine", "Finer"]})]
    assert told(page) == [("boss@example.com", "CHANGED", {"title": ["Imprint", "About us"]})]
    staff.post(f"/admin/catalog/staffpick/{pick.pk}/delete/", {"post": "yes"})
    assert told(pick)[-1] == ("boss@example.com", "REMOVED", {})


def test_every_page_that_saves_rows_itself_takes_only_what_its_reader_changed():
    pages = [page for page in admin.site._registry.values() if isinstance(page, NotedForms)]
    assert len(pages) > 4
    assert [page for page in pages if not issubclass(page.form, RowForm)] == []


def test_what_somebody_may_is_told(staff):
    ada, packer = UserFactory(email="ada@example.com"), Group.objects.get(name="Packer")
    page = f"/admin/accounts/user/{ada.pk}/change/"
    staff.post(page, {"email": ada.email, "is_active": "on", "is_staff": "on", "groups": [packer.pk]})
    assert told(ada) == [("boss@example.com", "CHANGED", {"is_staff": [False, True], "groups": [[], ["Packer"]]})]
    page = as_shown(staff, page)
    assert "before</span> no</del>" in page
    assert "now</span> Packer</ins>" in page


def test_why_somebody_was_locked_out_is_kept(staff, boss):
    ada = UserFactory(email="ada@example.com")
    page = f"/admin/accounts/user/{ada.pk}/change/"
    save_form(staff, page, open_form(staff, page), is_active=None, reason="Stolen cards")
    assert told(ada) == [("boss@example.com", "CHANGED", {"is_active": [True, False]})]
    client_of(boss).patch(f"/api/v1/admin/users/{ada.pk}/reactivate", {"reason": "Cleared"})
    assert notes(ada) == ["Stolen cards", "Cleared"]


def test_a_password_is_told_of_but_never_told(staff):
    ada = UserFactory()
    staff.post(f"/admin/accounts/user/{ada.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})
    assert (notes(ada), Change.objects.filter(values__has_key="password").exists()) == (["Password set anew."], False)


# The trail itself


def test_a_closed_account_takes_its_own_trail_along_and_leaves_that_of_others(boss):
    clerk, offer = UserFactory(email="clerk@example.com"), OfferFactory()
    services.change_offer(offer.pk, price=Decimal("1.00"), actor=clerk)
    accounts.deactivate_user(clerk.pk, actor=boss)
    accounts.close_account(clerk)
    assert [who for who, _act, _values in told(offer)][-1] == "somebody whose account is closed"
    assert not Change.objects.filter(content_type__model="user").exists()


def test_a_long_trail_is_read_page_by_page_in_as_many_queries(staff, boss):
    genre = GenreFactory(name="0")
    for number in range(60):
        services.change_genre(genre.pk, name=str(number), actor=boss)
    address = f"/admin/catalog/genre/{genre.pk}/history/"
    staff.get(address)
    with CaptureQueriesContext(connection) as queries:
        first = staff.get(address)
    assert (len(first.context["changes"]), len(queries) <= 12) == (50, True)
    assert len(staff.get(f"{address}?p=2").context["changes"]) == 9
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read faster whole
    plan = Change.objects.about([genre]).order_by("-pk").explain()
    assert "change_by_row" in plan


def test_the_trail_of_all_is_found_by_who_did_it(staff, boss):
    services.change_genre(GenreFactory().pk, name="Poetry", actor=boss)
    services.create_genre("Plays")
    found = staff.get("/admin/core/change/?q=boss@example.com")
    assert [change.values["name"][1] for change in found.context["cl"].result_list] == ["Poetry"]
    assert "Poetry" in found.text
