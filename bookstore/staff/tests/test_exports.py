"""Staff take books, offers, stock and orders out into a file; what is ours comes in again and changes nothing."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests.factories import UserFactory
from bookstore.core import spreadsheets
from bookstore.core.spreadsheets import from_workbook, guard, to_workbook, unguard
from bookstore.staff.jobs import delete_old_transfers, mark_lost_transfers
from bookstore.staff.models import ExportRun
from bookstore.staff.tests.transferring import (
    ADD_EXPORT,
    errors_of,
    imported,
    notes_of,
    page_of,
    rows_of,
    taken_out,
)
from bookstore.staff.transfers import exporting, files
from catalog import services
from catalog.models import Book, Format, Offer, Role, StockMovement
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory, SeriesFactory
from catalog.tests.files import ISBNS
from orders.models import Order
from orders.services import refund_order
from orders.tests.factories import bought, offer_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

kinds = pytest.mark.parametrize("kind", ["csv", "xlsx"])


def full_book() -> Book:
    book = BookFactory(
        isbn=ISBNS[0],
        title="=SUM(1)",
        subtitle="-1 and 'more'",
        byline="@Ada  Reader",
        genre=GenreFactory(name="Travel, mostly"),
        series=SeriesFactory(name="Roads; and lanes"),
        series_number="1-3",
        publisher="Lantern & Sons",
        language="pt-BR",
        format=Format.EBOOK,
        pages=7,
        publish_date="0999-12-31",
        first_published_year=-720,
        description='One "line",\r\nand   another.\n\n_x0041_ \U0001f4da',
        cover_image_url="https://covers.example/a?b=1&c=2",
        source="acme",
        source_id="007",
        authors=["Ada  Reader", "Smith; Jones\\Co", "+Writer"],
    )
    services.credit(book, Role.TRANSLATOR, ["Cora Turner"])
    return book


def brought_back(staff: Client, content: bytes, kind: str, part: str = "BOOKS") -> Any:
    return imported(staff, SimpleUploadedFile(f"again.{kind}", content), part=part)


def all_books() -> list[Any]:
    return [
        *Book.objects.order_by("pk").values(),
        *Book.objects.order_by("pk", "contributions").values("contributions"),
    ]


# Round trips


@kinds
def test_books_that_come_back_are_unchanged(staff: Client, kind: str):
    full_book()
    BookFactory(title="Without any name of its own", source="", isbn="")
    services.archive_book(BookFactory(title="Archived").pk)
    before = all_books()
    content = taken_out(staff, file_format=kind)
    run = brought_back(staff, content, kind)
    assert (run.state, notes_of(staff, run)) == ("DONE", [])
    assert (run.counts["read"], run.counts["unchanged"]) == (2, 2)
    assert all_books() == before


@kinds
@pytest.mark.parametrize("content", ["OFFERS", "STOCK"])
def test_offers_and_stock_that_come_back_are_unchanged(staff: Client, kind: str, content: str):
    offers = [OfferFactory(book=full_book()), OfferFactory(price=Decimal("99999999.99"), is_active=False)]
    services.withdraw_offer(OfferFactory().pk)
    before = list(Offer.objects.order_by("pk").values()), StockMovement.objects.count()
    run = brought_back(staff, taken_out(staff, content=content, file_format=kind), kind, content)
    assert (run.counts["read"], run.counts["unchanged"], notes_of(staff, run)) == (2, 2, [])
    assert (list(Offer.objects.order_by("pk").values()), StockMovement.objects.count()) == before
    assert len(offers) == 2


def test_price_that_was_changed_in_the_file_is_the_only_change(staff: Client):
    offer = OfferFactory(book=BookFactory(isbn=ISBNS[0]))
    OfferFactory(book=BookFactory(isbn=ISBNS[1]))
    content = taken_out(staff, content="OFFERS").replace(b"10.00", b"11.50", 1)
    run = brought_back(staff, content, "csv", "OFFERS")
    assert (run.counts["updated"], run.counts["unchanged"]) == (1, 1)
    offer.refresh_from_db()
    assert offer.price == Decimal("11.50")


def test_number_is_looked_at_only_for_a_book_without_a_name(staff: Client):
    book, other = BookFactory(title="Emma"), BookFactory(isbn=ISBNS[0])
    rows = f"id,isbn,title\n{book.pk},{ISBNS[1]},Emma\n{other.pk},,X\n99999,,Y\n".encode()
    run = brought_back(staff, rows, "csv")
    assert [reason for _line, reason in notes_of(staff, run)] == [
        "The book with this id goes by its ISBN, or by its source.",
        "There is no book with this id.",
    ]
    assert list(Book.objects.order_by("pk").values_list("isbn", flat=True)) == [ISBNS[1], ISBNS[0]]


# What the database takes, without lone surrogates; control characters are white space to nobody.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
LINE = TEXT.filter(lambda text: text.strip() and len(" ".join(text.split())) > 0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=LINE, description=TEXT, authors=st.lists(LINE, min_size=1, max_size=3), kind=st.sampled_from(["csv", "xlsx"])
)
def test_any_book_that_comes_back_is_unchanged(
    staff: Client, title: str, description: str, authors: list[str], kind: str
):
    Book.objects.all().delete()
    services.create_book({"title": title, "description": description, "isbn": ISBNS[0]}, authors=authors)
    before = all_books()
    run = brought_back(staff, taken_out(staff, file_format=kind), kind)
    assert (run.counts, notes_of(staff, run)) == ({**run.counts, "read": 1, "unchanged": 1}, [])
    assert all_books() == before


@given(TEXT)
def test_guarded_cells_are_no_formulas_and_come_back(text: str):
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in set("=+-@\t\r") or spreadsheets.IS_NUMBER.fullmatch(text)


@given(TEXT | st.just("_x0041_x0042_") | st.just("_x005F_"))
def test_text_of_a_workbook_comes_back(text: str):
    assert from_workbook(to_workbook(text)) == text


def test_cells_that_would_run_are_text(staff: Client):
    BookFactory(isbn=ISBNS[0], title="=1+1")
    assert rows_of(taken_out(staff))[0]["title"] == "'=1+1"
    assert rows_of(taken_out(staff, file_format="xlsx"))[0]["title"] == "=1+1"


# What goes out


def test_book_is_written_in_our_own_columns(staff: Client):
    book = full_book()
    (row,) = rows_of(taken_out(staff))
    assert (row["isbn"], row["genre"], row["series"], row["language"]) == (
        ISBNS[0], "Travel, mostly", "Roads; and lanes", "pt-BR",
    )  # fmt: skip
    assert row["authors"] == r"Ada  Reader; Smith\; Jones\\Co; '+Writer".replace("'", "")
    assert (row["first_published_year"], row["publish_date"], row["id"]) == ("-720", "0999-12-31", "")
    assert row["description"] == book.description


def test_offers_are_narrowed_by_seller(staff: Client):
    seller = SellerFactory(name="Harbour Lane")
    OfferFactory()
    offer = OfferFactory(seller=seller, price=Decimal("7.50"), stock_quantity=2)
    rows = rows_of(taken_out(staff, content="OFFERS", seller=seller.pk, file_format="xlsx"))
    assert [(row["title"], row["seller"], row["price"], row["stock_quantity"]) for row in rows] == [
        (offer.book.title, "harbour-lane", 7.5, 2)
    ]


@kinds
def test_orders_have_a_row_for_each_line_and_their_sums_once(staff: Client, kind: str):
    one, other = offer_of(5, "10.00", book=BookFactory(title="Emma", isbn=ISBNS[0])), offer_of(5, "2.50")
    order = bought(one, other, quantity=2)
    refund_order(order.pk, actor=None, amount=Decimal("5.00"))
    rows = rows_of(taken_out(staff, content="ORDERS", file_format=kind))
    assert [row["order"] for row in rows] == [order.number] * 2
    assert [str(row["total_price"] or "") for row in rows] == (["25.00", ""] if kind == "csv" else ["25", ""])
    assert [Decimal(str(row["line_total"])) for row in rows] == [20, 5]
    assert Decimal(str(rows[0]["refunded_amount"])) == 5
    assert (rows[0]["title"], rows[0]["isbn"], rows[0]["email"]) == ("Emma", ISBNS[0], order.user.email)


def test_orders_are_narrowed_by_days_and_status(staff: Client, settings: Any):
    settings.STORE_TIME_ZONE = "Europe/Berlin"
    placed = [datetime(2026, 3, 1, 22, 59, tzinfo=UTC), datetime(2026, 3, 1, 23, 1, tzinfo=UTC)]
    numbers = []
    for moment in (*placed, placed[1] + timedelta(days=1)):
        order = bought(offer_of())
        Order.objects.filter(pk=order.pk).update(created_at=moment)
        numbers.append(order.number)
    day = {"content": "ORDERS", "first_day": "2026-03-02", "last_day": "2026-03-02"}
    assert [row["order"] for row in rows_of(taken_out(staff, **day))] == [numbers[1]]
    assert rows_of(taken_out(staff, **day, status="SHIPPED")) == []
    assert len(rows_of(taken_out(staff, content="ORDERS", status="CONFIRMED"))) == 3


def test_queries_do_not_grow_with_the_books(staff: Client, django_assert_max_num_queries: Any):
    for _number in range(12):
        full = BookFactory(genre=GenreFactory(), series=SeriesFactory())
        OfferFactory(book=full)
    for content in ("BOOKS", "OFFERS"):
        with django_assert_max_num_queries(45):
            assert len(rows_of(taken_out(staff, content=content))) == 12


# What goes wrong


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"content": "CARTS"}, "content"),
        ({"file_format": "pdf"}, "file_format"),
        ({"content": "ORDERS", "first_day": "2026-03-02", "last_day": "2026-03-01"}, "last_day"),
        ({"content": "ORDERS", "first_day": "yesterday"}, "first_day"),
        ({"content": "ORDERS", "status": "LOST"}, "status"),
    ],
)
def test_wrong_wish_is_told_beside_its_field(staff: Client, wish: dict[str, str], field: str):
    answer = staff.post(ADD_EXPORT, {"content": "BOOKS", "file_format": "csv", **wish})
    assert list(errors_of(answer)) == [field]
    assert not ExportRun.objects.exists()


def test_more_rows_than_a_sheet_has_are_refused_with_the_way_out(staff: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 2)
    BookFactory.create_batch(2)
    with pytest.raises(AssertionError, match="A workbook holds 1 rows. Please take CSV."):
        taken_out(staff, file_format="xlsx")
    run = ExportRun.objects.get()
    assert (run.state, files.export_of(run).exists()) == ("FAILED", False)
    assert staff.get(f"/admin/staff/exportrun/{run.pk}/files/export/").status_code == 404


def test_export_whose_job_is_gone_is_marked(staff: Client):
    run = ExportRun.objects.create()
    assert page_of(staff, run).headers["Refresh"] == "2"
    mark_lost_transfers.func()
    run.refresh_from_db()
    assert run.state == "FAILED"


def test_export_that_ends_while_it_is_looked_for_stays_done(staff: Client, monkeypatch: pytest.MonkeyPatch):
    def end_meanwhile(run: ExportRun) -> bool:
        exporting.write(run.pk)
        return False

    monkeypatch.setattr(exporting, "is_queued", end_meanwhile)
    OfferFactory()
    run = ExportRun.objects.create(content="OFFERS")
    mark_lost_transfers.func()
    run.refresh_from_db()
    assert (run.state, run.rows, run.error, files.export_of(run).is_file()) == ("DONE", 1, "", True)


def test_folder_that_is_no_runs_is_let_be_and_the_rest_swept(data_dir: Path):
    folders = [data_dir / "transfers" / kind / name for kind in ("imports", "exports") for name in ("lost+found", "7")]
    for folder in folders:
        folder.mkdir(parents=True)
        os.utime(folder, (0, 0))
    delete_old_transfers.func()
    assert [folder.exists() for folder in folders] == [True, False, True, False]


def test_files_are_kept_for_a_week(staff: Client, data_dir: Path):
    taken_out(staff)
    run = ExportRun.objects.get()
    delete_old_transfers.func()
    assert files.export_of(run).exists()
    ExportRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    delete_old_transfers.func()
    assert not files.folder_of(run).exists()
    assert "The file is gone" in page_of(staff, run).text


# Who may


def test_who_sees_orders_takes_out_orders_and_nothing_else(client: Client, staff: Client):
    taken_out(staff)
    of_books = ExportRun.objects.get()
    packer = UserFactory(is_staff=True)
    packer.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(packer)
    assert rows_of(taken_out(client, content="ORDERS")) == []
    assert list(errors_of(client.post(ADD_EXPORT, {"content": "BOOKS", "file_format": "csv"}))) == ["content"]
    assert client.get(f"/admin/staff/exportrun/{of_books.pk}/files/export/").status_code == 404


def test_who_may_neither_is_not_let_in(client: Client):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_book", "view_exportrun"]))
    client.force_login(user)
    assert client.get(ADD_EXPORT).status_code == client.get("/admin/staff/exportrun/").status_code == 403
