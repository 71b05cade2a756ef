"""What a dry run keeps in mind: the books that it would have added."""

import os
import pickle
from collections.abc import Hashable, Iterable
from typing import IO

from catalog.importing.rows import Row


class Foretold:
    """
    The new books of a dry run so far, each as its id and the row that made it.

    Batches are undone, so a later row finds its book here. They are kept in a file that goes with the run, as a table
    may have more of them than memory holds.
    """

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._places: dict[Hashable, int] = {}

    def add(self, books: Iterable[tuple[int, Row]]) -> None:
        self._file.seek(0, os.SEEK_END)
        for pk, row in books:
            self._places.update(dict.fromkeys(row.keys, self._file.tell()))
            pickle.dump((pk, row), self._file)

    def about(self, rows: Iterable[Row]) -> list[tuple[int, Row]]:
        """Return the books that some rows may be about."""
        places = {self._places[key] for row in rows for key in row.keys if key in self._places}
        return [self._at(place) for place in sorted(places)]

    def _at(self, place: int) -> tuple[int, Row]:
        self._file.seek(place)
        found: tuple[int, Row] = pickle.load(self._file)  # noqa: S301 - nobody else writes there
        return found
