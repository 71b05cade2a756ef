from decimal import Decimal

import pytest
from django.test import Client

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
