"""New books as Atom, which any reader of feeds takes. Source: RFC 4287"""

from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from bookstore.web.seo import feeds
from bookstore.web.tests.heads import Head, head_of
from catalog.services import archive_book, update_book
from catalog.tests.factories import BookFactory, GenreFactory

pytestmark = pytest.mark.django_db

SITE = "https://shop.example"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def read(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)  # noqa: S314 - our own


def titles(feed: Any) -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def test_feed_names_new_books_first_and_no_archived_ones(client: Client) -> None:
    for title in ("Old", "Gone", "New"):
        book = BookFactory(title=title)
        if title == "Gone":
            archive_book(book.pk)

    assert titles(read(client, "/books/new.atom")) == ["New", "Old"]


def test_feed_of_a_genre_has_the_books_of_those_below_it(client: Client) -> None:
    fiction = GenreFactory(name="Fiction")
    BookFactory(title="Wind", genre=GenreFactory(name="Travel", parent=fiction))
    BookFactory(title="Snow")

    feed = read(client, "/genres/fiction/new.atom")

    assert titles(feed) == ["Wind"]
    assert feed.findtext(f"{ATOM}title") == "New in Fiction · Quire Books"
    assert client.get("/genres/none/new.atom").status_code == 404


def test_feed_has_what_atom_asks_for(client: Client) -> None:
    book = BookFactory(
        title="Sea & <b>Wind</b>", authors=["Ada"], genre=GenreFactory(name="Travel"), description="1 < 2"
    )

    feed = read(client, "/books/new.atom")
    book.refresh_from_db()

    (entry,) = feed.iter(f"{ATOM}entry")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"alternate": f"{SITE}/books/?sort=-created_at", "self": f"{SITE}/books/new.atom"}
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Quire Books"
    assert entry.find(f"{ATOM}link").get("href") == SITE + book.get_absolute_url()
    assert entry.findtext(f"{ATOM}title") == "Sea & <b>Wind</b>"
    assert entry.findtext(f"{ATOM}summary") == "1 &lt; 2"
    assert (entry.findtext(f"{ATOM}author/{ATOM}name"), entry.find(f"{ATOM}category").get("term")) == ("Ada", "Travel")
    for part in (feed, entry):
        changed = parse_datetime(part.findtext(f"{ATOM}updated"))
        assert changed and abs((changed - book.updated_at).total_seconds()) < 1
        assert part.findtext(f"{ATOM}id")


def test_book_keeps_its_id_whatever_becomes_of_its_title(client: Client) -> None:
    book = BookFactory(title="Wind")
    before = read(client, "/books/new.atom").find(f"{ATOM}entry")

    update_book(book.pk, {"title": "Rain"})

    after = read(client, "/books/new.atom").find(f"{ATOM}entry")
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert after.findtext(f"{ATOM}title") == "Rain"


def test_characters_that_xml_cannot_hold_are_left_out(client: Client) -> None:
    BookFactory(title="Wi\x0bnd\ufffe", authors=["A\x1fda"], description="\x08Windy")

    (entry,) = read(client, "/books/new.atom").iter(f"{ATOM}entry")

    assert [entry.findtext(f"{ATOM}{part}") for part in ("title", "summary")] == ["Wind", "Windy"]
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Ada"


def test_feed_of_an_empty_shop_is_one_still(client: Client) -> None:
    feed = read(client, "/books/new.atom")

    assert titles(feed) == []
    assert feed.findtext(f"{ATOM}updated")


def test_feed_ends_with_the_newest(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "NEWEST", 2)
    for title in "abc":
        BookFactory(title=title)

    assert titles(read(client, "/books/new.atom")) == ["c", "b"]


def test_who_has_it_already_is_told_so_until_a_book_comes(client: Client) -> None:
    BookFactory()
    etag = client.get("/books/new.atom").headers["ETag"]

    assert client.get("/books/new.atom", headers={"if-none-match": etag}).status_code == 304
    BookFactory()
    assert client.get("/books/new.atom", headers={"if-none-match": etag}).status_code == 200


def test_pages_tell_readers_of_feeds_where_they_are(client: Client) -> None:
    genre = GenreFactory(name="Travel")
    book = BookFactory(genre=genre)

    def feeds_of(head: Head) -> list[str]:
        return head.links["alternate"]

    assert feeds_of(head_of(client.get("/"))) == feeds_of(head_of(client.get(book.get_absolute_url())))
    assert sorted(feeds_of(head_of(client.get(genre.get_absolute_url())))) == [
        "/books/new.atom",
        "/genres/travel/new.atom",
    ]


def test_address_is_the_shops_whatever_the_request_says(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    BookFactory()

    assert "evil" not in client.get("/books/new.atom", headers={"host": "evil.example"}).text


def test_queries_do_not_grow(client: Client) -> None:
    genre = GenreFactory(name="Travel")
    counts = []
    for _ in range(2):
        for _ in range(5):
            BookFactory(genre=genre)
        with CaptureQueriesContext(connection) as counted:
            read(client, "/genres/travel/new.atom")
        counts.append(len(counted))

    assert counts[0] == counts[1] <= 4
