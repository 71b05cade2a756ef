"""The act of importing: a file goes in, every row of it is accounted for."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

import structlog
from django.db import Error as DatabaseError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.errors import as_busy
from catalog.exceptions import BookNotFound, OfferNotFound
from catalog.importing.files import open_table
from catalog.importing.foretelling import Foretold
from catalog.importing.mapping import OUR_LAYOUT, Layout
from catalog.importing.reader import RawRow, Table
from catalog.importing.rows import Note, Rejected, Row, key_of, parse_row
from catalog.importing.writing import Batch, Change, Conditions, Sellers
from catalog.search.index import rank_books
from catalog.search.vocabulary import refresh_vocabulary
from catalog.services import store_seller

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

BATCH_SIZE = 500
PAUSES = (0.1, 0.3, 1, 3)  # seconds before a batch that ran into another's way is tried again


@dataclass(frozen=True)
class Request:
    """
    What to import and how.

    `seller_id` is whose offers they are where rows name no seller (None: the store's); `price` and
    `stock_quantity` are the first terms of books to which the rows say none, and never change an offer. `name` is what
    people call the file (without one, what it is called), `actor` who imports it.
    """

    path: Path
    layout: Layout = OUR_LAYOUT
    seller_id: int | None = None
    price: Decimal | None = None
    stock_quantity: int | None = None
    is_dry_run: bool = False
    name: str = ""
    actor: User | None = None


@dataclass
class Account:
    """What became of the rows so far; read = created + updated + unchanged + rejected."""

    size: int  # of the file, in what its table measures
    position: int = 0  # in it
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: int = 0
    offers: int = 0
    is_stopped: bool = False


def run_import(
    request: Request,
    *,
    note: Callable[[Note], None] = lambda note: None,
    tell: Callable[[Change], None] = lambda change: None,
    go_on: Callable[[Account], bool] = lambda account: True,
) -> Account:
    """
    Import a file, batch by batch, each in a transaction of its own, and account for every row.

    `note` is told of every reject and warning once its batch is written. `go_on` is asked after every batch with
    the account so far; what it answers decides whether there is a next. A dry run undoes every batch, and tells
    `tell` what would change.
    A batch that another's locks or rows got in the way of is tried again.
    Locks: per batch, offers by id, then books by id. Raises: UnreadableFile; Busy's causes after the last try.
    """
    with open_table(request.path) as reader, TemporaryFile() as scratch:
        account = Account(size=reader.size)
        unknown = (
            _("The column “%(name)s” is not read.") % {"name": name[:40]}
            for name in request.layout.unknown(reader.header)
        )
        for sentence in (*reader.notices, *unknown):
            account.warnings += 1
            note(Note(1, "warning", "", sentence))
        conditions = Conditions(
            seller_id=request.seller_id or store_seller().pk,
            price=request.price,
            stock_quantity=request.stock_quantity,
            reference=f"import {request.name or request.path.name}"[:200],
            actor=request.actor,
            takes_new_books=request.layout.takes_new_books,
            is_dry_run=request.is_dry_run,
        )
        seen: dict[int, Sellers] = {}
        foretold = Foretold(scratch)
        for raw in _batches(reader):
            rows, notes = _parse(raw, request.layout)
            batch = _patiently(partial(_write, rows, conditions, seen, foretold.about(rows)))
            seen.update(batch.seen.maps[0])
            if request.is_dry_run:
                foretold.add(batch.created)
            _add_up(account, len(raw), batch, notes)
            account.position = reader.position
            for one in sorted([*notes, *batch.notes]):
                note(one)
            for change in batch.changes:
                tell(change)
            if not go_on(account):
                account.is_stopped = True
                break
    if not request.is_dry_run:
        _tidy_up()
    return account


def _batches(reader: Table) -> Iterator[list[RawRow]]:
    rows = iter(reader)
    while batch := list(itertools.islice(rows, BATCH_SIZE)):
        yield batch


def _parse(raw_rows: list[RawRow], layout: Layout) -> tuple[list[Row], list[Note]]:
    rows: list[Row] = []
    notes: list[Note] = []
    for raw in raw_rows:
        if raw.fault:
            notes.append(Note(raw.line, "rejected", "", raw.fault))
            continue
        cells, left_out = layout.translate(raw.cells)
        try:
            row, warnings = parse_row(raw.line, cells)
        except Rejected as error:
            notes.append(Note(raw.line, "rejected", key_of(cells), str(error)))
            continue
        rows.append(row)
        notes += [Note(raw.line, "warning", row.key, warning) for warning in [*left_out, *warnings]]
    return rows, notes


@transaction.atomic
def _write(rows: list[Row], conditions: Conditions, seen: dict[int, Sellers], foretold: list[tuple[int, Row]]) -> Batch:
    batch = Batch(conditions, seen)
    batch.write(rows, foretold)
    if conditions.is_dry_run:  # batch by batch, so that it holds locks for no longer than a real run
        transaction.set_rollback(True)
    return batch


def _tidy_up() -> None:
    """
    Bring up to date what hangs on all books together.

    The rows are written, so where others stay in the way it is left: jobs, and PostgreSQL itself, do the same.
    """
    for step in (refresh_vocabulary, rank_books, _analyze):
        try:
            _patiently(step)
        except DatabaseError as error:
            if not _is_passing(error):
                raise
            log.warning("import.step_left", step=step.__name__, error=str(error))


def _analyze() -> None:
    """Tell PostgreSQL how large the tables are; until then it plans as if the shop were as empty as it was."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE (SKIP_LOCKED)")  # what another analyses needs no second time


def _patiently(act: Callable[[], Result]) -> Result:
    """Do what another's locks or rows may get in the way of, and try again where they do."""
    for pause in PAUSES:
        try:
            return act()
        except (DatabaseError, BookNotFound, OfferNotFound) as error:
            if not _is_passing(error):
                raise
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that two do not meet again
    return act()


def _is_passing(error: Exception) -> bool:
    """Tell whether it was another's doing: a lock, or a book that came or went since this batch looked."""
    return as_busy(error) is not None or isinstance(error, IntegrityError | BookNotFound | OfferNotFound)


def _add_up(account: Account, read: int, batch: Batch, notes: list[Note]) -> None:
    account.read += read
    account.created += batch.outcomes["created"]
    account.updated += batch.outcomes["updated"]
    account.unchanged += batch.outcomes["unchanged"]
    account.rejected += batch.outcomes["rejected"] + sum(note.kind == "rejected" for note in notes)
    account.warnings += sum(note.kind == "warning" for note in [*notes, *batch.notes])
    account.offers += batch.offers_written
