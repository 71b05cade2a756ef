"""Odd files: each is told in a sentence, beside the field or beside the row, and none brings the shop down."""

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bookstore.staff.models import ImportRun
from bookstore.staff.tests.transferring import brought_in, changes_of, errors_of, imported, notes_of, upload, workbook
from bookstore.staff.transfers import importing
from catalog.importing import workbook as reading
from catalog.models import Book, Offer
from catalog.tests.files import ISBNS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

HEADER = ["isbn", "title"]
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def with_sheet(sheet: str | bytes, **parts: str) -> SimpleUploadedFile:
    """Make a workbook whose sheet is this XML."""
    out = BytesIO()
    with zipfile.ZipFile(workbook(HEADER)) as plain, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as odd:
        for part in plain.infolist():
            odd.writestr(part, sheet if "worksheets/" in part.filename else plain.read(part))
        for name, text in parts.items():
            odd.writestr(name, text)
    return SimpleUploadedFile("books.xlsx", out.getvalue())


def sheet(rows: str, before: str = "") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def texts(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(f"<c t={chr(34)}str{chr(34)}><v>{cell}</v></c>" for cell in cells)}</row>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n", "The file needs a column isbn, or source and source_id, to know books by."),
        ("isbn,title\n".encode("utf-16"), "This is not a CSV file in UTF-8."),
        (b"isbn;title\n1;Emma\n", "Its cells are parted by “;”. Save it with commas, or as a workbook (.xlsx)."),
        (b"isbn\ttitle\n", "Its cells are parted by a tab."),
        (b"isbn,title,isbn\n", "Columns that stand there twice: isbn."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old workbook (.xls), or one with a password."),
        (b"PK\x03\x04 and no more", "The workbook is damaged, or is none: it cannot be read."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is not a CSV file in UTF-8."),
    ],
)
def test_file_that_cannot_be_read_is_refused_at_once(staff: Client, content: bytes, sentence: str):
    errors = errors_of(upload(staff, SimpleUploadedFile("books.csv", content)))
    assert errors["file"][0].startswith(sentence)
    assert not ImportRun.objects.exists()


def test_file_that_is_too_large_is_refused(staff: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "LARGEST_UPLOAD", 2**20)
    errors = errors_of(upload(staff, SimpleUploadedFile("books.csv", b"isbn,title\n" + b"x" * 2**20)))
    assert errors == {"file": ["The file is too large: 1 MB at most."]}


def test_only_staff_send_files_and_what_is_beyond_all_limits_is_not_even_taken(staff: Client):
    whole = SimpleUploadedFile("books.csv", b"x" * 2 * 2**20)
    for path in ("/accounts/language/", "/admin/staff/importrun/add/"):
        whole.seek(0)
        assert Client().post(path, {"file": whole}).status_code == 413
    answer = staff.post("/admin/staff/importrun/add/", b"", content_type="text/csv", CONTENT_LENGTH=str(2**28))
    assert answer.status_code == 413


def test_row_in_another_encoding_is_rejected_alone(staff: Client):
    content = f"isbn,title\n{ISBNS[0]},Café\n".encode("latin-1") + f"{ISBNS[1]},Café\n".encode()
    run = brought_in(staff, SimpleUploadedFile("books.csv", content))
    assert notes_of(staff, run) == [("2", "It is not UTF-8.")]
    assert changes_of(staff, run) == [("Café", "new book", "", "")]


# Workbooks


def test_numbers_and_dates_of_a_workbook_are_read_as_they_are_shown(staff: Client):
    header = ["isbn", "title", "pages", "publish_date", "first_published_year", "price", "stock_quantity"]
    row = [int(ISBNS[0]), 1984, 328.0, date(1949, 6, 8), -720, 9.9, 3]
    run = imported(staff, workbook(header, row, [], [float(ISBNS[1]), "Emma"]))
    book = Book.objects.get(isbn=ISBNS[0])
    assert (book.title, book.pages, book.publish_date, book.first_published_year) == (
        "1984",
        328,
        date(1949, 6, 8),
        -720,
    )
    assert [str(offer.price) for offer in Offer.objects.all()] == ["9.90"]
    assert (run.counts["read"], Book.objects.count()) == (2, 2)


@pytest.mark.parametrize("cell", ["9.78014E+12", 9780140000000, "9,78014E+12"])
def test_isbn_that_a_spreadsheet_rounded_is_told_and_not_guessed_at(staff: Client, cell: Any):
    run = brought_in(staff, workbook(HEADER, [cell, "Emma"]))
    ((line, reason),) = notes_of(staff, run)
    assert (line, run.preview["rejected"]) == ("2", 1)
    assert "has lost its digits in a spreadsheet: make that column text, and fill it in again." in reason


def test_computed_cells_count_as_computed_and_those_that_were_not_are_rejected(staff: Client):
    def row(number: int, isbn: str, formula: str) -> str:
        return f'<row r="{number}"><c t="str"><v>{isbn}</v></c>{formula}</row>'

    rows = [
        texts(1, *HEADER),
        row(2, ISBNS[0], '<c t="str"><f>"Em"&amp;"ma"</f><v>Emma</v></c>'),
        row(3, ISBNS[1], "<c><f>A1</f><v></v></c>"),
        row(4, ISBNS[2], '<c t="str"><f>""</f><v></v></c>'),
        row(5, ISBNS[3], '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
    ]
    run = brought_in(staff, with_sheet(sheet("".join(rows))))
    assert notes_of(staff, run) == [
        ("3", "title: a formula whose result the file does not hold."),
        ("4", "A new book needs a title."),
        ("5", "title: the cell holds the error #DIV/0!."),
    ]
    assert [title for title, *_rest in changes_of(staff, run)] == ["Emma"]


def test_other_sheets_are_told_of_and_not_read(staff: Client):
    run = brought_in(staff, workbook(HEADER, [ISBNS[0], "Emma"], sheets=2))
    assert notes_of(staff, run) == [("1", "Only the first sheet, “Sheet”, is read.")]


def test_cell_beyond_the_header_is_rejected_with_its_row(staff: Client):
    run = brought_in(staff, workbook(HEADER, [ISBNS[0], "Emma", "more"], [ISBNS[1]], [ISBNS[2], "Persuasion", None]))
    assert notes_of(staff, run) == [
        ("2", "It has another number of cells (3) than the header (2)."),
        ("3", "A new book needs a title."),
    ]


def test_what_a_sheet_says_of_its_size_is_not_believed(staff: Client):
    rows = texts(1, *HEADER) + "".join(texts(number, isbn, "Emma") for number, isbn in enumerate(ISBNS, start=2))
    lying = sheet(rows).replace("<sheetData>", '<dimension ref="A1:B2"/><sheetData>')
    assert brought_in(staff, with_sheet(lying)).preview["created"] == 4


@pytest.mark.parametrize(
    ("rows", "before", "sentence"),
    [
        (texts(1, "isbn", *map(str, range(300))), "", "It has more than 200 columns."),
        ("<row", "", "The workbook is damaged"),
        (texts(1, "&a9;"), f"<!DOCTYPE x [<!ENTITY a0 'ha'>{ENTITIES}]>", "The workbook is damaged"),
        ('<row r="1"><c r="A1" t="s"><v>99</v></c></row>', "", "The workbook is damaged"),
        ("", "", "The file is empty."),
    ],
)
def test_workbook_that_was_made_to_harm_is_refused(staff: Client, rows: str, before: str, sentence: str):
    errors = errors_of(upload(staff, with_sheet(sheet(rows, before))))
    assert errors["file"][0].startswith(sentence)


def test_workbook_that_unpacks_to_much_more_is_refused(staff: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "LARGEST_PART", 2**20)
    bomb = with_sheet(sheet(texts(1, *HEADER)), **{"xl/comments.xml": " " * 2**21})
    assert bomb.size < 2**17
    assert errors_of(upload(staff, bomb))["file"][0].startswith("Unpacked it is too large.")


def test_row_that_is_too_long_to_be_kept_is_never_read(staff: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "STEP", 2**12)
    long = sheet(texts(1, *HEADER) + f'<row r="2">{"<c/>" * 2**14}</row>')
    assert errors_of(upload(staff, with_sheet(long)))["file"][0].startswith("Unpacked it is too large.")


def test_rows_without_end_end_at_the_longest_sheet(staff: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 1000)
    run = brought_in(staff, with_sheet(sheet(texts(1, *HEADER) + texts(99_999_999_999, ISBNS[0], "Emma"))))
    assert (run.state, run.error) == ("FAILED", "It has more rows than a sheet can have.")


def test_damage_in_the_middle_is_told_once_it_is_met(staff: Client):
    rows = "".join(texts(number, str(number), "Emma") for number in range(2, 2000))
    broken = sheet(texts(1, *HEADER) + rows).replace("</sheetData>", "<row><c></row></sheetData>")
    run = brought_in(staff, with_sheet(broken.replace("<sheetData>", '<dimension ref="A1:B1999"/><sheetData>')))
    assert (run.state, run.error) == ("FAILED", "The workbook is damaged, or is none: it cannot be read.")
    assert not Book.objects.exists()


def test_workbook_by_another_name_is_known_by_its_beginning(staff: Client):
    assert brought_in(staff, workbook(HEADER, [ISBNS[0], "Emma"], name="books.csv")).preview["created"] == 1
