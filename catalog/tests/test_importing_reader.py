from pathlib import Path

import pytest

from catalog.importing import reader
from catalog.importing.reader import RawRow, UnreadableFile, open_csv


def rows_of(tmp_path: Path, content: bytes) -> list[RawRow]:
    path = tmp_path / "books.csv"
    path.write_bytes(content)
    with open_csv(path) as rows:
        return list(rows)


def faults_of(tmp_path: Path, content: bytes) -> list[tuple[int, str]]:
    return [(row.line, row.fault) for row in rows_of(tmp_path, content)]


@pytest.mark.parametrize("beginning", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path, beginning: bytes):
    assert rows_of(tmp_path, beginning + b"isbn,title\n1,Ulysses\n") == [RawRow(2, {"isbn": "1", "title": "Ulysses"})]


def test_line_of_a_row_is_that_of_its_beginning(tmp_path: Path):
    rows = rows_of(tmp_path, b'isbn,title\r\n1,"one\r\ntwo\r\nthree"\r\n\r\n2,four\r\n')
    assert [(row.line, row.cells["isbn"]) for row in rows] == [(2, "1"), (6, "2")]


def test_row_with_too_few_or_too_many_cells_is_at_fault(tmp_path: Path):
    assert faults_of(tmp_path, b"isbn,title\n1\n1,2,3\n1,2\n") == [
        (2, "It has another number of cells (1) than the header (2)."),
        (3, "It has another number of cells (3) than the header (2)."),
        (4, ""),
    ]


def test_row_that_is_not_utf8_or_has_nul_is_at_fault_alone(tmp_path: Path):
    assert faults_of(tmp_path, b"isbn,title\n1,Caf\xe9\n2,a\x00b\n3,Caf\xc3\xa9\n") == [
        (2, "It is not UTF-8."),
        (3, "It holds a NUL character."),
        (4, ""),
    ]


def test_cell_that_is_too_long_is_at_fault_alone(tmp_path: Path):
    rows = rows_of(tmp_path, b"isbn,title\n1," + b"x" * 200_000 + b"\n2,short\n")
    assert [(row.line, row.cells) for row in rows] == [(2, {}), (3, {"isbn": "2", "title": "short"})]
    assert rows[0].fault == "It cannot be taken apart into cells: field larger than field limit (131072)."


def test_line_that_is_too_long_is_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "LONGEST_LINE", 20)
    rows = rows_of(tmp_path, b"isbn,title\n1," + b"x" * 50 + b"\n2,short\n")
    assert [(row.line, bool(row.fault)) for row in rows] == [(2, True), (3, False)]


def test_quote_left_open_names_the_lines_it_swallowed(tmp_path: Path):
    assert faults_of(tmp_path, b'isbn,title\n1,"open\n2,two\n3,"three"\n4,four\n') == [
        (
            2,
            "Lines 2 to 4 cannot be taken apart into cells, is a quote left open? ',' expected after '\"'.",
        ),
        (5, ""),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"\x1f\x8b\x08\x00\xff\xfe", "This is not a CSV file in UTF-8."),
        ("isbn,title\n".encode("utf-16"), "This is not a CSV file in UTF-8."),
        (b'"isbn,title\n', "This is not a CSV file: unexpected end of data."),
        (b"isbn,title,isbn\n", "Columns that stand there twice: isbn."),
    ],
)
def test_what_is_no_csv_is_refused_with_a_sentence(tmp_path: Path, content: bytes, reason: str):
    with pytest.raises(UnreadableFile, match=f"^{reason}$"):
        rows_of(tmp_path, content)


def test_folder_is_refused_with_a_sentence(tmp_path: Path):
    with pytest.raises(UnreadableFile, match="^The file cannot be read: Is a directory.$"), open_csv(tmp_path):
        pass
