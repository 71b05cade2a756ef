from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models.signals import post_save

from bookstore.core.audit import all_checks
from catalog import services
from catalog.importing import Request, find_layout, run_import
from catalog.models import Book, Contributor, Offer, StockMovement
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory
from catalog.tests.files import ISBNS, counts, run, write_csv
from orders.tests.factories import bought

pytestmark = pytest.mark.django_db

LOW: dict[str, Any] = {"isbn": ISBNS[0], "title": "The Low Road"}
HIGH: dict[str, Any] = {"isbn": ISBNS[1], "title": "The High Road"}


def reasons(notes: list[Any]) -> list[tuple[int, str, str]]:
    return [(note.line, note.kind, note.reason) for note in notes]


def faults() -> list[str]:
    return [fault for check in all_checks().values() for fault in check()]


def test_new_book_comes_with_its_people_series_genre_and_offer(tmp_path: Path):
    genre = GenreFactory(name="Travel")
    row = {
        **LOW,
        "authors": "Ada Reader;Ben Writer",
        "illustrators": "Cora Pen",
        "genre": "travel",
        "series": "Roads",
        "series_number": "1",
        "popularity": "12",
        "price": "9.99",
        "stock_quantity": "3",
    }
    account, notes = run(write_csv(tmp_path, row))
    book = Book.objects.get()
    assert (counts(account), account.offers, notes) == ((1, 0, 0, 0), 1, [])
    assert (book.isbn, book.byline, book.genre, str(book.series)) == (
        ISBNS[0],
        "Ada Reader, Ben Writer",
        genre,
        "Roads",
    )
    assert (book.sort_title, book.popularity) == ("the low road", 12)
    assert [str(credit) for credit in book.contributions.all()] == [
        "Ada Reader (author)",
        "Cora Pen (illustrator)",
        "Ben Writer (author)",
    ]
    assert (book.price, book.in_stock) == (Decimal("9.99"), True)
    assert list(StockMovement.objects.values_list("delta", "reason", "reference")) == [
        (3, "COUNTED", "import books.csv")
    ]


def test_price_without_stock_is_an_offer_without_copies(tmp_path: Path):
    run(write_csv(tmp_path, {**LOW, "price": "9.99"}))
    assert list(Offer.objects.values_list("price", "stock_quantity")) == [(Decimal("9.99"), 0)]


def test_book_without_price_comes_without_an_offer(tmp_path: Path):
    account, notes = run(write_csv(tmp_path, {**LOW, "stock_quantity": "3"}))
    assert (counts(account), Offer.objects.count()) == ((1, 0, 0, 0), 0)
    assert reasons(notes) == [(2, "warning", "stock_quantity: copies without a price are not for sale. Left out.")]


def test_unknown_genre_is_told_and_the_book_comes_without(tmp_path: Path):
    _account, notes = run(write_csv(tmp_path, {**LOW, "genre": "Roads"}))
    assert reasons(notes) == [(2, "warning", "genre: there is no “Roads”. Left out.")]
    assert Book.objects.get().genre is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"isbn": ISBNS[0]}, "A new book needs a title."),
        ({**LOW, "seller": "nobody"}, "There is no seller “nobody”."),
    ],
)
def test_rejected_row_is_told_and_writes_nothing(tmp_path: Path, row: dict[str, Any], reason: str):
    account, notes = run(write_csv(tmp_path, {**row, "authors": "Ada Reader"}, HIGH))
    assert counts(account) == (1, 0, 0, 1)
    assert reasons(notes) == [(2, "rejected", reason)]
    assert (Book.objects.get().title, Contributor.objects.count()) == ("The High Road", 0)


def test_seller_of_the_row_goes_before_the_runs_and_that_before_the_store(tmp_path: Path):
    of_row, of_run = SellerFactory(name="Harbour"), SellerFactory()
    path = write_csv(tmp_path, {**LOW, "seller": "harbour"}, HIGH)
    run(path, price=Decimal(5), seller_id=of_run.pk)
    run(path, price=Decimal(5))
    offers = Offer.objects.order_by("pk").values_list("book__isbn", "seller")
    assert list(offers) == [
        (ISBNS[0], of_row.pk),
        (ISBNS[1], of_run.pk),
        (ISBNS[1], services.store_seller().pk),
    ]


# What a later run does


def test_second_run_changes_nothing(tmp_path: Path):
    row = {
        **LOW,
        "authors": "Ada Reader",
        "series": "Roads",
        "publish_date": "2001-12-31",
        "price": "9.99",
        "pages": "7",
    }
    path = write_csv(tmp_path, row, {**HIGH, "source": "acme", "source_id": "2"})
    run(path, price=Decimal(5), stock_quantity=1)
    before = list(Book.objects.values())
    account, _notes = run(path, price=Decimal(5), stock_quantity=1)
    assert (counts(account), account.offers) == ((0, 0, 2, 0), 0)
    assert list(Book.objects.values()) == before
    assert (Offer.objects.count(), StockMovement.objects.count(), Contributor.objects.count()) == (2, 2, 1)


def test_first_terms_are_not_put_again_after_a_sale_or_on_a_withdrawn_offer(tmp_path: Path):
    path = write_csv(tmp_path, LOW, HIGH)
    run(path, price=Decimal(5), stock_quantity=1)
    sold, withdrawn = Offer.objects.order_by("pk")
    bought(sold)
    services.withdraw_offer(withdrawn.pk)
    account, _notes = run(path, price=Decimal(6), stock_quantity=9)
    assert counts(account) == (0, 0, 2, 0)
    assert list(Offer.objects.order_by("pk").values_list("price", "stock_quantity", "is_active")) == [
        (Decimal(5), 0, True),
        (Decimal(5), 1, False),
    ]
    assert faults() == []


@pytest.mark.parametrize(
    ("terms", "price", "stock"),
    [
        ({"price": "7"}, 7, 3),
        ({"stock_quantity": "8"}, 10, 8),
        ({"price": "7", "stock_quantity": "0"}, 7, 0),
    ],
)
def test_price_and_stock_in_the_file_are_set(tmp_path: Path, terms: dict[str, str], price: int, stock: int):
    offer = OfferFactory(book=BookFactory(isbn=ISBNS[0]), seller=services.store_seller())
    account, _notes = run(write_csv(tmp_path, {"isbn": ISBNS[0], **terms}), price=Decimal(1), stock_quantity=1)
    offer.refresh_from_db()
    assert (offer.price, offer.stock_quantity) == (price, stock)
    assert (counts(account), account.offers, faults()) == ((0, 1, 0, 0), 1, [])


def test_price_in_the_file_takes_a_withdrawn_offer_up_again(tmp_path: Path):
    offer = OfferFactory(book=BookFactory(isbn=ISBNS[0]), seller=services.store_seller())
    services.withdraw_offer(offer.pk)
    run(write_csv(tmp_path, {"isbn": ISBNS[0], "price": "7"}))
    offer.refresh_from_db()
    assert (offer.price, offer.is_active, offer.withdrawn_at, faults()) == (7, True, None, [])


def test_only_what_the_file_states_is_changed(tmp_path: Path):
    book = BookFactory(isbn=ISBNS[0], title="Ä Road", subtitle="Low", pages=7, popularity=5, authors=["Ada Reader"])
    row = {"isbn": ISBNS[0], "title": "Ö Road", "subtitle": "", "pages": "8", "popularity": "99"}
    account, _notes = run(write_csv(tmp_path, row))
    changed = Book.objects.get()
    assert counts(account) == (0, 1, 0, 0)
    assert (changed.title, changed.sort_title, changed.subtitle, changed.pages) == ("Ö Road", "o road", "Low", 8)
    assert (changed.popularity, changed.byline, changed.created_at) == (5, "Ada Reader", book.created_at)
    assert changed.updated_at > book.updated_at


def test_people_of_a_role_are_exchanged_in_their_order(tmp_path: Path):
    book = BookFactory(isbn=ISBNS[0], authors=["Ada Reader", "Ben Writer"])
    services.credit(book, "B06", ["Cora Turner"])
    account, _notes = run(write_csv(tmp_path, {"isbn": ISBNS[0], "authors": "Ben Writer; ADA READER"}))
    credits = book.contributions.order_by("role", "position")
    assert [str(credit) for credit in credits] == [
        "Ben Writer (author)",
        "Ada Reader (author)",
        "Cora Turner (translator)",
    ]
    assert (counts(account), Book.objects.get().byline) == ((0, 1, 0, 0), "Ben Writer, ADA READER")


def test_byline_as_printed_goes_before_the_one_that_names_make_and_stays_while_they_do(tmp_path: Path):
    row = {**LOW, "authors": "Ada Reader;Ben Writer"}
    run(write_csv(tmp_path, {**row, "byline": "Ada Reader and Ben Writer"}))
    account, _notes = run(write_csv(tmp_path, row))
    assert (counts(account), Book.objects.get().byline) == ((0, 0, 1, 0), "Ada Reader and Ben Writer")


def test_number_belongs_to_its_series(tmp_path: Path):
    run(write_csv(tmp_path, {**LOW, "series": "Roads", "series_number": "2"}))
    run(write_csv(tmp_path, {**LOW, "series": "ROADS"}))
    assert Book.objects.get().series_number == "2"
    run(write_csv(tmp_path, {**LOW, "series": "Lanes"}))
    assert Book.objects.get().series_number == ""


def test_new_copies_are_heard_of_by_those_who_listen(tmp_path: Path):
    heard: list[tuple[int, bool]] = []

    def listen(instance: StockMovement, **kwargs: Any) -> None:
        heard.append((instance.delta, Book.objects.get(pk=instance.offer.book_id).in_stock))

    post_save.connect(listen, sender=StockMovement)
    try:
        run(write_csv(tmp_path, LOW), price=Decimal(5), stock_quantity=3)
    finally:
        post_save.disconnect(listen, sender=StockMovement)
    assert heard == [(3, True)]


# Which book a row is about


def test_book_is_recognised_by_isbn_and_learns_its_source(tmp_path: Path):
    book = BookFactory(isbn=ISBNS[0])
    account, _notes = run(write_csv(tmp_path, {**LOW, "source": "acme", "source_id": "1"}))
    book.refresh_from_db()
    assert (counts(account), book.source, book.source_id) == ((0, 1, 0, 0), "acme", "1")


def test_book_of_another_source_keeps_it(tmp_path: Path):
    BookFactory(isbn=ISBNS[0], title="The Low Road", source="other", source_id="9")
    account, _notes = run(write_csv(tmp_path, {**LOW, "source": "acme", "source_id": "1"}))
    assert (counts(account), Book.objects.get().source) == ((0, 0, 1, 0), "other")


def test_book_is_recognised_by_its_source_and_learns_its_isbn(tmp_path: Path):
    book = BookFactory(source="acme", source_id="1")
    account, _notes = run(write_csv(tmp_path, {**LOW, "source": "acme", "source_id": "1"}))
    book.refresh_from_db()
    assert (counts(account), book.isbn) == ((0, 1, 0, 0), ISBNS[0])


def test_book_of_the_same_title_and_author_is_another_one(tmp_path: Path):
    BookFactory(title="The Low Road", authors=["Ada Reader"])
    account, _notes = run(write_csv(tmp_path, {**LOW, "authors": "Ada Reader"}))
    assert (counts(account), Book.objects.count()) == ((1, 0, 0, 0), 2)


def test_archived_book_is_not_recognised(tmp_path: Path):
    services.archive_book(BookFactory(isbn=ISBNS[0]).pk)
    account, _notes = run(write_csv(tmp_path, LOW))
    assert (counts(account), Book.objects.public().get().title) == ((1, 0, 0, 0), "The Low Road")


def test_row_that_two_books_claim_is_rejected(tmp_path: Path):
    BookFactory(isbn=ISBNS[0])
    BookFactory(source="acme", source_id="1")
    before = list(Book.objects.values())
    account, notes = run(write_csv(tmp_path, {**LOW, "source": "acme", "source_id": "1"}))
    assert counts(account) == (0, 0, 0, 1)
    assert reasons(notes) == [(2, "rejected", "Its ISBN is that of one book, its source and id are those of another.")]
    assert list(Book.objects.values()) == before


def test_second_row_of_a_source_with_the_same_isbn_comes_without_it_in_every_run(tmp_path: Path):
    path = write_csv(
        tmp_path,
        {**LOW, "source": "acme", "source_id": "1"},
        {"isbn": ISBNS[0], "title": "The High Road", "source": "acme", "source_id": "2"},
    )
    warning = [(3, "warning", "isbn: another book of this source has it. Left out.")]
    first, notes = run(path)
    assert (counts(first), reasons(notes)) == ((2, 0, 0, 0), warning)
    books = list(Book.objects.order_by("pk").values("title", "isbn", "source_id", "updated_at"))
    assert [tuple(book.values())[:3] for book in books] == [
        ("The Low Road", ISBNS[0], "1"),
        ("The High Road", "", "2"),
    ]
    second, notes = run(path)
    assert (counts(second), reasons(notes)) == ((0, 0, 2, 0), warning)
    assert list(Book.objects.order_by("pk").values("title", "isbn", "source_id", "updated_at")) == books


# A book that stands in a file more than once


def test_row_may_repeat_a_book_to_add_another_sellers_offer(tmp_path: Path):
    SellerFactory(name="Harbour")
    path = write_csv(
        tmp_path,
        {**LOW, "price": "9", "stock_quantity": "1"},
        {"isbn": ISBNS[0], "seller": "harbour", "price": "4", "stock_quantity": "1"},
    )
    first, notes = run(path)
    second, _notes = run(path)
    assert (counts(first), notes, counts(second)) == ((1, 1, 0, 0), [], (0, 0, 2, 0))
    assert (Book.objects.get().price, Offer.objects.count(), faults()) == (4, 2, [])


def test_what_a_repeated_row_says_otherwise_is_left_out_in_every_run(tmp_path: Path):
    path = write_csv(tmp_path, {**LOW, "price": "9"}, {**LOW, "title": "Low", "authors": "Ada Reader", "price": "8"})
    told = [
        (3, "warning", "An earlier row has this book and this seller. Nothing is added."),
        (3, "warning", "An earlier row of this book says otherwise. Left out: authors, byline, title."),
    ]
    first, notes = run(path)
    assert (counts(first), reasons(notes)) == ((1, 0, 1, 0), told)
    second, notes = run(path)
    assert (counts(second), reasons(notes)) == ((0, 0, 2, 0), told)
    assert (Book.objects.get().title, Book.objects.get().price) == ("The Low Road", 9)


def test_repeated_book_is_known_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.importing.running.BATCH_SIZE", 1)
    account, notes = run(write_csv(tmp_path, LOW, HIGH, {**LOW, "title": "Low"}))
    assert (counts(account), [note.line for note in notes]) == ((2, 0, 1, 0), [4])


# Dry runs, stops, and the trial layout


def test_dry_run_says_what_would_happen_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.importing.running.BATCH_SIZE", 1)
    SellerFactory(name="Harbour")
    OfferFactory(book=BookFactory(isbn=ISBNS[1], title="High"), seller=services.store_seller())
    path = write_csv(
        tmp_path,
        {**LOW, "price": "9", "authors": "Dora New"},
        {**HIGH, "price": "8"},
        {"isbn": ISBNS[0], "seller": "harbour", "price": "4"},
        {"isbn": ISBNS[1], "pages": "none"},
        {"isbn": "1"},
    )
    models = (Book, Offer, StockMovement, Contributor)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    would, foretold = run(path, is_dry_run=True)
    assert [list(model.objects.order_by("pk").values()) for model in models] == before
    did, notes = run(path)
    assert (would, foretold) == (did, notes)
    assert counts(did) == (1, 2, 1, 1)


def test_dry_run_knows_the_books_that_earlier_batches_would_add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.importing.running.BATCH_SIZE", 1)
    SellerFactory(name="Harbour")
    new = {**LOW, "authors": "Dora New", "series": "Firsts", "genre": "None such", "price": "9"}
    path = write_csv(
        tmp_path,
        {**new, "source": "acme", "source_id": "1"},
        new,
        {"source": "acme", "source_id": "1", "title": "Other", "seller": "harbour", "price": "4"},
        {"isbn": ISBNS[0], "authors": "Dora Other", "seller": "harbour", "price": "3"},
        {**HIGH, "source": "acme", "source_id": "1"},
    )
    would, foretold = run(path, is_dry_run=True)
    assert (would, foretold) == run(path)
    assert counts(would) == (1, 1, 3, 0)


def test_import_ends_after_the_batch_in_which_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.importing.running.BATCH_SIZE", 1)
    account = run_import(Request(write_csv(tmp_path, LOW, HIGH)), go_on=lambda account: False)
    assert (account.is_stopped, counts(account), Book.objects.count()) == (True, (1, 0, 0, 0), 1)


TRIAL: dict[str, Any] = {
    "book_id": "7",
    "isbn": "",
    "isbn13": "9.79830000000e+12",
    "authors": "Ada Reader, Carl  Low, Jr.",
    "original_publication_year": "-720.0",
    "title": "The Low Road (Roads, #1; Rivers #2)",
    "language_code": "eng",
    "ratings_count": "4780653",
    "image_url": "https://pictures.example.com/nophoto/book.png",
}


def test_goodbooks_layout_is_mended_on_the_way(tmp_path: Path):
    path = write_csv(tmp_path, {**TRIAL, "isbn": "306406152"}, {**TRIAL, "book_id": "8", "isbn": "306406153"})
    account, notes = run(path, layout=find_layout("goodbooks-10k"))
    good, bad = Book.objects.order_by("source_id")
    assert counts(account) == (2, 0, 0, 0)
    assert (good.isbn, bad.isbn) == ("9780306406157", "")
    assert (good.title, str(good.series), good.series_number) == ("The Low Road", "Roads", "1")
    assert (good.byline, good.language, good.first_published_year) == ("Ada Reader, Carl Low, Jr.", "en", -720)
    assert [str(one) for one in good.contributors.order_by("pk")] == ["Ada Reader", "Carl Low, Jr."]
    assert (good.publish_date, good.cover_image_url, good.popularity, good.format) == (None, "", 4780653, "OTHER")
    assert [note.reason for note in notes if note.line == 3][1] == "isbn: “0306406153” is not a valid ISBN. Left out."
