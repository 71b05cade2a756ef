from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.importing import UnknownMapping, UnreadableFile, find_layout
from catalog.importing.mapping import OUR_LAYOUT
from catalog.importing.rows import Rejected, Row, parse_row
from catalog.models import Role
from catalog.tests.files import ISBNS


def parsed(**cells: str) -> tuple[Row, list[str]]:
    return parse_row(2, {"isbn": ISBNS[0], **cells})


def test_every_column_is_read_into_its_normal_form():
    row, warnings = parsed(
        isbn="979-8-3000-0000-4",
        title="  The  Low Road ",
        authors="Ada Reader; Ben  Writer;",
        translators="Cora Turner",
        series="Roads",
        series_number="2",
        language="pt-br",
        format="Hardcover",
        pages="320",
        publish_date="2001-12-31",
        first_published_year="-720",
        description="One.\r\n\r\nTwo.",
        source="acme",
        source_id="17",
        seller="harbour",
        price="9.9",
        stock_quantity="0",
    )
    assert warnings == []
    assert (row.isbn, row.source, row.seller) == ("9798300000004", ("acme", "17"), "harbour")
    assert (row.price, row.stock_quantity, row.series, row.series_number) == (Decimal("9.90"), 0, "Roads", "2")
    assert row.credits == {Role.AUTHOR: ("Ada Reader", "Ben Writer"), Role.TRANSLATOR: ("Cora Turner",)}
    assert row.byline == "Ada Reader, Ben Writer"
    assert row.details == {
        "title": "The Low Road",
        "language": "pt-BR",
        "format": "HARDCOVER",
        "pages": 320,
        "publish_date": date(2001, 12, 31),
        "first_published_year": -720,
        "description": "One.\n\nTwo.",
    }


def test_letters_and_their_accents_are_one_character():
    assert parsed(authors="Zoe\u0308 Reader")[0].credits[Role.AUTHOR] == ("Zo\u00eb Reader",)


@pytest.mark.parametrize(
    ("name", "cell", "reason"),
    [
        ("language", "xx", "language: “xx” is not a known language. Left out."),
        ("format", "scroll", "format: Value 'SCROLL' is not a valid choice. Left out."),
        ("pages", "0", "pages: Ensure this value is greater than or equal to 1. Left out."),
        ("pages", "many", "pages: “many” value must be an integer. Left out."),
        (
            "first_published_year",
            "99999",
            "first_published_year: Ensure this value is less than or equal to 32767. Left out.",
        ),
        ("cover_image_url", "javascript:alert(1)", "cover_image_url: Enter a valid URL. Left out."),
        ("subtitle", "x" * 501, "subtitle: 501 characters, at most 500 fit. Left out."),
        ("description", "x" * 20_001, "description: 20001 characters, at most 20000 fit. Left out."),
        ("authors", "x" * 201, "authors: 201 characters, at most 200 fit. Left out."),
        ("popularity", "-1", "popularity: Ensure this value is greater than or equal to 0. Left out."),
        ("series_number", "2", "series_number: a number without a series; left out."),
        ("source", "acme", "A source and the id there go together; left out."),
    ],
)
def test_detail_that_cannot_be_read_is_left_out_with_a_warning(name: str, cell: str, reason: str):
    row, warnings = parsed(title="Low", **{name: cell})
    assert warnings == [reason]
    assert name not in row.details


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"isbn": ""}, "Without a valid ISBN, or a source with its id, no book is known."),
        ({"isbn": "", "source": "acme"}, "Without a valid ISBN, or a source with its id, no book is known."),
        (
            {"isbn": "9798300000005"},
            "isbn: “9798300000005” is not a valid ISBN. Left out. "
            "Without a valid ISBN, or a source with its id, no book is known.",
        ),
        ({"title": "x" * 501}, "title: 501 characters, at most 500 fit."),
        ({"price": "9,99"}, "price: “9,99” is not a price such as 9.99."),
        ({"price": "0"}, "price: A price is above 0 and has at most two decimal places."),
        ({"price": "1e999999"}, "price: A price is above 0 and has at most two decimal places."),
        ({"price": "NaN"}, "price: A price is above 0 and has at most two decimal places."),
        ({"stock_quantity": "-1"}, "stock_quantity: “-1” is not a number of copies."),
        ({"stock_quantity": "1000001"}, "stock_quantity: Between 0 and 1000000 copies, please."),
    ],
)
def test_row_is_rejected_for_what_it_is_known_by_or_sold_at(cells: dict[str, str], reason: str):
    with pytest.raises(Rejected) as rejected:
        parsed(**cells)
    assert str(rejected.value) == reason


def test_bad_isbn_beside_a_source_is_left_out_with_a_warning():
    row, warnings = parsed(isbn="9798300000005", source="acme", source_id="17")
    assert (row.isbn, row.key) == ("", "id acme/17")
    assert warnings == ["isbn: “9798300000005” is not a valid ISBN. Left out."]


def test_our_layout_names_columns_that_it_does_not_read():
    assert OUR_LAYOUT.unknown(["isbn", "titel", "price"]) == ["titel"]


@pytest.mark.parametrize(
    ("mapping", "header", "reason"),
    [
        (None, ["title", "source"], "The file needs a column isbn, or source and source_id, to know books by."),
        (
            "goodbooks-10k",
            ["book_id", "isbn", "title", "authors", "language_code", "image_url"],
            "The file has no column original_publication_year, ratings_count.",
        ),
    ],
)
def test_file_without_needed_columns_is_refused(mapping: str | None, header: list[str], reason: str):
    layout = find_layout(mapping) if mapping else OUR_LAYOUT
    with pytest.raises(UnreadableFile, match=reason):
        layout.unknown(header)


MINE = """
[constants]
source = "acme"
format = "PAPERBACK"

[columns]
source_id = "No."
title = "Name"
authors = { from = "By", as = "names_by_comma" }
"""


def test_mapping_of_ones_own_is_a_small_file(tmp_path: Path):
    path = tmp_path / "acme.toml"
    path.write_text(MINE)
    cells, left_out = find_layout(str(path)).translate({"No.": "17", "Name": "Low", "By": "Ada, Ben", "Shelf": "3"})
    assert cells == {"source": "acme", "format": "PAPERBACK", "source_id": "17", "title": "Low", "authors": "Ada; Ben"}
    assert left_out == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it names no [columns]."),
        ("[columns]\ntitel = 'Name'", "[columns] knows no titel; it knows authors, byline,"),
        ("[columns]\ntitle = { from = 'Name', as = 'shout' }", "“as” knows no shout; it knows isbn10_without_zeros,"),
        ("[columns]\ntitle = { column = 'Name' }", "a column knows no column; it knows as, from."),
        ("[columns]\ntitle = { from = 'Name' }", "'as'"),
        ("[columns]\ntitle = 3", "'int' object is not iterable"),
        ("[colums]\ntitle = 'Name'", "a mapping knows no colums; it knows columns, constants."),
        ("title", "Expected '='"),
    ],
)
def test_mapping_that_cannot_be_used_says_why(tmp_path: Path, text: str, reason: str):
    path = tmp_path / "acme.toml"
    path.write_text(text)
    with pytest.raises(UnknownMapping) as unknown:
        find_layout(str(path))
    assert reason in str(unknown.value)


@pytest.mark.parametrize("name", ["nosuch", "../../settings", "/nowhere.toml"])
def test_unknown_mapping_is_refused(name: Any):
    with pytest.raises(UnknownMapping, match="goodbooks-10k|No such file"):
        find_layout(name)
