"""Staff bring a file in: it is looked at first, and changes what it said once they agree."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate import sql
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import UserFactory
from bookstore.staff.jobs import delete_old_transfers, mark_lost_transfers
from bookstore.staff.models import ExportRun, ImportRun
from bookstore.staff.tests.transferring import (
    ADD_EXPORT,
    ADD_IMPORT,
    brought_in,
    changes_of,
    csv_file,
    do,
    errors_of,
    imported,
    notes_of,
    page_of,
    upload,
    work,
    workbook,
)
from bookstore.staff.transfers import files
from catalog import services
from catalog.models import Book, Offer, StockMovement
from catalog.tests.factories import BookFactory, GenreFactory, OfferFactory, SellerFactory
from catalog.tests.files import ISBNS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

LOW: dict[str, Any] = {"isbn": ISBNS[0], "title": "The Low Road", "price": "9.99", "stock_quantity": "3"}
HIGH: dict[str, Any] = {"isbn": ISBNS[1], "title": "The High Road"}


def own_offer(**fields: Any) -> Offer:
    return OfferFactory(book=BookFactory(isbn=ISBNS[0], title="Low"), seller=services.store_seller(), **fields)


# What is shown before


def test_preview_says_what_would_change_and_writes_nothing(staff: Client):
    genre, offer = GenreFactory(name="Travel"), own_offer(stock_quantity=1)
    row = {**LOW, "authors": "Ben Writer; Cora Pen", "genre": genre.name, "series": "Roads"}
    run = brought_in(staff, csv_file(row, HIGH))
    assert changes_of(staff, run) == [
        ("The Low Road", "authors", "Ada Reader", "Ben Writer; Cora Pen"),
        ("The Low Road", "title", "Low", "The Low Road"),
        ("The Low Road", "byline", "Ada Reader", "Ben Writer, Cora Pen"),
        ("The Low Road", "series", "", "Roads"),
        ("The Low Road", "genre", "", "Travel"),
        ("The Low Road", "price", "10.00", "9.99"),
        ("The Low Road", "stock_quantity", "1", "3"),
        ("The High Road", "new book", "", ""),
    ]
    assert (run.state, run.preview["created"], run.preview["updated"]) == ("READY", 1, 1)
    offer.refresh_from_db()
    assert (Book.objects.get().title, offer.stock_quantity, StockMovement.objects.count()) == ("Low", 1, 1)


def test_rejects_and_warnings_are_shown_with_their_lines(staff: Client):
    run = brought_in(staff, csv_file({**LOW, "pages": "none"}, {"isbn": "1"}, {"isbn": ISBNS[1]}))
    assert notes_of(staff, run) == [
        ("2", "pages: “none” value must be an integer. Left out."),
        (
            "3",
            "isbn: “1” is not a valid ISBN. Left out. Without a valid ISBN, or a source with its id, no book is known.",
        ),
        ("4", "A new book needs a title."),
    ]
    assert (run.preview["read"], run.preview["rejected"], run.preview["warnings"]) == (3, 2, 1)


def test_reports_are_downloaded_and_cells_do_not_run_in_a_spreadsheet(staff: Client):
    run = brought_in(staff, csv_file({**LOW, "title": "=1+1"}, {"isbn": "1"}))
    address = f"/admin/staff/importrun/{run.pk}/files"
    changes, report = (
        b"".join(staff.get(f"{address}/{key}/").streaming_content).decode("utf-8-sig") for key in ("changes", "preview")
    )
    assert changes.splitlines()[1] == f"2,ISBN {ISBNS[0]},'=1+1,,,"
    assert changes_of(staff, run)[0][0] == "=1+1"
    assert report.splitlines()[1].startswith("3,rejected,ISBN 1,")
    assert staff.get(f"{address}/report/").status_code == 404


# Saying yes


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_confirmed_import_is_done_in_the_name_of_who_said_yes(staff: Client, kind: str):
    file = csv_file(LOW, HIGH) if kind == "csv" else workbook([*LOW], [*LOW.values()], [*HIGH.values()])
    run = imported(staff, file)
    assert (run.state, run.error) == ("DONE", "")
    assert {name: run.counts[name] for name in ("read", "created", "offers")} == {"read": 2, "created": 2, "offers": 1}
    assert Offer.objects.get().price == Decimal("9.99")
    movement = StockMovement.objects.get()
    assert (movement.delta, movement.reference, movement.actor.email) == (
        3,
        f"import books.{kind}",
        "staff@example.com",
    )


def test_second_yes_is_refused_and_changes_nothing(staff: Client):
    run = imported(staff, csv_file(LOW))
    answer = staff.post(f"/admin/staff/importrun/{run.pk}/do/confirm/", follow=True)
    assert "This import is not where this page has left it." in answer.text
    assert not ProcrastinateJob.objects.filter(task_name__endswith="carry_out_import").exists()


def test_what_changed_since_the_preview_is_looked_at_anew(staff: Client):
    offer = own_offer(stock_quantity=1)
    run = brought_in(staff, csv_file({"isbn": ISBNS[0], "price": "8"}))
    services.withdraw_offer(offer.pk)
    run = do(staff, run, "confirm")
    offer.refresh_from_db()
    assert (run.state, offer.price, offer.is_active) == ("DONE", 8, True)


def test_import_run_again_changes_nothing(staff: Client):
    imported(staff, csv_file(LOW))
    run = imported(staff, csv_file(LOW))
    assert (run.preview["unchanged"], run.counts["unchanged"], StockMovement.objects.count()) == (1, 1, 1)


def test_form_that_is_sent_twice_brings_the_file_in_once(staff: Client):
    answers = [upload(staff, csv_file(LOW), form_key="abc") for _time in range(2)]
    assert answers[0].url == answers[1].url
    assert ImportRun.objects.count() == 1


def test_discarded_import_loses_its_files(staff: Client):
    run = brought_in(staff, csv_file(LOW))
    run = do(staff, run, "discard")
    assert (run.state, files.folder_of(run).exists(), Book.objects.exists()) == ("DISCARDED", False, False)
    assert page_of(staff, run).status_code == 200


# Kinds and options


def test_offers_change_no_book_and_add_none(staff: Client):
    own_offer(stock_quantity=1)
    run = imported(staff, csv_file({**LOW, "title": "Other"}, {**HIGH, "price": "5"}), part="OFFERS")
    assert notes_of(staff, run) == [("3", "The shop has no such book.")]
    assert [(book.title, book.price) for book in Book.objects.all()] == [("Low", Decimal("9.99"))]


def test_stock_leaves_the_price(staff: Client):
    own_offer(stock_quantity=1)
    imported(staff, csv_file(LOW), part="STOCK")
    assert list(Offer.objects.values_list("price", "stock_quantity")) == [(10, 3)]


def test_seller_and_first_terms_are_the_forms(staff: Client):
    seller = SellerFactory(name="Harbour Lane")
    imported(staff, csv_file(HIGH), seller=seller.pk, price="5.50", stock_quantity="2")
    assert list(Offer.objects.values_list("seller", "price", "stock_quantity")) == [(seller.pk, Decimal("5.50"), 2)]


def test_layout_of_ones_own_says_which_column_is_which(staff: Client):
    mapping = b'[constants]\nsource = "acme"\n[columns]\nsource_id = "No."\ntitle = "Name"\n'
    file = csv_file({"No.": "7", "Name": "Emma"})
    imported(staff, file, mapping_file=SimpleUploadedFile("acme.toml", mapping))
    assert list(Book.objects.values_list("source", "source_id", "title")) == [("acme", "7", "Emma")]


@pytest.mark.parametrize(
    ("wish", "field", "sentence"),
    [
        ({"file": csv_file(LOW), "price": "0"}, "price", "greater than or equal to 0.01"),
        ({"file": csv_file(LOW), "mapping": "nosuch"}, "mapping", "Select a valid choice."),
        ({"file": csv_file(LOW), "mapping": "goodbooks-10k"}, "file", "The file has no column authors, book_id,"),
        ({"file": csv_file(LOW), "part": "STOCK", "seller": "99999"}, "seller", "Select a valid choice."),
        (
            {"file": csv_file(LOW), "mapping_file": SimpleUploadedFile("a.toml", b"x = 1")},
            "mapping_file",
            "The mapping mapping.toml cannot be used: a mapping knows no x;",
        ),
        ({"file": csv_file(HIGH), "part": "STOCK"}, "file", "The file has none of the columns stock_quantity."),
        ({}, "file", "This field is required."),
    ],
)
def test_wrong_wish_is_told_beside_its_field_and_keeps_nothing(
    staff: Client, data_dir: Path, wish: dict[str, Any], field: str, sentence: str
):
    errors = errors_of(staff.post(ADD_IMPORT, {"part": "BOOKS", **wish}))
    assert list(errors) == [field]
    assert sentence in errors[field][0]
    assert not ImportRun.objects.exists()
    assert not [path for path in data_dir.rglob("*") if path.is_file()]


# While it runs


def test_page_of_a_waiting_import_loads_itself_and_that_of_a_ready_one_does_not(staff: Client):
    upload(staff, csv_file(LOW))
    run = ImportRun.objects.get()
    waiting = page_of(staff, run)
    assert (waiting.headers["Refresh"], "0 rows so far." in waiting.text) == ("2", True)
    work()
    assert "Refresh" not in page_of(staff, run).headers


def test_import_stops_after_the_rows_at_hand_and_goes_on(staff: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.importing.running.BATCH_SIZE", 1)
    run = brought_in(staff, csv_file(LOW, HIGH))
    staff.post(f"/admin/staff/importrun/{run.pk}/do/confirm/")
    run = do(staff, run, "stop")
    assert (run.state, run.counts["read"], Book.objects.count()) == ("STOPPED", 1, 1)
    run = do(staff, run, "confirm")
    assert (run.state, run.counts["unchanged"], run.counts["created"]) == ("DONE", 1, 1)


def test_import_whose_job_is_gone_is_marked_and_begun_again(staff: Client):
    run = brought_in(staff, csv_file(LOW))
    ImportRun.objects.update(state="RUNNING", confirmed_at=timezone.now())
    mark_lost_transfers.func()
    run.refresh_from_db()
    assert (run.state, run.error) == ("FAILED", "The work on it was lost. It can be begun again.")
    assert do(staff, run, "confirm").state == "DONE"


def test_import_whose_job_waits_is_let_be(staff: Client):
    upload(staff, csv_file(LOW))
    mark_lost_transfers.func()
    assert ImportRun.objects.get().state == "UPLOADED"


def begun() -> list[str]:
    """Let a worker begin what it may; return which tasks those are."""
    wanted = {"query": sql.queries["fetch_job"], "queues": ["transfers"], "worker_id": None}
    fetched = iter(lambda: app.connector.execute_query_one(**wanted)["task_name"], None)
    return [name.rpartition(".")[2] for name in fetched]


def test_one_import_and_one_export_is_worked_on_at_a_time_and_the_others_are_told(staff: Client):
    for _time in range(2):
        upload(staff, csv_file(LOW))
        staff.post(ADD_EXPORT, {"content": "BOOKS", "file_format": "csv"})
    assert begun() == ["preview_import", "write_export"]
    mark_lost_transfers.func()
    assert ["Another import is being" in page_of(staff, run).text for run in ImportRun.objects.order_by("pk")] == [
        False, True,
    ]  # fmt: skip
    assert ["Another file is being" in page_of(staff, run).text for run in ExportRun.objects.order_by("pk")] == [
        False, True,
    ]  # fmt: skip


# Who may, and how long it is kept


@pytest.mark.parametrize("rights", [[], ["change_offer"], ["change_book", "view_importrun"]])
def test_who_may_not_change_the_whole_catalogue_is_not_let_in(client: Client, rights: list[str]):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    assert client.get(ADD_IMPORT).status_code == 403
    assert upload(client, csv_file(LOW)).status_code == 403
    assert client.post("/admin/staff/importrun/1/do/confirm/").status_code == 403
    assert "importrun" not in client.get("/admin/").text


def test_buyers_rights_are_enough(client: Client):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_book", "change_offer"]))
    client.force_login(user)
    assert imported(client, csv_file(LOW)).state == "DONE"


def test_member_of_a_seller_is_not_let_in(client: Client):
    member = UserFactory()
    SellerFactory().members.add(member)
    client.force_login(member)
    assert client.get(ADD_IMPORT).status_code in {302, 403}
    assert upload(client, csv_file(LOW)).status_code in {302, 403}
    assert not ImportRun.objects.exists()


def test_list_asks_no_more_for_more_imports(staff: Client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert staff.get("/admin/staff/importrun/").status_code == 200
        return len(asked)

    brought_in(staff, csv_file(LOW))
    queries()
    few = queries()
    for _time in range(3):
        brought_in(staff, csv_file(LOW))
    assert queries() == few


def test_old_files_go_and_the_record_stays_for_a_year(staff: Client, data_dir: Path):
    runs = [brought_in(staff, csv_file(LOW)) for _time in range(3)]
    for run, days in zip(runs, (29, 31, 366), strict=True):
        ImportRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=days))
    delete_old_transfers.func()
    assert list(ImportRun.objects.order_by("pk")) == runs[:2]
    assert [files.folder_of(run).exists() for run in runs] == [True, False, False]
    assert "The file cannot be read" in do(staff, runs[1], "confirm").error
