"""What is suggested to somebody who is still typing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Book, Contributor
from catalog.search import suggesting
from catalog.search.vocabulary import refresh_vocabulary
from catalog.services import archive_book
from catalog.tests.factories import BookFactory, GenreFactory

pytestmark = pytest.mark.django_db


def suggest(question: str) -> list[dict[str, Any]]:
    response = APIClient().get("/api/v1/books/suggest", {"q": question})
    assert response.status_code == 200, response.content
    return response.json()["items"]


def labels(question: str, kind: str) -> list[str]:
    return [item["label"] for item in suggest(question) if item["kind"] == kind]


def test_books_authors_and_genres_are_suggested_with_their_pages() -> None:
    hob = BookFactory(title="Hob", authors=["Ada Hobb"])
    hobbies = GenreFactory(name="Hobbies")
    author = Contributor.objects.get()
    assert suggest("hob") == [
        {"kind": "book", "label": "Hob", "url": hob.get_absolute_url(), "id": hob.pk},
        {"kind": "author", "label": "Ada Hobb", "url": author.get_absolute_url(), "id": author.pk},
        {"kind": "genre", "label": "Hobbies", "url": hobbies.get_absolute_url(), "id": hobbies.pk},
    ]


def test_popular_books_come_first_and_fill_up_to_eight() -> None:
    for number in range(10):
        BookFactory(title=f"Winter {number}", popularity=number)
    assert labels("wint", "book") == [f"Winter {number}" for number in range(9, 1, -1)]


def test_what_is_called_just_so_comes_first_however_unpopular() -> None:
    BookFactory(title="Its Own Reward", popularity=100)
    BookFactory(title="It", popularity=0)
    assert labels("it", "book") == ["It", "Its Own Reward"]


def test_only_the_last_word_may_be_unfinished() -> None:
    BookFactory(title="Harry Potter")
    assert labels("harry pot", "book") == ["Harry Potter"]
    assert labels("harr potter", "book") == []


def test_books_are_suggested_by_their_author_too() -> None:
    BookFactory(title="Cien años de soledad", authors=["Gabriel García Márquez"])
    assert labels("garcia mar", "book") == ["Cien años de soledad"]
    assert labels("garcia mar", "author") == ["Gabriel García Márquez"]


def test_books_called_so_come_before_books_by_somebody_called_so() -> None:
    BookFactory(title="Plain", authors=["Ada Winter"], popularity=9)
    BookFactory(title="Winter", popularity=0)
    BookFactory(title="Winters", popularity=1)
    assert labels("winter", "book") == ["Winter", "Winters", "Plain"]


def test_books_are_not_suggested_for_their_genre() -> None:
    BookFactory(title="Dragon", genre=GenreFactory(name="Fantasy"))
    assert suggest("fant") == [suggest("fantasy")[0]]
    assert labels("fant", "genre") == ["Fantasy"]


def test_an_author_is_suggested_whose_books_are_little_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "WELL_KNOWN", 10)
    for number in range(10):
        BookFactory(title=f"Winter {number}", popularity=5)
    BookFactory(title="Plain", authors=["Ada Winterson"], popularity=0)
    assert labels("winter", "author") == ["Ada Winterson"]


def test_a_word_of_little_known_books_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "WELL_KNOWN", 2)
    for title in ("Winter", "Wintry", "Zebra"):
        BookFactory(title=title, popularity=len(title))
    BookFactory(title="Quixotic", popularity=0)
    assert labels("quix", "book") == ["Quixotic"]


def test_editions_of_one_title_are_one_suggestion() -> None:
    BookFactory(title="Emma", popularity=1)
    known = BookFactory(title="EMMA", popularity=2)
    assert [item["id"] for item in suggest("emm")] == [known.pk]


def test_spelling_is_corrected_where_nothing_begins_so() -> None:
    BookFactory(title="The Hobbit", authors=["J.R.R. Tolkien"])
    refresh_vocabulary()
    assert labels("tolkein", "book") == ["The Hobbit"]
    assert labels("tolkein", "author") == ["J.R.R. Tolkien"]


def test_an_isbn_suggests_its_book() -> None:
    BookFactory(title="Fellowship", isbn="9780261102217")
    assert labels("0-261-10221-4", "book") == ["Fellowship"]


def test_archived_books_are_not_suggested() -> None:
    archive_book(BookFactory(title="Gone").pk)
    assert suggest("gone") == []


@pytest.mark.parametrize(
    "question",
    ["", " ", "'", '"', "&", "|", "!", ":*", "\\", "%", "_", "( )", "a' & !b:*", "\U0001f4da", "שלום", "x" * 500,
     "a " * 250, "\u0301", "C++", "\\m"],
)  # fmt: skip
def test_any_question_is_safe(question: str) -> None:
    BookFactory(title="Plain", authors=["Bo"])
    assert suggest(question) == []


@pytest.mark.parametrize("question", ["x" * 501, "a\x00b"])
def test_too_long_a_question_and_nul_are_refused(question: str) -> None:
    assert APIClient().get("/api/v1/books/suggest", {"q": question}).status_code == 400


def test_without_a_question_nothing_is_suggested() -> None:
    assert APIClient().get("/api/v1/books/suggest").json() == {"items": []}


def test_queries_do_not_grow() -> None:
    counts = []
    for number in range(2):
        for each in range(8):
            BookFactory(title=f"Winter {number} {each}", authors=[f"Winter {number} {each}"])
        with CaptureQueriesContext(connection) as queries:
            suggest("winter")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7
    assert Book.objects.count() == 16
