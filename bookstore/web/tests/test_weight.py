"""How heavy the pages are that shoppers see most, and how much they ask the database."""

import gzip
import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from bookstore.web.models import ShopPage
from bookstore.web.tests.browser import PHONE, Visit
from bookstore.web.tests.moving import COVERS_ARE_THERE, SHIFTS
from bookstore.web.tests.shop import LONG_TITLE, open_shop
from cart.services import Shopper, add_item
from catalog.models import Book, Genre, Series, StaffPick
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SeriesFactory
from orders.models import BoughtTogether
from wishlist.services import add_wish

pytestmark = pytest.mark.django_db

HEAVIEST = 100_000  # bytes, without covers
MOST_QUERIES = 15


@pytest.fixture
def reader() -> Client:
    """Somebody who is signed in, in a shop whose every shelf is full of books with long titles."""
    genres = [GenreFactory(name=f"A genre with quite a long name {n}") for n in range(3)]
    series = SeriesFactory()
    add_books(30, genres, series)
    for number in range(5):
        ShopPage.objects.create(title=f"Page {number}", slug=f"page-{number}", text="x")
    client, user = Client(), UserFactory()
    client.force_login(user)
    for book in Book.objects.all()[:12]:
        add_wish(user, book.pk)
        client.get(book.get_absolute_url())
        add_item(Shopper(user_id=user.pk), book.pk)
        StaffPick.objects.create(book=book, note="Why we like it. " * 25)
    first = Book.objects.earliest("pk")
    for other in BookFactory.create_batch(6, title=LONG_TITLE, authors=["Somebody Else"]):
        BoughtTogether.objects.create(book=first, other=other, score=1)
    return client


def add_books(count: int, genres: list[Genre], series: Series) -> None:
    for number in range(count):
        book = BookFactory(
            title=f"{number} {LONG_TITLE}"[:186], genre=genres[number % len(genres)], series=series,
            series_number=str(number),
        )  # fmt: skip
        for seller_price in ("9.00", "12.00"):
            OfferFactory(book=book, price=Decimal(seller_price))
    Book.objects.update(turned_at="2099-01-01T00:00Z")


def paths() -> dict[str, str]:
    return {"home": "/", "list": "/books/", "book": Book.objects.earliest("pk").get_absolute_url(), "cart": "/cart/"}


def weight_of(page: Any) -> int:
    """Count the bytes that a browser loads: the page, and its styles, scripts and signs, as the shop sends them."""
    assert page.headers["Content-Encoding"] == "gzip"
    parts = set(re.findall(r'(?:href|src)="/static/([^"]+)"', gzip.decompress(page.content).decode()))
    assert {"css/shop.css", "js/shop.js"} < parts
    return len(page.content) + sum(len(gzip.compress(read(part))) for part in parts)


def read(part: str) -> bytes:
    with open(finders.find(part), "rb") as file:
        return file.read()


@pytest.mark.parametrize("name", ["home", "list", "book", "cart"])
def test_page_is_light(reader: Client, name: str) -> None:
    page, compressed = reader.get(paths()[name]), reader.get(paths()[name], headers={"Accept-Encoding": "gzip"})

    assert page.status_code == 200
    assert len(page.content) < HEAVIEST
    assert weight_of(compressed) < HEAVIEST


def test_pages_that_are_weighed_have_every_shelf(reader: Client) -> None:
    page = reader.get("/").text

    for name in ("picks", "arrivals", "seen", "returned", "popular", "by-genre"):
        assert f'id="{name}"' in page
    assert 'id="others"' in reader.get(paths()["book"]).text


@pytest.mark.parametrize("name", ["home", "list", "book", "cart"])
def test_page_asks_little_however_many_books_there_are(reader: Client, name: str) -> None:
    reader.get(paths()[name])  # the first page of a session notes that it is used
    with CaptureQueriesContext(connection) as few:
        reader.get(paths()[name])
    add_books(10, list(Genre.objects.all()), Series.objects.get())
    with CaptureQueriesContext(connection) as many:
        reader.get(paths()[name])

    assert len(few) <= MOST_QUERIES
    assert len(many) == len(few)


def test_covers_keep_their_place_before_they_are_there(reader: Client) -> None:
    for path in paths().values():
        pictures = re.findall(r"<img [^>]+>", reader.get(path).text)
        assert pictures
        assert [picture for picture in pictures if 'width="400" height="600"' not in picture] == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["home", "list", "book"])
def test_nothing_moves_while_the_covers_come(visit: Visit, name: str) -> None:
    open_shop()
    page = visit(paths()[name], viewport=PHONE)
    page.wait_for_function(COVERS_ARE_THERE)

    assert page.evaluate(SHIFTS) < 0.01

    page.locator("main").evaluate("main => { main.style.marginBlockStart = '300px' }")
    assert page.evaluate(SHIFTS) > 0.01
