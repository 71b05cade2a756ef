"""The sitemap names each page that is to be found once, and none that is not there."""

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookstore.web.models import ShopPage
from bookstore.web.seo import sitemaps
from bookstore.web.tests.heads import head_of
from bookstore.web.tests.shop import open_shop
from catalog.models import Book, Contributor
from catalog.services import archive_book, change_offer, update_book
from catalog.tests.factories import BookFactory, ContributorFactory, OfferFactory

pytestmark = pytest.mark.django_db

SITE = "https://shop.example"
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def small_parts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SITE_URL = SITE
    monkeypatch.setattr(sitemaps, "PART", 4)


def entries(client: Client, path: str) -> list[tuple[str, str | None]]:
    """Return the paths that a sitemap or its index names, each with when it changed."""
    response = client.get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/xml")
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own
    found = [(item.findtext(f"{NAMESPACE}loc"), item.findtext(f"{NAMESPACE}lastmod")) for item in root]
    assert found
    assert all(address and address.startswith(SITE) for address, _changed in found)
    return [(str(address).removeprefix(SITE), changed) for address, changed in found]


def parts(client: Client) -> list[str]:
    return [path for path, _changed in entries(client, "/sitemap.xml")]


def addresses(client: Client) -> list[str]:
    return [path for part in parts(client) for path, _changed in entries(client, part)]


def test_sitemap_names_every_public_book_once_and_no_archived_one(client: Client) -> None:
    books = [BookFactory() for _ in range(19)]
    for book in books[::3]:
        archive_book(book.pk)

    named = [path for path in addresses(client) if path.startswith("/books/") and path != "/books/"]

    public = [book.get_absolute_url() for number, book in enumerate(books) if number % 3]
    assert sorted(named) == sorted(public)


def test_every_address_is_a_page_that_calls_itself_so(client: Client) -> None:
    shop = open_shop()
    ShopPage.objects.create(title="Imprint", slug="imprint", text="We.")

    named = addresses(client)

    assert len(named) == len(set(named))
    expected = [
        "/",
        "/books/",
        *(each.get_absolute_url() for each in (shop.book, shop.author, shop.genre, shop.seller)),
    ]
    assert {*expected, "/pages/imprint/"} <= set(named)
    for path in named:
        assert head_of(client.get(path)).canonical in {SITE + path, None}


def test_parts_are_small_and_those_of_nothing_are_not_named(client: Client) -> None:
    first = BookFactory()
    last = BookFactory(pk=first.pk + 5 * sitemaps.PART)

    numbers = [first.pk // sitemaps.PART, last.pk // sitemaps.PART]

    assert [path for path in parts(client) if "books" in path] == [f"/sitemap-books-{n}.xml" for n in numbers]
    for gap in range(numbers[0] + 1, numbers[1]):
        assert client.get(f"/sitemap-books-{gap}.xml").status_code == 404


def test_book_stays_in_its_part(client: Client) -> None:
    books = [BookFactory() for _ in range(12)]
    before = {part: entries(client, part) for part in parts(client) if "books" in part}

    archive_book(books[0].pk)

    after = {part: entries(client, part) for part in parts(client) if "books" in part}
    changed = [part for part in before if before[part] != after.get(part)]
    assert changed == [f"/sitemap-books-{books[0].pk // sitemaps.PART}.xml"]


@pytest.mark.parametrize("path", ["/sitemap-books-0.xml", f"/sitemap-books-{10**30}.xml", "/sitemap-wishes-0.xml"])
def test_part_that_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_empty_shop_has_a_sitemap(client: Client) -> None:
    assert addresses(client) == ["/", "/books/"]


def test_sitemap_says_when_a_book_changed(client: Client) -> None:
    offer = OfferFactory(price=Decimal("7.00"))
    part = f"/sitemap-books-{offer.book_id // sitemaps.PART}.xml"
    before = dict(entries(client, part))

    Book.objects.update(updated_at="2020-01-01T00:00:00Z")
    assert dict(entries(client, part))[offer.book.get_absolute_url()] == "2020-01-01T00:00:00+00:00"
    change_offer(offer.pk, price=Decimal("8.00"))

    after = dict(entries(client, part))
    assert after.keys() == before.keys()
    assert not after[offer.book.get_absolute_url()].startswith("2020")


def test_who_has_it_already_is_told_so_until_it_changes(client: Client) -> None:
    book = BookFactory(title="Wind")
    for path in ["/sitemap.xml", f"/sitemap-books-{book.pk // sitemaps.PART}.xml"]:
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"if-none-match": etag}).status_code == 304

    update_book(book.pk, {"title": "Rain"})

    assert client.get(path, headers={"if-none-match": etag}).status_code == 200


def test_sitemap_is_compressed_for_who_takes_it(client: Client) -> None:
    for _ in range(4):
        BookFactory(title="x" * 80)
    part = next(path for path in parts(client) if "books" in path)

    answer = client.get(part, headers={"accept-encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    again = {"accept-encoding": "gzip", "if-none-match": answer.headers["ETag"]}
    assert client.get(part, headers=again).status_code == 304


def test_author_of_archived_books_only_is_not_named(client: Client) -> None:
    archive_book(BookFactory(authors=["Gone"]).pk)
    BookFactory(authors=["Here"])
    ContributorFactory(name="Never")

    named = [path for path in addresses(client) if path.startswith("/authors/")]

    assert named == [Contributor.objects.get(name="Here").get_absolute_url()]


def test_hidden_page_of_the_shop_is_not_named(client: Client) -> None:
    ShopPage.objects.create(title="Draft", slug="draft", text="We.", is_shown=False)

    assert not [path for path in addresses(client) if path.startswith("/pages/")]


def test_queries_do_not_grow(client: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert client.get(path).status_code == 200
        return len(counted)

    book = BookFactory()
    part = f"/sitemap-books-{book.pk // sitemaps.PART}.xml"
    few = [queries("/sitemap.xml"), queries(part)]
    for _ in range(20):
        BookFactory()

    assert [queries("/sitemap.xml"), queries(part)] == few
    assert few[0] <= 2 * len(sitemaps.KINDS)
    assert few[1] == 1
