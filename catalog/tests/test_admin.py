"""The admin as staff find it: every page opens, books are found, lists stay cheap, nobody sees more than they may."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.core import admin as shop_admin
from catalog import services
from catalog.admin import movements
from catalog.exceptions import GenreInUse
from catalog.models import Contributor, Genre, Seller, Series, StockMovement
from catalog.tests.admin_forms import open_form, save_form
from catalog.tests.factories import (
    BookFactory,
    ContributorFactory,
    GenreFactory,
    OfferFactory,
    SellerFactory,
    SeriesFactory,
)

pytestmark = pytest.mark.django_db

BOOKS = "/admin/catalog/book/"
GENRES = "/admin/catalog/genre/"
MOVEMENTS = "/admin/catalog/stockmovement/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory())
    client.get("/admin/")  # the first page of a session notes that it is used
    return client


def employee(client: Client, *permissions: str) -> Client:
    """Sign in someone of the staff who may do only this."""
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def titles(staff: Client, query: str) -> list[str]:
    return [book.title for book in staff.get(BOOKS + query).context["cl"].result_list]


# Every page


def pages(model: Any, action: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"


registered = pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)


@registered
def test_every_page_opens(staff, model):
    OfferFactory(book=BookFactory(genre=GenreFactory(), series=SeriesFactory()))
    assert staff.get(reverse(pages(model, "changelist"))).status_code == 200
    its_admin, request = admin.site.get_model_admin(model), staff.get("/admin/").wsgi_request
    may_add = its_admin.has_add_permission(request)
    assert staff.get(reverse(pages(model, "add"))).status_code == (200 if may_add else 403)
    for row in its_admin.get_queryset(request)[:1]:
        assert staff.get(reverse(pages(model, "change"), args=[quote(row.pk)])).status_code == 200
        assert staff.get(reverse(pages(model, "history"), args=[quote(row.pk)])).status_code == 200


@registered
def test_the_number_of_queries_of_a_list_does_not_grow(staff, model):
    counts = []
    for _size in (1, 8):
        for _row in range(_size):
            book = BookFactory(genre=GenreFactory(), series=SeriesFactory(), authors=[f"Author {_size} {_row}"])
            OfferFactory(book=book)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse(pages(model, "changelist")))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize(
    "path",
    [
        *("book/?p=abc", "book/?p=99999999999999999999", "book/?o=9.x.-1", "book/?nothing=1", "book/?_to_field=abc"),
        *("book/?in_stock__exact=abc", "book/?genre=abc", "book/?format__exact=abc", "book/?language=abc"),
        *("book/?price__gt=abc", "book/?q=%00", "book/?q=%FF", "book/abc/change/", "book/99999999999999999999/change/"),
        *("book/add/?genre=abc", "book/add/?publish_date=abc", "book/archive/?id=abc&id=99999999999999999999"),
        *("book/1/delete/", "nothing/", "seller/add/?members=abc,1", "genre/abc/delete/", "genre/abc/history/"),
        *("stockmovement/?offer__id__exact=abc", "stockmovement/?offer__book__id__exact=abc"),
        *("stockmovement/?actor__password__startswith=a",),
    ],
)
def test_a_bad_address_is_no_failure(staff, path):
    assert staff.get(f"/admin/catalog/{path}", follow=True).status_code in {200, 400, 403, 404}


@pytest.mark.parametrize(
    "query",
    [
        "app_label=catalog&model_name=book&field_name=genre&page=abc",
        "app_label=catalog&model_name=book&field_name=title",
        "app_label=nothing&model_name=book&field_name=genre",
        "term=a",
    ],
)
def test_a_bad_question_of_a_field_is_no_failure(staff, query):
    assert staff.get(f"/admin/autocomplete/?{query}").status_code in {200, 403, 404}


def test_the_search_of_the_theme_is_not_offered(staff):
    assert staff.get("/admin/search/?s=a&page=abc").status_code == 302


# Finding books


@pytest.mark.parametrize(
    "typed",
    ["jour enf", "Märchen", "marchen", "céline journey", "9780306406157", "978-0-306-40615-7", "0-306-40615-2"],
)
def test_a_book_is_found_by_title_author_and_isbn(staff, typed):
    BookFactory(title="Journey of a Märchen", authors=["Céline d'Enfer"], isbn="9780306406157")
    BookFactory(title="Another", isbn="9780141439587")
    assert titles(staff, f"?q={typed}") == ["Journey of a Märchen"]


def test_a_short_title_is_found_among_many_that_hold_its_letters(staff):
    for title in ("The Kite Runner", "Italian Nights", "It"):
        BookFactory(title=title)
    BookFactory(title="Red Sorghum", authors=["莫言"])
    assert titles(staff, "?q=it") == ["It", "Italian Nights"]
    assert titles(staff, "?q=莫言") == ["Red Sorghum"]


def test_a_percent_sign_is_searched_for_as_such(staff):
    BookFactory(title="Nothing")
    BookFactory(title="100% Cotton")
    assert titles(staff, "?q=100%25") == ["100% Cotton"]


def test_books_are_filtered_by_genre_with_those_below_language_and_stock(staff):
    fiction = GenreFactory(name="Fiction")
    crime = GenreFactory(name="Crime", parent=fiction)
    book = BookFactory(title="Wanted", genre=crime, language="pt-BR")
    OfferFactory(book=book)
    BookFactory(title="Other", genre=GenreFactory(), language="pt")
    BookFactory(title="Sold out", genre=crime, language="pt-BR")
    assert titles(staff, f"?genre={fiction.pk}&language=pt&in_stock__exact=1") == ["Wanted"]


def test_a_long_list_is_counted_up_to_a_cap_and_says_so(staff, monkeypatch):
    monkeypatch.setattr(shop_admin, "COUNT_CAP", 2)
    BookFactory.create_batch(3)
    assert "2+ books · search or filter to reach the rest" in " ".join(staff.get(BOOKS).content.decode().split())


def test_contributors_are_found_without_their_accents(staff):
    ContributorFactory(name="Gabriel García Márquez")
    query = "app_label=catalog&model_name=contribution&field_name=contributor&term=garcia gab"
    found = staff.get(f"/admin/autocomplete/?{query}").json()["results"]
    assert [one["text"] for one in found] == ["Gabriel García Márquez"]


# Movements


def test_movements_are_found_by_book_and_cannot_be_changed(staff):
    offer = OfferFactory(book=BookFactory(title="Emma", isbn="9780306406157"), stock_quantity=3)
    OfferFactory(stock_quantity=1)
    services.take_stock({offer.pk: 2}, order_number="A-1")
    for query in (
        "?q=0306406152",
        "?q=emma",
        f"?offer__book__id__exact={offer.book_id}",
        f"?offer__id__exact={offer.pk}",
    ):
        assert [movement.delta for movement in staff.get(MOVEMENTS + query).context["cl"].result_list] == [-2, 3]
    sold = StockMovement.objects.get(reason="SOLD")
    assert staff.post(f"{MOVEMENTS}{sold.pk}/change/", {"delta": 5}).status_code == 403
    assert staff.get(f"{MOVEMENTS}{sold.pk}/delete/").status_code == 403


def test_all_movements_are_shown_where_nothing_is_searched_for(staff, monkeypatch):
    monkeypatch.setattr(movements, "MOST_FOUND", 1)
    OfferFactory(), OfferFactory()
    assert staff.get(MOVEMENTS).context["cl"].result_count == 2
    assert staff.get(f"{MOVEMENTS}?q=book").context["cl"].result_count == 1


# Genres


def test_genres_stand_in_the_order_of_their_tree(staff):
    fiction = GenreFactory(name="Fiction")
    GenreFactory(name="Art")
    GenreFactory(name="Noir", parent=GenreFactory(name="Crime", parent=fiction))
    GenreFactory(name="Zoology")
    shown = staff.get(GENRES).context["cl"].result_list
    assert [(genre.name, genre.depth) for genre in shown] == [
        ("Art", 0), ("Fiction", 0), ("Crime", 1), ("Noir", 2), ("Zoology", 0),
    ]  # fmt: skip


def test_a_genre_is_added_renamed_and_moved(staff):
    fiction = GenreFactory(name="Fiction")
    assert save_form(staff, f"{GENRES}add/", open_form(staff, f"{GENRES}add/"), name="Crime", parent=fiction.pk) == {}
    crime = Genre.objects.get(name="Crime")
    assert (crime.parent, crime.slug) == (fiction, "crime")
    url = f"{GENRES}{crime.pk}/change/"
    assert save_form(staff, url, open_form(staff, url), name="Thrillers", parent="") == {}
    crime.refresh_from_db()
    assert (crime.name, crime.parent, crime.slug) == ("Thrillers", None, "crime")


def test_a_genre_is_not_hung_below_itself(staff):
    fiction = GenreFactory(name="Fiction")
    crime = GenreFactory(name="Crime", parent=fiction)
    url = f"{GENRES}{fiction.pk}/change/"
    errors = save_form(staff, url, open_form(staff, url), parent=crime.pk)
    assert errors == {"parent": ["A genre cannot hang below itself."]}


def test_a_genre_in_use_is_not_deleted_and_the_page_says_why(staff):
    genre = BookFactory(genre=GenreFactory()).genre
    page = staff.post(f"{GENRES}{genre.pk}/delete/", {"post": "yes"}, follow=True)
    assert [str(message) for message in page.context["messages"]] == [GenreInUse.message]
    unused = GenreFactory()
    staff.post(f"{GENRES}{unused.pk}/delete/", {"post": "yes"})
    assert list(Genre.objects.all()) == [genre]


# Names


@pytest.mark.parametrize(
    ("factory", "sentence"),
    [
        (GenreFactory, "There is a genre of this name already."),
        (SellerFactory, "There is a seller of this name already."),
        (SeriesFactory, "There is one of this name already."),
        (ContributorFactory, "There is one of this name already."),
    ],
)
def test_a_name_is_taken_whatever_its_case(staff, factory, sentence):
    taken, row = factory(name="Élan"), factory(name="Other")
    url = reverse(pages(row, "change"), args=[row.pk])
    assert save_form(staff, url, open_form(staff, url), name="éLAN") == {"name": [sentence]}
    assert save_form(staff, url, open_form(staff, url), name="Name") == {}
    assert sorted(type(row).objects.values_list("name", flat=True)) == sorted([taken.name, "Name"])


@pytest.mark.parametrize("model", [Contributor, Seller, Series])
def test_what_books_and_offers_go_by_is_not_deleted(staff, model):
    OfferFactory(book=BookFactory(series=SeriesFactory()))
    row = model.objects.first()
    assert staff.post(reverse(pages(model, "delete"), args=[row.pk]), {"post": "yes"}).status_code == 403


def test_a_seller_gets_members(staff):
    user, url = UserFactory(), "/admin/catalog/seller/add/"
    assert save_form(staff, url, open_form(staff, url), name="The Attic", members=[user.pk]) == {}
    assert list(Seller.objects.get(name="The Attic").members.all()) == [user]


def test_only_changed_members_are_written(staff):
    seller, user = SellerFactory(), UserFactory()
    url = reverse("admin:catalog_seller_change", args=[seller.pk])
    form = open_form(staff, url)
    seller.members.add(user)
    assert save_form(staff, url, form, name="The Attic") == {}
    assert list(seller.members.all()) == [user]


# Who may


def test_shoppers_see_nothing(client):
    client.force_login(UserFactory())
    assert client.get(BOOKS).status_code == 302


def test_staff_without_a_right_see_nothing_of_it(client):
    book = BookFactory()
    clerk = employee(client, "view_genre")
    assert clerk.get(GENRES).status_code == 200
    assert clerk.get(BOOKS).status_code == 403
    assert clerk.get(f"{BOOKS}{book.pk}/change/").status_code == 403
    assert b"/admin/catalog/book/" not in clerk.get("/admin/").content


def test_staff_who_may_only_look_change_nothing(client):
    offer = OfferFactory()
    clerk = employee(client, "view_book", "view_offer")
    url = f"{BOOKS}{offer.book_id}/change/"
    assert clerk.get(url).status_code == 200
    assert clerk.post(url, {"title": "X"}).status_code == 403
    assert clerk.post(f"{BOOKS}archive/?id={offer.book_id}").status_code == 403


def test_staff_who_may_change_books_but_not_offers_change_no_stock(client):
    offer = OfferFactory(stock_quantity=3)
    clerk = employee(client, "change_book", "view_offer")
    url = f"{BOOKS}{offer.book_id}/change/"
    form = open_form(clerk, url) | {"offers-0-stock_change": "+5", "offers-0-price": "1.00"}
    assert save_form(clerk, url, form, title="Emma") == {}
    offer.refresh_from_db(), offer.book.refresh_from_db()
    assert (offer.book.title, offer.stock_quantity, offer.price) == ("Emma", 3, 10)


def test_contributors_are_merged_after_the_question_whose_name_stays(staff):
    book = BookFactory(authors=["J. Doe"])
    kept, other = ContributorFactory(name="Jane Doe"), Contributor.objects.get(name="J. Doe")
    chosen = {"action": "merge_selected", "_selected_action": [kept.pk, other.pk], "index": 0}
    question = staff.post("/admin/catalog/contributor/", chosen, follow=True)
    url = question.redirect_chain[-1][0]
    assert "Which name stays?" in question.text
    assert staff.post(url, {"kept": "0"}).status_code == 200
    assert Contributor.objects.filter(name="J. Doe").exists()
    staff.post(url, {"kept": kept.pk})
    assert list(book.contributors.all()) == [kept]
    assert not Contributor.objects.filter(name="J. Doe").exists()
