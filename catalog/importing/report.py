"""The file that names every reject and warning of a run."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.utils import timezone

from catalog.importing.rows import Note


class Report:
    """A CSV file of notes, written as they come; used as a context manager."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def beside(cls, imported: Path) -> "Report":
        """Return a report of its own for a run, below DATA_DIR, named after the file and the time."""
        stem = f"{imported.stem}-{timezone.now():%Y%m%dT%H%M%S.%fZ}"
        return cls(settings.DATA_DIR / "imports" / f"{stem}.csv")

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Line by line, so that what a killed run had to say stands there.
        self._file = self.path.open("w", encoding="utf-8", newline="", buffering=1)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(Note._fields)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, note: Note) -> None:
        self._writer.writerow(note)
