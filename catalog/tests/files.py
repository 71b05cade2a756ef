"""CSV files for the importer, written by the tests themselves."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.importing import Account, Note, Request, run_import

ISBNS = ["9798300000004", "9798300000011", "9798300000028", "9798300000035"]


def write_csv(folder: Path, *rows: Mapping[str, Any], name: str = "books.csv") -> Path:
    """Write rows under the columns that any of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(path: Path, **options: Any) -> tuple[Account, list[Note]]:
    """Import a file; return its account and notes."""
    notes: list[Note] = []
    return run_import(Request(path, **options), note=notes.append), notes


def counts(account: Account) -> tuple[int, int, int, int]:
    """Return created, updated, unchanged, rejected, which must add up to what was read."""
    found = (account.created, account.updated, account.unchanged, account.rejected)
    assert sum(found) == account.read
    return found
