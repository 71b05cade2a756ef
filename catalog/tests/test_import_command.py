import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Book, Offer
from catalog.tests.factories import SellerFactory
from catalog.tests.files import ISBNS, write_csv

pytestmark = pytest.mark.django_db

LOW: dict[str, Any] = {"isbn": ISBNS[0], "title": "The Low Road", "pages": "none"}


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "var"
    return settings.DATA_DIR


def import_books(*args: Any) -> str:
    out = StringIO()
    call_command("import_books", *map(str, args), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_account_is_told_and_the_report_named(tmp_path: Path, data_dir: Path):
    said = import_books(write_csv(tmp_path, LOW, {"isbn": "1"}), "--price", "9.99", "--stock", "3")
    (report,) = (data_dir / "imports").iterdir()
    assert [line.split() for line in said.splitlines()] == [
        ["read", "2"],
        ["created", "1"],
        ["updated", "0"],
        ["unchanged", "0"],
        ["rejected", "1"],
        ["warnings", "1"],
        ["offers", "1"],
        ["Rejects", "and", "warnings", "are", "in", str(report)],
    ]
    assert list(csv.reader(report.open(encoding="utf-8"))) == [
        ["line", "kind", "key", "reason"],
        ["2", "warning", f"ISBN {ISBNS[0]}", "pages: “none” value must be an integer. Left out."],
        [
            "3",
            "rejected",
            "ISBN 1",
            "isbn: “1” is not a valid ISBN. Left out. Without a valid ISBN, or a source with its id, no book is known.",
        ],
    ]


def test_report_goes_where_it_is_told_to(tmp_path: Path, data_dir: Path):
    import_books(write_csv(tmp_path, LOW), "--report", tmp_path / "here" / "report.csv")
    assert (tmp_path / "here" / "report.csv").read_text().count("\n") == 2
    assert not data_dir.exists()


def test_seller_is_named_by_slug(tmp_path: Path):
    SellerFactory(name="Harbour Lane")
    import_books(write_csv(tmp_path, LOW), "--price", "5", "--seller", "harbour-lane")
    assert Offer.objects.get().seller.name == "Harbour Lane"


def test_only_stock_leaves_books_and_prices(tmp_path: Path):
    import_books(write_csv(tmp_path, LOW), "--price", "5")
    import_books(write_csv(tmp_path, {**LOW, "title": "X", "price": "9", "stock_quantity": "2"}), "--only", "stock")
    assert list(Offer.objects.values_list("book__title", "price", "stock_quantity")) == [("The Low Road", 5, 2)]


def test_dry_run_says_that_it_is_one(tmp_path: Path):
    said = import_books(write_csv(tmp_path, LOW), "--dry-run")
    assert said.startswith("A dry run: nothing was written, this is what would have been.\n      read")
    assert not Book.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--mapping", "nosuch"], "There is no mapping “nosuch”; there are: goodbooks-10k, or the path of"),
        (["--seller", "nobody"], "There is no seller “nobody”; there are: harbour-lane."),
        (["--price", "cheap"], "“cheap” is not a price such as 9.99."),
        (["--price", "0"], "A price is above 0 and has at most two decimal places."),
        (["--stock", "-1"], "“-1” is not a number of copies."),
        (["--mapping", "goodbooks-10k"], "The file has no column authors, book_id,"),
    ],
)
def test_wrong_argument_is_refused_with_a_sentence(tmp_path: Path, arguments: list[str], sentence: str):
    SellerFactory(name="Harbour Lane")
    with pytest.raises(CommandError) as refused:
        import_books(write_csv(tmp_path, LOW), *[f"{arguments[0]}={arguments[1]}"])
    assert sentence in str(refused.value)
    assert not Book.objects.exists()


def test_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(CommandError, match="There is no file .*nosuch.csv"):
        import_books(tmp_path / "nosuch.csv")


def test_report_never_overwrites_what_it_is_about(tmp_path: Path):
    path = write_csv(tmp_path, LOW)
    with pytest.raises(CommandError, match="The report would overwrite the file that it is about."):
        import_books(path, "--report", path)
    assert path.read_text().startswith("isbn,title")


def test_report_that_cannot_be_written_stops_the_import(tmp_path: Path):
    path = write_csv(tmp_path, LOW)
    with pytest.raises(CommandError, match="The report .*report.csv cannot be written: File exists."):
        import_books(path, "--report", path / "report.csv")
    assert not Book.objects.exists()
