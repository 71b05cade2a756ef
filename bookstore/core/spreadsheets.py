"""
Writing tables that people open in a spreadsheet program, row by row, so that their length does not matter.

In CSV a cell that such a program would run as a formula gets an apostrophe in front, which reading takes away again:
what comes back is what went out. A workbook says of each cell that it is text, and needs no apostrophe; what XML
cannot carry stands in it by its number, as _x000D_.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

Cell = str | int | Decimal | date | None

MOST_ROWS = 1_048_576  # that a sheet has, the header included. Source: Excel specifications and limits
# Source: OWASP, CSV Injection.
RUNS = re.compile(r"'*[=+\-@\t\r]")
IS_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
LONGEST_CELL = 32_767  # characters that a workbook's cell has
# Source: ECMA-376, 22.9.2.19 (ST_Xstring).
TO_BE_NUMBERED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x01-\x08\x0b-\x1f\ufffe\uffff]")
NUMBERED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class DoesNotFit(ValueError):
    """The table is more than a workbook holds; says so in a sentence."""


def guard(cell: str) -> str:
    """Keep a cell of a CSV file from being run as a formula; numbers stay as they are."""
    return f"'{cell}" if RUNS.match(cell) and not IS_NUMBER.fullmatch(cell) else cell


def unguard(cell: str) -> str:
    """Return what `guard` was given."""
    return cell[1:] if cell[:1] == "'" and RUNS.match(cell) else cell


def to_workbook(text: str) -> str:
    """Write a text as a workbook's cell holds it. Raises: DoesNotFit."""
    cell = TO_BE_NUMBERED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(cell) > LONGEST_CELL:
        raise DoesNotFit(_("A workbook's cell holds %(most)d characters. Please take CSV.") % {"most": LONGEST_CELL})
    return cell


def from_workbook(cell: str) -> str:
    """Return what `to_workbook` was given; what would be no character stays as it stands."""
    return NUMBERED.sub(_character, cell) if "_x" in cell else cell


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number and not 0xD800 <= number <= 0xDFFF else found[0]


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """
    Write a table as its file's ending says, .csv or .xlsx, and return how many rows it has.

    The file is there once it is complete. Raises: DoesNotFit, OSError.
    """
    unfinished = path.with_name(f"{path.name}.part")
    write = _write_workbook if path.suffix == ".xlsx" else _write_csv
    try:
        count = write(unfinished, columns, rows)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    count = 0
    # With the mark that tells spreadsheet programs that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([guard(text_of(cell)) for cell in row])
            count += 1
    return count


def _write_workbook(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    count = 0
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append(columns)
    try:
        for row in rows:
            count += 1
            if count >= MOST_ROWS:
                raise DoesNotFit(_("A workbook holds %(most)d rows. Please take CSV.") % {"most": MOST_ROWS - 1})
            sheet.append(list(_cells(sheet, row)))
    finally:
        workbook.save(path)  # which also removes the file that it keeps for itself meanwhile
    return count


def _cells(sheet: object, row: Sequence[Cell]) -> Iterator[object]:
    for value in row:
        if isinstance(value, int | Decimal) or value is None:
            yield value
            continue
        cell = WriteOnlyCell(sheet, to_workbook(text_of(value)))
        cell.data_type = "s"  # also where it begins as a formula does
        yield cell


def text_of(cell: Cell) -> str:
    """Write a value as text; times in UTC."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)
