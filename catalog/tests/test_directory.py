"""The page of all genres: a tree, with how many books are in each."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Book
from catalog.services import archive_book
from catalog.tests.factories import BookFactory, GenreFactory
from catalog.web import directory

pytestmark = pytest.mark.django_db


def tree(places: list[Any]) -> list[Any]:
    return [(place.genre.name, place.count, tree(place.below)) for place in places]


def test_genres_stand_as_a_tree_with_the_books_of_all_below(client: Client) -> None:
    fiction, art = GenreFactory(name="Fiction"), GenreFactory(name="Art")
    travel = GenreFactory(name="Travel", parent=fiction)
    deep = GenreFactory(name="Deep & far", parent=travel)
    for genre in (fiction, travel, deep, deep, None):
        BookFactory(genre=genre)
    archive_book(BookFactory(genre=art).pk)

    page = client.get("/genres/")

    below = [("Travel", 3, [("Deep & far", 2, [])])]
    assert tree(page.context["places"]) == [("Art", 0, []), ("Fiction", 4, below)]
    assert f'<a href="{deep.get_absolute_url()}">Deep &amp; far</a> <span class="soft small">(2)</span>' in page.text


def test_no_more_are_counted_than_needed_and_it_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_COUNTED", 2)
    fiction = GenreFactory(name="Fiction")
    many, few = (GenreFactory(name=name, parent=fiction) for name in ("Many", "Some"))
    for genre in (many, many, many, few, few):
        BookFactory(genre=genre)

    page = client.get("/genres/").text

    for name, words in (("Fiction", "(4+)"), ("Many", "(2+)"), ("Some", "(2)")):
        assert f'{name}</a> <span class="soft small">{words}</span>' in page


def test_shop_without_genres_says_so_and_asks_nobody_to_find_it(client: Client) -> None:
    page = client.get("/genres/").text

    assert "The books here are not sorted by genre yet." in page
    assert 'content="noindex"' in page
    assert "/genres/</loc>" not in client.get("/sitemap-shop.xml").text


def test_page_is_found_from_the_header_and_by_search_engines(client: Client) -> None:
    GenreFactory()

    assert '<a class="way" href="/genres/">Genres</a>' in client.get("/").text
    assert "/genres/</loc>" in client.get("/sitemap-shop.xml").text


def test_queries_do_not_grow(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert client.get("/genres/").status_code == 200
        return len(counted)

    BookFactory(genre=GenreFactory())
    few = queries()
    for _number in range(5):
        BookFactory(genre=GenreFactory(parent=Book.objects.latest("pk").genre))

    assert (queries(), few) == (few, 3)
