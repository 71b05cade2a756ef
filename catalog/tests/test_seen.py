import pytest
from django.test import Client

from catalog.models import Book
from catalog.services import archive_book
from catalog.tests.factories import BookFactory, OfferFactory
from catalog.web.seen import COOKIE, MOST, SIGNER

pytestmark = pytest.mark.django_db


def look_at(client: Client, *books: Book, **headers: str) -> None:
    for book in books:
        assert client.get(book.get_absolute_url(), headers=headers).status_code == 200


def seen(client: Client, **headers: str) -> list[Book]:
    return client.get("/books/seen/", headers=headers).context["books"]


def test_books_that_were_looked_at_are_found_again_the_last_first(client: Client) -> None:
    wind, rain = OfferFactory().book, BookFactory()
    look_at(client, wind, rain, wind)

    assert seen(client) == [wind, rain]
    assert 'id="seen"' in client.get("/").text
    assert seen(Client()) == []


def test_only_the_last_dozen_is_kept(client: Client) -> None:
    books = BookFactory.create_batch(MOST + 2)
    look_at(client, *books)

    assert seen(client) == books[: -MOST - 1 : -1]


def test_archived_book_is_no_longer_among_them(client: Client) -> None:
    book = BookFactory()
    look_at(client, book)
    archive_book(book.pk)

    assert seen(client) == []


def test_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: Client) -> None:
    look_at(client, BookFactory())

    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert 0 < cookie["max-age"] <= 60 * 24 * 3600


@pytest.mark.parametrize("value", ["", "1-2", "x", "1.2.3", "é", SIGNER.sign("1")[:-1], "9" * 5000])
def test_cookie_that_is_not_ours_is_none(client: Client, value: str) -> None:
    book = BookFactory()
    client.cookies[COOKIE] = value

    assert seen(client) == []
    look_at(client, book)
    assert seen(client) == [book]


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_nothing_is_kept_or_shown_where_the_browser_asks_sites_not_to(client: Client, header: str) -> None:
    book, other = BookFactory.create_batch(2)
    look_at(client, book)
    look_at(client, other, **{header: "1"})

    assert seen(client, **{header: "1"}) == []
    assert 'id="seen"' not in client.get("/", headers={header: "1"}).text
    assert seen(client) == [book]


def test_reader_forgets_the_list(client: Client) -> None:
    book = BookFactory()
    look_at(client, book)

    assert client.post("/books/seen/", {"keep": "on"}).status_code == 302
    assert seen(client) == []
    look_at(client, book)
    assert seen(client) == [book]


def test_reader_has_none_kept_until_they_want_it_again(client: Client) -> None:
    book = BookFactory()
    look_at(client, book)
    client.post("/books/seen/", {"keep": "off"})
    look_at(client, book)
    assert seen(client) == []

    client.post("/books/seen/", {"keep": "on"})
    look_at(client, book)
    assert seen(client) == [book]


def test_page_that_a_browser_fetches_ahead_is_not_looked_at(client: Client) -> None:
    book = BookFactory()
    client.head(book.get_absolute_url())
    look_at(client, book, **{"Sec-Purpose": "prefetch;prerender"})

    assert COOKIE not in client.cookies
