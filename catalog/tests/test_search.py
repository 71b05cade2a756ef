"""What shoppers type and what they find."""

from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from bookstore.core.tests.racing import PATIENCE, failures, race, wait_for_waiting
from catalog import services
from catalog.models import Book, BookSearch, Contributor, Role, SearchWord, StockMovement
from catalog.search.index import rank_books
from catalog.search.models import Tier
from catalog.search.vocabulary import refresh_vocabulary
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SeriesFactory

pytestmark = pytest.mark.django_db


def search(question: str, **params: Any) -> dict[str, Any]:
    response = APIClient().get("/api/v1/books", {"q": question, **params})
    assert response.status_code == 200, response.content
    return response.json()


def titles(question: str, **params: Any) -> list[str]:
    return [item["title"] for item in search(question, **params)["items"]]


@pytest.fixture
def shelf() -> None:
    BookFactory(title="Cien años de soledad", authors=["Gabriel García Márquez"])
    BookFactory(title="Don't Be Evil", authors=["Rana Foroohar"])
    BookFactory(title="Saatleri Ayarlama Enstitüsü", authors=["Celâl Üster"])
    BookFactory(title="The Fellowship of the Ring", authors=["J.R.R. Tolkien"], isbn="9780261102217", popularity=500)
    BookFactory(title="The Two Towers", authors=["J.R.R. Tolkien"], series=SeriesFactory(name="The Lord of the Rings"))
    BookFactory(title="Harry Potter and the Goblet of Fire", authors=["J.K. Rowling"], popularity=900)
    BookFactory(title="Clay", authors=["Ann Poter"])
    BookFactory(title="It", authors=["Stephen King"])
    BookFactory(
        title="Panserhjerte", authors=["Jo Nesbø"], genre=GenreFactory(name="Nordic noir"), publisher="Aschehoug"
    )
    BookFactory(title="百年の孤独", authors=["ガブリエル・ガルシア＝マルケス"], language="ja")
    refresh_vocabulary()


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("garcia marquez", "Cien años de soledad"),
        ("GARCÍA MÁRQUEZ soledad", "Cien años de soledad"),
        ("dont be evil", "Don't Be Evil"),
        ("don’t be evil", "Don't Be Evil"),
        ("celal", "Saatleri Ayarlama Enstitüsü"),
        ("9780261102217", "The Fellowship of the Ring"),
        ("0-261-10221-4", "The Fellowship of the Ring"),
        ("978-0-261-10221-7", "The Fellowship of the Ring"),
        ("lord rings", "The Two Towers"),
        ("It", "It"),
        ("nesbo", "Panserhjerte"),
        ("nordic NOIR", "Panserhjerte"),
        ("aschehoug", "Panserhjerte"),
        ("孤独", "百年の孤独"),
        ("百", "百年の孤独"),
    ],
)
def test_words_find_their_book(question, found):
    assert titles(question) == [found]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("question", "matched"),
    [
        ("0261102214", {"by": "isbn", "for": "9780261102217"}),
        ("Potter", {"by": "words", "for": "potter"}),
        ("harr", {"by": "prefix", "for": "harr"}),
        ("tolkein", {"by": "spelling", "for": "tolkien"}),
        ("hary potter", {"by": "spelling", "for": "harry potter"}),
        ("harry poter", {"by": "spelling", "for": "harry potter"}),  # though there is an author of that name
        ("zzyzx", None),
        ("9780306406157", None),
    ],
)
def test_the_answer_says_how_it_was_found(question, matched):
    assert search(question)["matched"] == matched


@pytest.mark.usefixtures("shelf")
def test_the_very_words_can_be_insisted_on():
    assert titles("tolkein") == ["The Fellowship of the Ring", "The Two Towers"]
    assert titles("tolkein", literal="true") == []


def test_without_words_nothing_is_matched():
    BookFactory()
    assert APIClient().get("/api/v1/books").json()["matched"] is None


def test_the_exact_title_comes_first_however_unpopular():
    for number in range(30):
        BookFactory(title=f"Emma and the World {number}", popularity=10_000)
    BookFactory(title="Emma", popularity=0)
    assert titles("emma")[0] == "Emma"


def test_the_exact_title_comes_first_also_among_more_than_are_ranked(monkeypatch):
    monkeypatch.setattr("catalog.search.finding.MOST_FOUND", 5)
    for number in range(10):
        BookFactory(title=f"Love {number}", popularity=100)
    BookFactory(title="Love", popularity=0)
    found = search("love")
    assert found["items"][0]["title"] == "Love"
    assert (found["total"], found["total_is_capped"], len(found["items"])) == (5, True, 5)


def test_a_word_in_the_title_counts_more_than_one_in_the_byline():
    BookFactory(title="Collected Stories", authors=["Iris Stone"])
    BookFactory(title="The Iris Garden")
    assert titles("iris") == ["The Iris Garden", "Collected Stories"]


def test_words_and_filters_go_together():
    cheap, dear = BookFactory(title="Sea Birds"), BookFactory(title="Sea Shells")
    OfferFactory(book=cheap, price=Decimal("5.00"))
    OfferFactory(book=dear, price=Decimal("50.00"))
    assert titles("sea", max_price="10") == ["Sea Birds"]
    assert titles("sea", sort="-price") == ["Sea Shells", "Sea Birds"]


def test_found_books_come_in_pages():
    for number in range(5):
        BookFactory(title=f"Winter {number}", popularity=5 - number)
    second = search("winter", size=2, page=2)
    assert [item["title"] for item in second["items"]] == ["Winter 2", "Winter 3"]
    assert (second["total"], second["next"]) == (5, None)


@pytest.mark.parametrize(
    "question",
    ["'", '"', "&", "|", "!", ":*", "\\", "%", "_", "( )", "' OR 1=1 --", "a' & !b:*", "\U0001f4da", "שלום עולם",
     "x" * 500, "a " * 250, "::tsquery", "\u0301", "\u200f", "1e5 3.14", "C++", "<b>"],
)  # fmt: skip
def test_any_question_is_safe(question):
    BookFactory(title="Plain")
    assert search(question)["total"] in (0, 1)


@pytest.mark.parametrize("question", ["x" * 501, "a\x00b"])
def test_too_long_a_question_and_nul_are_refused(question):
    assert APIClient().get("/api/v1/books", {"q": question}).status_code == 400


# The index follows


def test_a_renamed_author_genre_or_series_is_found_by_the_new_name():
    book = BookFactory(title="Untitled", authors=["Old Pen"], genre=GenreFactory(name="Olden"))
    author = Contributor.objects.get()
    author.name = "New Quill"
    author.save()
    services.change_genre(book.genre_id, name="Novelties")
    assert titles("quill") == titles("novelties") == ["Untitled"]
    assert titles("olden") == []


def test_a_changed_title_and_credit_are_found():
    book = BookFactory(title="Before")
    services.update_book(book.pk, {"title": "After"})
    services.credit(book, Role.TRANSLATOR, ["Tess Lator"])
    assert titles("before") == []
    assert titles("after") == titles("lator") == ["After"]


def test_an_archived_book_is_not_found():
    book = BookFactory(title="Gone")
    services.archive_book(book.pk)
    assert titles("gone") == []


def version_of_the_only_row() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text::bigint FROM catalog_booksearch")
        return cursor.fetchone()[0]


def test_a_change_of_price_or_stock_leaves_the_index_alone():
    offer = OfferFactory()
    before = version_of_the_only_row()
    services.change_offer(offer.pk, price=Decimal("3.00"), stock_quantity=0)
    assert version_of_the_only_row() == before


def test_the_vocabulary_learns_and_forgets():
    book = BookFactory(title="Quixotic")
    refresh_vocabulary()
    assert SearchWord.objects.get(word="quixotic").books == 1
    services.update_book(book.pk, {"title": "Sober"})
    refresh_vocabulary()
    assert not SearchWord.objects.filter(word="quixotic").exists()
    assert Book.objects.count() == 1


def test_merged_authors_are_one_and_their_books_are_found_by_the_name_kept():
    first, second = BookFactory(title="One", authors=["J. Doe"]), BookFactory(title="Two", authors=["Jane Doe"])
    both = BookFactory(title="Three", authors=["J. Doe", "Jane Doe"])
    kept, other = Contributor.objects.get(name="Jane Doe"), Contributor.objects.get(name="J. Doe")
    services.merge_contributors(kept.pk, [other.pk])
    assert [list(book.contributors.all()) for book in (first, second, both)] == [[kept]] * 3
    assert sorted(titles("jane doe")) == ["One", "Three", "Two"]
    assert first.byline == "J. Doe"


def test_popularity_counts_what_was_sold_lately_in_coarse_steps():
    many, few, none = (OfferFactory(stock_quantity=200) for _ in range(3))
    Book.objects.filter(pk=none.book_id).update(popularity=7, first_popularity=40)
    services.take_stock({many.pk: 187, few.pk: 3}, order_number="A-1")
    services.take_stock({many.pk: 1}, order_number="A-2")
    StockMovement.objects.filter(order_number="A-2").update(created_at=timezone.now() - timedelta(days=91))
    assert services.refresh_popularity() == 3
    books = Book.objects.order_by("pk").values_list("popularity", "search__popularity")
    assert list(books) == [(100, 100), (3, 3), (40, 40)]
    assert services.refresh_popularity() == 0


def test_beginnings_fill_up_to_as_many_as_are_ranked_and_no_more(monkeypatch):
    monkeypatch.setattr("catalog.search.finding.MOST_FOUND", 5)
    BookFactory(title="Sun")
    for number in range(8):
        BookFactory(title=f"Sunday {number}", popularity=100)
    found = search("sun")
    assert found["items"][0]["title"] == "Sun"
    assert (found["matched"]["by"], found["total"], found["total_is_capped"]) == ("prefix", 5, True)


def test_books_are_ranked_by_how_well_known_they_are_among_all():
    books = [BookFactory(popularity=popularity) for popularity in (0, 5, 90, 5, *[1] * 96)]
    rank_books()
    best, *well = BookSearch.objects.filter(tier__lt=Tier.REST).order_by("tier", "-popularity", "pk")
    assert (best.pk, best.tier) == (books[2].pk, Tier.BEST_KNOWN)
    assert [row.pk for row in well] == [books[place].pk for place in (1, 3, 4, 5, 6, 7, 8, 9, 10)]
    assert {row.tier for row in well} == {Tier.WELL_KNOWN}


@pytest.mark.django_db(transaction=True)
def test_ranking_waits_for_a_row_before_it_holds_a_later_one():
    rows = [BookFactory(popularity=popularity).search for popularity in (1, 2, 3)]
    BookSearch.objects.update(tier=Tier.BEST_KNOWN)
    is_held = Event()

    def index_first_and_last() -> None:
        with transaction.atomic():
            BookSearch.objects.select_for_update().get(pk=rows[0].pk)
            is_held.set()
            wait_for_waiting()
            BookSearch.objects.select_for_update(nowait=True).get(pk=rows[-1].pk)

    def rank() -> None:
        is_held.wait(PATIENCE)
        with connection.cursor() as cursor:
            for way in ("hashjoin", "mergejoin", "seqscan"):  # what is left goes from the best known to the least
                cursor.execute(f"SET enable_{way} = off")
        rank_books()

    assert failures(race(index_first_and_last, rank)) == []
    assert set(BookSearch.objects.values_list("tier", flat=True)) == {Tier.REST}


@pytest.mark.parametrize("filters", [{}, {"format": "PAPERBACK"}])
@pytest.mark.parametrize("most", [1, 3, 6, 20])
def test_of_more_than_are_ranked_the_best_known_are_found_wherever_the_search_stops(monkeypatch, filters, most):
    monkeypatch.setattr("catalog.search.finding.MOST_FOUND", most)
    monkeypatch.setattr("catalog.search.finding.FEW", 1)
    for popularity in range(10):
        BookFactory(title=f"Sea {popularity}", popularity=10 * popularity)
    tiers = {90: Tier.BEST_KNOWN, 80: Tier.WELL_KNOWN, 70: Tier.WELL_KNOWN}
    for popularity, tier in tiers.items():
        BookSearch.objects.filter(popularity=popularity).update(tier=tier)
    assert titles("sea", **filters) == [f"Sea {popularity}" for popularity in range(9, -1, -1)][:most]


def test_an_archived_book_leaves_no_words_behind():
    book = BookFactory(title="Lantern")
    services.archive_book(book.pk)
    assert BookSearch.objects.values_list("vector", "title_key").get(pk=book.pk) == ("", "lantern")
