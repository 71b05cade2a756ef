"""Reading the first sheet of an Excel workbook row by row, without believing what it says of itself."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bookstore.core.spreadsheets import MOST_ROWS, from_workbook
from catalog.importing.reader import RawRow, UnreadableFile, another_number_of_cells, check_header

SIGNATURE = b"PK\x03\x04"
OLD_SIGNATURE = b"\xd0\xcf\x11\xe0"  # .xls, and what a password protects
MOST_COLUMNS = 200
LARGEST_SHEET = 2**30  # bytes, unpacked; it is read piece by piece
LARGEST_PART = 2**26  # bytes, unpacked; what is not a sheet is read as a whole
SHEETS = "xl/worksheets/"
STEP = 2**20  # bytes
LONGEST_ROW = 4  # steps
FORMULA_MARKS = (b"<f>", b"<f ", b":f>", b":f ")

# What openpyxl stumbles over where a file is damaged, or made to harm.
BROKEN = (
    BadZipFile, InvalidFileException, ParseError, zlib.error, EOFError, OSError, RuntimeError,
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip


class SheetReader:
    """A workbook's first sheet as a table, measured in rows."""

    def __init__(self, values: Any, formulas: Any):
        self.position = 0
        self.size = values.max_row or 0
        self.notices: list[str] = []
        self._rows = self._lines(values, formulas)
        self.header = self._read_header()

    def __iter__(self) -> Iterator[RawRow]:
        with _told_as_unreadable():
            for line, cells, formulas in self._rows:
                texts, fault = self._texts(cells, formulas)
                if any(texts) or fault:
                    yield RawRow(line, {} if fault else dict(zip(self.header, texts, strict=True)), fault)

    def _lines(self, values: Any, formulas: Any) -> Iterator[tuple[int, Sequence[Any], Sequence[Any]]]:
        for sheet in filter(None, (values, formulas)):
            sheet.reset_dimensions()  # what a sheet says of its size may be wrong, and would cut it short
        beside = formulas.iter_rows(max_col=MOST_COLUMNS + 1) if formulas else None
        for line, cells in enumerate(values.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
            if line > MOST_ROWS:
                raise UnreadableFile(_("It has more rows than a sheet can have."))
            self.position = line
            yield line, cells, next(beside) if beside else ()

    def _read_header(self) -> list[str]:
        for _line, cells, _formulas in self._rows:
            header = [_text(cell.value).strip() for cell in cells]
            while header and not header[-1]:
                header.pop()
            if len(header) > MOST_COLUMNS:
                raise UnreadableFile(_("It has more than %(most)d columns.") % {"most": MOST_COLUMNS})
            if header:
                check_header(header)
                return header
        raise UnreadableFile(_("The file is empty."))

    def _texts(self, cells: Sequence[Any], formulas: Sequence[Any]) -> tuple[list[str], str]:
        """Return a row's cells as text, as many as the header has, or what is wrong with one."""
        width = len(self.header)
        for name, cell in zip(self.header, cells, strict=False):
            if cell.data_type == "e":
                return [], _("%(name)s: the cell holds the error %(error)s.") % {"name": name, "error": cell.value}
        for name, cell, formula in zip(self.header, cells, formulas, strict=False):
            # One that was computed to nothing is said to be text.
            if formula.data_type == "f" and cell.value is None and cell.data_type == "n":
                return [], _("%(name)s: a formula whose result the file does not hold.") % {"name": name}
        beyond = [number for number, cell in enumerate(cells, start=1) if cell.value is not None][-1:]
        if beyond and beyond[0] > width:
            return [], another_number_of_cells(beyond[0], width)
        texts = [_text(cell.value) for cell in cells[:width]]
        return [*texts, *[""] * (width - len(texts))], ""


@contextmanager
def open_workbook(path: Path) -> Iterator[SheetReader]:
    """Open a workbook (.xlsx). Raises: UnreadableFile, also while it is read."""
    with ExitStack() as stack:
        with _told_as_unreadable():
            values = _load(stack, path, data_only=True)
            sheets = values.worksheets
            if not sheets:
                raise UnreadableFile(_("The workbook has no sheet."))
            formulas = _load(stack, path, data_only=False).worksheets[0] if _look_through(path) else None
            reader = SheetReader(sheets[0], formulas)
            if len(sheets) > 1:
                reader.notices.append(_("Only the first sheet, “%(name)s”, is read.") % {"name": sheets[0].title[:40]})
        yield reader


def _load(stack: ExitStack, path: Path, *, data_only: bool) -> Any:
    with ZipFile(path) as archive:
        _check_sizes(archive)
    workbook = load_workbook(stack.enter_context(path.open("rb")), read_only=True, data_only=data_only)
    stack.callback(workbook.close)
    return workbook


def _check_sizes(archive: ZipFile) -> None:
    # No more is unpacked than is announced, so that looking at this is enough.
    for part in archive.infolist():
        is_sheet = part.filename.startswith(SHEETS)
        if part.file_size > (LARGEST_SHEET if is_sheet else LARGEST_PART):
            raise UnreadableFile(_("Unpacked it is too large. Please save it as CSV in UTF-8."))


def _look_through(path: Path) -> bool:
    """Tell whether any sheet has formulas. Raises: UnreadableFile where a row is too long to be read as a whole."""
    has_formulas = False
    with ZipFile(path) as archive:
        for part in archive.infolist():
            if not part.filename.startswith(SHEETS) or not part.filename.endswith(".xml"):
                continue
            since_row, end = 0, b""
            with archive.open(part) as sheet:
                while chunk := sheet.read(STEP):
                    seen, end = end + chunk, chunk[-8:]
                    has_formulas = has_formulas or any(mark in seen for mark in FORMULA_MARKS)
                    since_row = 0 if b"<row" in seen or b":row" in seen else since_row + 1
                    if since_row > LONGEST_ROW:
                        raise UnreadableFile(_("Unpacked it is too large. Please save it as CSV in UTF-8."))
    return has_formulas


@contextmanager
def _told_as_unreadable() -> Iterator[None]:
    try:
        yield
    except UnreadableFile:
        raise
    except BROKEN as error:
        raise UnreadableFile(_("The workbook is damaged, or is none: it cannot be read.")) from error


def _text(value: Any) -> str:
    """Write a cell's value as our own CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return _number(value)
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    return value.isoformat() if isinstance(value, date | time) else from_workbook(str(value))


def _number(value: float) -> str:
    text = str(int(value)) if isinstance(value, int) or value.is_integer() else f"{value:.15g}"
    if len(text) == 13 and text.startswith(("978", "979")) and text.endswith("000000"):
        return f"{int(text):.5E}"  # an ISBN that was rounded, which is to be told, not guessed at
    return text
