"""What was searched for in vain is noted, cheaply and without a word of who asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bookstore.core import advisory
from bookstore.core.tests.racing import race
from catalog.jobs import sweep_missed_searches
from catalog.models import MissedSearch
from catalog.search import missed
from catalog.search.index import index_books
from catalog.search.missed import note_missed
from catalog.search.vocabulary import refresh_vocabulary
from catalog.tests.factories import BookFactory, GenreFactory

pytestmark = pytest.mark.django_db

DOORS = {
    "page": lambda params: Client().get("/books/", params),
    "api": lambda params: APIClient().get("/api/v1/books", params),
}


@pytest.fixture(params=DOORS)
def search(request: pytest.FixtureRequest) -> Any:
    def search(question: str, **more: str) -> None:
        assert DOORS[request.param]({"q": question, **more}).status_code == 200

    return search


def noted() -> dict[str, int]:
    return dict(MissedSearch.objects.values_list("words", "count"))


def test_a_search_that_finds_nothing_is_noted_however_it_is_written(search):
    for question in ("Zürich Zebras", "zurich  zebras!", "ZÜRICH ZEBRAS"):
        search(question)
    search("Zürich Zebras", sort="price")
    assert noted() == {"zurich zebras": 4}
    assert timezone.now() - MissedSearch.objects.get().last_at < timedelta(minutes=1)


def test_an_isbn_that_the_shop_does_not_have_is_noted_as_13_digits(search):
    search("978-0-14-143954-9")
    assert noted() == {"9780141439549": 1}


def test_a_search_that_finds_something_or_is_narrowed_is_not_noted(search):
    book = BookFactory(title="Middlemarch")
    index_books([book.pk])
    refresh_vocabulary()
    genre = GenreFactory()
    search("middlemarch")
    search("middlemarhc")  # is corrected
    search("middlemarch", genre=genre.slug)
    search("zebras", genre=genre.slug)
    search("zebras", in_stock="true")
    search("?!")
    assert noted() == {}


@pytest.mark.parametrize("path", ["/api/v1/books/suggest", "/api/v1/books/facets"])
def test_what_is_asked_while_typing_is_not_noted(client, path):
    assert client.get(path, {"q": "zebr"}).status_code == 200
    assert noted() == {}


@pytest.mark.parametrize(
    "question",
    [
        "ada@example.com", "write to ada@example.com please", "+49 (30) 123-4567", "0301234567", "4111 1111 1111 1111",
        "word " * 21, "x" * 101, " ", "…",
    ],
)  # fmt: skip
def test_what_may_be_somebodys_own_or_pasted_is_not_noted(question):
    note_missed(question)
    assert noted() == {}


@pytest.mark.parametrize("question", ["1984", "catch 22", "x" * 60, "война и мир", "三体", "it's 3 2 1"])
def test_other_words_are_noted(question):
    note_missed(question)
    assert list(noted().values()) == [1]


def test_new_words_are_not_noted_once_the_table_is_full(monkeypatch):
    monkeypatch.setattr(missed, "MOST", 2)
    for question in ("one", "two", "three", "one"):
        note_missed(question)
    assert noted() == {"one": 2, "two": 1}


def test_the_sweep_forgets_what_is_old_and_then_what_was_asked_for_least(monkeypatch):
    monkeypatch.setattr(missed, "MOST", 4)
    monkeypatch.setattr(missed, "MOST_KEPT", 2)
    for question in ("old", "once", "twice", "twice", "thrice", "thrice", "thrice"):
        note_missed(question)
    old = timezone.now() - missed.KEPT_FOR - timedelta(minutes=1)
    MissedSearch.objects.filter(words="old").update(last_at=old)
    sweep_missed_searches.func()
    assert noted() == {"once": 1, "twice": 2, "thrice": 3}
    note_missed("more")
    sweep_missed_searches.func()
    assert noted() == {"twice": 2, "thrice": 3}


def test_a_note_that_fails_does_not_fail_the_search(search):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_missedsearch RENAME TO catalog_elsewhere")
    search("zebras")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_elsewhere RENAME TO catalog_missedsearch")
    assert noted() == {}


@pytest.mark.django_db(transaction=True)
def test_a_search_does_not_wait_for_another_that_notes_the_same_words():
    note_missed("zebras")
    with transaction.atomic():
        advisory.lock(["missed zebras"])
        MissedSearch.objects.select_for_update().get(pk="zebras")
        race(lambda: note_missed("zebras"), lambda: note_missed("lions"))
        assert noted() == {"zebras": 1, "lions": 1}
    note_missed("zebras")
    assert noted() == {"zebras": 2, "lions": 1}


@pytest.mark.django_db(transaction=True)
def test_notes_at_once_are_rows_of_their_own_and_none_is_written_twice():
    race(*[lambda: note_missed("zebras")] * 4, *[lambda: note_missed("lions")] * 4)
    counts = noted()
    assert counts.keys() == {"zebras", "lions"}
    assert all(1 <= count <= 4 for count in counts.values())
