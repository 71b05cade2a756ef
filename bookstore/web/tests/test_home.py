from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Book, StaffPick
from catalog.services import archive_book
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory

pytestmark = pytest.mark.django_db


def test_empty_shop_still_has_a_home(client: Client) -> None:
    response = client.get("/")

    assert response.status_code == 200
    assert "The shelves are still empty." in response.text


def test_window_shows_the_best_known_books_that_are_there(client: Client) -> None:
    OfferFactory(book=BookFactory(title="Gone", popularity=9), stock_quantity=0)
    known = OfferFactory(book=BookFactory(popularity=5)).book
    unknown = OfferFactory(book=BookFactory(popularity=1)).book

    assert client.get("/").context["window"] == [known, unknown]


def test_new_books_come_newest_first_and_are_for_sale(client: Client) -> None:
    old = OfferFactory(stock_quantity=0).book
    new = OfferFactory(price=Decimal("7.00")).book
    BookFactory(title="Nobody offers it")
    archive_book(OfferFactory().book.pk)

    assert client.get("/").context["arrivals"] == [new, old]


def test_new_books_show_also_where_nobody_offers_any(client: Client) -> None:
    book = BookFactory()

    assert client.get("/").context["arrivals"] == [book]


def test_genres_stand_below_their_parents(client: Client) -> None:
    fiction = GenreFactory(name="Fiction")
    travel = GenreFactory(name="Travel", parent=fiction)
    GenreFactory(name="Deep travel", parent=travel)
    art = GenreFactory(name="Art")

    assert client.get("/").context["genres"] == [(art, []), (fiction, [travel])]


def test_picks_show_with_their_notes_in_the_order_of_the_staff(client: Client) -> None:
    StaffPick.objects.create(book=BookFactory(title="Rain"), note="Read it <slowly>.", position=2)
    StaffPick.objects.create(book=BookFactory(title="Wind"), note="At night.", position=1)
    StaffPick.objects.create(book=BookFactory(), note="Not yet.", is_active=False)
    archived = StaffPick.objects.create(book=BookFactory(), note="Gone.")
    archive_book(archived.book.pk)

    page = client.get("/")

    assert [pick.book.title for pick in page.context["picks"]] == ["Wind", "Rain"]
    assert "Read it &lt;slowly&gt;." in page.text


def test_books_that_came_back_lately_show_the_latest_first(client: Client) -> None:
    def returned(**ago: Any) -> Book:
        book = OfferFactory().book
        Book.objects.filter(pk=book.pk).update(turned_at=timezone.now() - timedelta(**ago))
        return book

    earlier, latest = returned(days=3), returned(hours=1)
    returned(days=31)
    Book.objects.update_or_create(pk=BookFactory().pk, defaults={"turned_at": timezone.now()})  # gone

    assert list(client.get("/").context["returned"]) == [latest, earlier]


def test_genre_has_a_shelf_where_well_known_books_fill_one(client: Client) -> None:
    fiction, art = GenreFactory(name="Fiction"), GenreFactory(name="Art")
    travel = GenreFactory(name="Travel", parent=fiction)
    shown_above = [OfferFactory(book=BookFactory(popularity=90, genre=art)).book for _number in range(10)]
    books = [OfferFactory(book=BookFactory(popularity=80 - n, genre=travel)).book for n in range(7)]
    OfferFactory(book=BookFactory(genre=travel, popularity=99), stock_quantity=0)

    page = client.get("/")

    assert page.context["genre_shelves"] == [(fiction, books[:6])]
    assert {*page.context["window"], *page.context["popular"]} == {*shown_above}


def test_nothing_is_shown_where_there_is_nothing(client: Client) -> None:
    BookFactory()

    page = client.get("/").text

    for name in ("picks", "seen", "returned", "popular", "by-genre"):
        assert f'id="{name}"' not in page
    assert 'id="arrivals"' in page
