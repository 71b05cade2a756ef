"""
Where the files of imports and exports are: below DATA_DIR, out of reach of any address.

How far a run is stands in a file too. A dry run is undone at its end, and could not say so in the database.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bookstore.staff.transfers.models import ExportRun, ImportRun

SHOWN_ROWS = 100  # of a report


def folder_of(run: ImportRun | ExportRun) -> Path:
    """Return the folder of a run's files, which may not be there."""
    kind = "imports" if isinstance(run, ImportRun) else "exports"
    return settings.DATA_DIR / "transfers" / kind / str(run.pk)


def upload_of(run: ImportRun) -> Path:
    return folder_of(run) / "upload"


def mapping_of(run: ImportRun) -> Path:
    """Return where a layout of the reader's own lies."""
    return folder_of(run) / "mapping.toml"


def report_of(run: ImportRun, name: str) -> Path:
    """Return a report: `changes` and `preview` of the dry run, `report` of the real one."""
    return folder_of(run) / f"{name}.csv"


def export_of(run: ExportRun) -> Path:
    return folder_of(run) / f"export.{run.file_format}"


def remove_files(run: ImportRun | ExportRun) -> None:
    """Remove all files of a run; ones that are gone already are no fault."""
    shutil.rmtree(folder_of(run), ignore_errors=True)


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    position: int = 0
    size: int = 0
    read: int = 0

    @property
    def percent(self) -> int:
        return min(99, self.position * 100 // self.size) if self.size else 0


def write_progress(run: ImportRun, progress: Progress) -> None:
    path = folder_of(run) / "progress"
    unfinished = path.with_suffix(".part")
    with suppress(FileNotFoundError):  # of a run that was discarded meanwhile
        unfinished.write_text(json.dumps([progress.position, progress.size, progress.read]))
        unfinished.replace(path)


def read_progress(run: ImportRun) -> Progress:
    """Return how far a run is; one that has not said yet is at its beginning."""
    try:
        return Progress(*json.loads((folder_of(run) / "progress").read_text()))
    except FileNotFoundError:
        return Progress()


def forget_progress(run: ImportRun) -> None:
    (folder_of(run) / "progress").unlink(missing_ok=True)
