"""How many books each further choice would leave."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Format, Genre, Seller
from catalog.search import facets
from catalog.search.vocabulary import refresh_vocabulary
from catalog.services import archive_book
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory

pytestmark = pytest.mark.django_db


def count(**params: Any) -> dict[str, Any]:
    response = APIClient().get("/api/v1/books/facets", params)
    assert response.status_code == 200, response.content
    return response.json()


def counts(name: str, **params: Any) -> dict[str, int]:
    return {row.get("value") or row["name"]: row["count"] for row in count(**params)[name]}


def total(**params: Any) -> int:
    return APIClient().get("/api/v1/books", params).json()["total"]


@pytest.fixture
def shelf() -> None:
    """Three books: a paperback and an e-book of travel, which is fiction; a hardcover of fiction."""
    fiction = GenreFactory(name="Fiction")
    travel = GenreFactory(name="Travel", parent=fiction)
    near, far = SellerFactory(name="Near"), SellerFactory(name="Far")
    wind = BookFactory(title="Sea Wind", genre=travel, format=Format.PAPERBACK, language="en")
    rain = BookFactory(title="Sea Rain", genre=travel, format=Format.EBOOK, language="en-US")
    snow = BookFactory(title="Snowstorm", genre=fiction, format=Format.HARDCOVER, language="de")
    OfferFactory(book=wind, seller=near, price=Decimal("4.99"))
    OfferFactory(book=wind, seller=far, price=Decimal("12.00"))
    OfferFactory(book=rain, seller=near, price=Decimal("10.00"), stock_quantity=0)
    OfferFactory(book=snow, seller=far, price=Decimal("70.00"), is_active=False)
    archive_book(BookFactory(title="Sea Gone", genre=travel).pk)


@pytest.mark.usefixtures("shelf")
def test_everything_is_counted() -> None:
    fiction, travel = Genre.objects.order_by("pk")
    near, far = Seller.objects.order_by("pk")
    assert count() == {
        "genres": [
            {"id": fiction.pk, "name": "Fiction", "slug": "fiction", "count": 3},
            {"id": travel.pk, "name": "Travel", "slug": "travel", "count": 2},
        ],
        "sellers": [
            {"id": near.pk, "name": "Near", "slug": "near", "count": 2},
            {"id": far.pk, "name": "Far", "slug": "far", "count": 1},
        ],
        "formats": [
            {"value": "EBOOK", "count": 1},
            {"value": "HARDCOVER", "count": 1},
            {"value": "PAPERBACK", "count": 1},
        ],
        "languages": [
            {"value": "en", "count": 2},
            {"value": "de", "count": 1},
            {"value": "en-US", "count": 1},
        ],
        "price_bands": [
            {"min": None, "max": "4.99", "count": 1},
            {"min": "5.00", "max": "9.99", "count": 0},
            {"min": "10.00", "max": "19.99", "count": 1},
            {"min": "20.00", "max": "49.99", "count": 0},
            {"min": "50.00", "max": None, "count": 0},
        ],
        "in_stock": 1,
        "is_capped": False,
    }  # fmt: skip


@pytest.mark.usefixtures("shelf")
def test_each_is_counted_under_all_the_others() -> None:
    chosen = {"genre": "travel", "format": "PAPERBACK"}
    assert counts("genres", **chosen) == {"Fiction": 1, "Travel": 1}
    assert counts("formats", **chosen) == {"PAPERBACK": 1, "EBOOK": 1}
    assert counts("languages", **chosen) == {"en": 1}
    assert count(**chosen, in_stock="false")["in_stock"] == 1


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    "chosen",
    [
        {}, {"genre": "travel"}, {"seller": "far"}, {"seller": "near", "in_stock": "true"}, {"max_price": "9.00"},
        {"min_price": "9.00", "language": "en"}, {"q": "sea"}, {"q": "sea", "format": "EBOOK"},
        {"author": "reader", "in_stock": "true", "seller": "far", "max_price": "20"},
    ],
)  # fmt: skip
def test_counts_are_what_the_list_would_show(chosen: dict[str, str]) -> None:
    found = count(**chosen)
    for row in found["genres"]:
        assert row["count"] == total(**{**chosen, "genre": row["slug"]})
    for row in found["sellers"]:
        assert row["count"] == total(**{**chosen, "seller": row["slug"]})
    for name, rows in (("format", found["formats"]), ("language", found["languages"])):
        for row in rows:
            assert row["count"] == total(**{**chosen, name: row["value"]})
    others = {name: value for name, value in chosen.items() if name not in ("min_price", "max_price")}
    for band in found["price_bands"]:
        ends = {f"{end}_price": band[end] for end in ("min", "max") if band[end]}
        assert band["count"] == total(**others, **ends)
    assert found["in_stock"] == total(**{**chosen, "in_stock": "true"})


@pytest.mark.usefixtures("shelf")
def test_what_a_search_found_is_counted() -> None:
    refresh_vocabulary()
    assert counts("formats", q="sea") == {"PAPERBACK": 1, "EBOOK": 1}
    assert counts("formats", q="snowst") == {"HARDCOVER": 1}
    assert counts("formats", q="snowstrom") == {"HARDCOVER": 1}
    assert counts("formats", q="snowstrom", literal="true") == {}
    assert counts("formats", q="zzyzx") == {}


@pytest.mark.usefixtures("shelf")
def test_where_a_filter_leaves_nothing_the_others_are_counted_all_the_same() -> None:
    assert counts("genres", q="sea", format="HARDCOVER") == {}
    assert counts("formats", q="sea", format="HARDCOVER") == {"PAPERBACK": 1, "EBOOK": 1}


def test_an_isbn_is_counted() -> None:
    BookFactory(isbn="9780261102217", format=Format.EBOOK)
    assert counts("formats", q="0-261-10221-4") == {"EBOOK": 1}


def test_counting_ends_at_the_cap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MOST_COUNTED", 3)
    for _ in range(3):
        BookFactory()
    assert (counts("formats"), count()["is_capped"]) == ({"PAPERBACK": 3}, False)
    BookFactory()
    assert (counts("formats"), count()["is_capped"]) == ({"PAPERBACK": 3}, True)
    assert count(language="de")["is_capped"] is True


def test_prices_are_grouped_in_the_store_s_currency(settings: Any) -> None:
    settings.STORE_CURRENCY = "JPY"
    assert [band["min"] for band in count()["price_bands"]] == [None, "500.00", "1000.00", "2000.00", "5000.00"]


@pytest.mark.parametrize("params", [{"genre": "none"}, {"min_price": "x"}, {"q": "x" * 501}, {"q": "\x00"}])
def test_a_wrong_parameter_is_refused(params: dict[str, str]) -> None:
    assert APIClient().get("/api/v1/books/facets", params).status_code == 400


@pytest.mark.usefixtures("shelf")
def test_the_page_s_part_has_every_count(client: Client) -> None:
    part = client.get("/books/facets/", {"language": "en", "min_price": "nonsense"}).text
    for words in ["Fiction (2)", "\N{EM SPACE}Travel (2)", "Paperback (1)", "Hardcover (0)", "English (2)", "Far (1)"]:
        assert words in part
    assert '<option value="en" selected>' in part


def test_the_page_s_part_marks_what_was_not_counted_to_the_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MOST_COUNTED", 1)
    BookFactory(), BookFactory()
    assert "Paperback (1+)" in client.get("/books/facets/").text


@pytest.mark.parametrize("params", [{}, {"q": "winter"}, {"q": "winter", "format": "PAPERBACK", "max_price": "20"}])
def test_queries_do_not_grow(params: dict[str, str]) -> None:
    amounts = []
    for number in range(2):
        for each in range(4):
            genre = GenreFactory(parent=GenreFactory())
            OfferFactory(book=BookFactory(title=f"Winter {number} {each}", genre=genre, language="en"))
        with CaptureQueriesContext(connection) as queries:
            count(**params)
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 14
