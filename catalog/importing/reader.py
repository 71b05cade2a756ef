"""Reading a CSV file row by row, whatever is in it."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from django.utils.translation import gettext as _

from bookstore.core.spreadsheets import unguard

LONGEST_LINE = 8_000_000  # characters


class UnreadableFile(ValueError):
    """The file as a whole is nothing the importer can read; says why in a sentence."""


class RawRow(NamedTuple):
    """One row: its first line in the file, counted from 1, and its cells by column, or what is wrong with it."""

    line: int
    cells: dict[str, str]
    fault: str = ""


class Table(Protocol):
    """
    The rows of an open file, read as they are asked for; `header` holds the names of its columns.

    `position` of `size` is how far it was read; `notices` say what of the file is not read at all.
    """

    header: list[str]
    size: int
    notices: list[str]

    @property
    def position(self) -> int: ...

    def __iter__(self) -> Iterator[RawRow]: ...


class Reader:
    """A CSV file as a table, measured in bytes."""

    def __init__(self, file: TextIO, size: int):
        self._file = file
        self.size = size
        self.notices: list[str] = []
        self._lines = _Lines(file)
        self._records = csv.reader(self._lines, strict=True)
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """How far the file was read, in bytes; a little ahead of the rows."""
        return self._file.buffer.tell()

    def __iter__(self) -> Iterator[RawRow]:
        while True:
            first = self._lines.count + 1
            try:
                record = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                yield RawRow(first, {}, self._broken(first, error))
                continue
            if record:
                fault = self._fault(record)
                cells = {} if fault else dict(zip(self.header, map(unguard, record), strict=True))
                yield RawRow(first, cells, fault)

    def _read_header(self) -> list[str]:
        try:
            header = [name.strip() for name in next(self._records)]
        except StopIteration:
            raise UnreadableFile(_("The file is empty.")) from None
        except csv.Error as error:
            raise UnreadableFile(_("This is not a CSV file: %(error)s.") % {"error": error}) from error
        if _is_undecodable(header) or _has_nul(header):
            raise UnreadableFile(_("This is not a CSV file in UTF-8."))
        if len(header) == 1 and (parts := [mark for mark in ";\t|" if mark in header[0]]):
            mark = _("a tab") if parts[0] == "\t" else f"“{parts[0]}”"
            sentence = _("Its cells are parted by %(mark)s. Save it with commas, or as a workbook (.xlsx).")
            raise UnreadableFile(sentence % {"mark": mark})
        check_header(header)
        return header

    def _fault(self, record: list[str]) -> str:
        if len(record) != len(self.header):
            return another_number_of_cells(len(record), len(self.header))
        if _is_undecodable(record):
            return _("It is not UTF-8.")
        if _has_nul(record):
            return _("It holds a NUL character.")
        return ""

    def _broken(self, first: int, error: csv.Error) -> str:
        last = self._lines.count
        if last == first:
            return _("It cannot be taken apart into cells: %(error)s.") % {"error": error}
        return _("Lines %(first)d to %(last)d cannot be taken apart into cells, is a quote left open? %(error)s.") % {
            "first": first,
            "last": last,
            "error": error,
        }


def check_header(header: list[str]) -> None:
    """Raise UnreadableFile where two columns have one name."""
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise UnreadableFile(_("Columns that stand there twice: %(names)s.") % {"names": ", ".join(twice)})


def another_number_of_cells(found: int, wanted: int) -> str:
    return _("It has another number of cells (%(found)d) than the header (%(wanted)d).") % {
        "found": found,
        "wanted": wanted,
    }


@contextmanager
def open_csv(path: Path) -> Iterator[Reader]:
    """Open a CSV file in UTF-8, with or without a byte order mark. Raises: UnreadableFile."""
    try:
        # Bytes that are no UTF-8 come through as lone surrogates, so that one bad row does not end the reading.
        file = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise UnreadableFile(_("The file cannot be read: %(error)s.") % {"error": error.strerror}) from error
    with file:
        yield Reader(file, path.stat().st_size)


class _Lines:
    """The lines of a file, counted. One that is too long to keep is skipped and told as a `csv.Error`."""

    def __init__(self, file: TextIO):
        self._file = file
        self.count = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.count += 1
        if len(line) == LONGEST_LINE and not _is_ended(line):
            while (more := self._file.readline(LONGEST_LINE)) and not _is_ended(more):
                pass
            raise csv.Error(f"line longer than {LONGEST_LINE} characters")
        return line


def _is_ended(line: str) -> bool:
    return line.endswith(("\n", "\r"))


def _is_undecodable(cells: list[str]) -> bool:
    return any("\udc80" <= char <= "\udcff" for cell in cells if not cell.isascii() for char in cell)


def _has_nul(cells: list[str]) -> bool:
    return any("\0" in cell for cell in cells)
