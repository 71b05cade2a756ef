"""
Bringing a file in: take it, look what it would change, and once somebody says yes, do it.

The work is done by jobs, through the same importer as the command. One whose worker was killed begins anew: what is
written already is then unchanged.
"""

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.errors import DomainError
from bookstore.core.languages import speaking
from bookstore.core.spreadsheets import guard
from bookstore.staff.exceptions import NotReady, UploadRefused
from bookstore.staff.transfers import files
from bookstore.staff.transfers.models import AT_WORK, DISCARDABLE, ImportRun, ImportState
from bookstore.staff.transfers.queueing import is_queued, put_into_queue
from catalog.importing import (
    OUR_LAYOUT,
    Account,
    Change,
    Layout,
    Part,
    Report,
    Request,
    UnknownMapping,
    UnreadableFile,
    find_layout,
    open_table,
    run_import,
)
from catalog.models import Seller

LARGEST_UPLOAD = 200 * 2**20  # bytes
LARGEST_MAPPING = 64 * 2**10  # bytes
OWN_MAPPING = "file"
COUNTED = ("read", "created", "updated", "unchanged", "rejected", "warnings", "offers")


@dataclass(frozen=True)
class Wish:
    """
    How a file is to be imported.

    `mapping` names a layout ("" is ours), or `mapping_file` is one; the rest is as in the importer's request.
    """

    part: Part = Part.BOOKS
    mapping: str = ""
    mapping_file: File | None = None
    seller: Seller | None = None
    price: Decimal | None = None
    stock_quantity: int | None = None


def take_upload(upload: File, wish: Wish, actor: User) -> ImportRun:
    """
    Keep a file and have it looked at by a job.

    Raises: UploadRefused where it cannot be kept, or is nothing that the importer reads.
    """
    _check_size("file", upload, LARGEST_UPLOAD)
    if wish.mapping_file:
        _check_size("mapping_file", wish.mapping_file, LARGEST_MAPPING)
    with transaction.atomic():
        run = ImportRun.objects.create(
            file_name=Path(upload.name or "").name[-200:],
            part=wish.part,
            mapping=OWN_MAPPING if wish.mapping_file else wish.mapping,
            seller=wish.seller,
            price=wish.price,
            stock_quantity=wish.stock_quantity,
            actor=actor,
        )
        try:
            _keep(upload, files.upload_of(run))
            if wish.mapping_file:
                _keep(wish.mapping_file, files.mapping_of(run))
            check_readable(run)
            put_into_queue("preview_import", run)
        except BaseException:
            files.remove_files(run)
            raise
    return run


def check_readable(run: ImportRun) -> None:
    """Look at layout and header. Raises: UploadRefused."""
    try:
        layout = _layout_of(run)
    except UnknownMapping as error:
        raise UploadRefused(fields={"mapping_file": str(error)}) from error
    try:
        with open_table(files.upload_of(run)) as table:
            layout.unknown(table.header)
    except UnreadableFile as error:
        raise UploadRefused(fields={"file": str(error)}) from error


def preview(run_id: int) -> None:
    """Find out what a file would change, and write nothing but that."""
    run = _begin(run_id, ImportState.UPLOADED, ImportState.PREVIEWING)
    if run is None:
        return
    with _speaking_to(run.actor), _ending(run) as end, _changes_of(run) as tell, _report(run, "preview") as report:
        account = run_import(_request(run, is_dry_run=True), note=report.add, tell=tell, go_on=_watch(run))
        if not account.is_stopped:
            run.preview = _counts(account)
            end(ImportState.READY)


def confirm(run_id: int, actor: User) -> None:
    """
    Have an import done: for the first time, or again after it stopped or failed.

    Locks: the import. Raises: NotReady.
    """
    with transaction.atomic():
        run = _locked(run_id, ImportState.READY, ImportState.STOPPED, ImportState.FAILED)
        if run.state == ImportState.FAILED and not run.preview:
            raise NotReady
        run.state, run.is_stopping, run.error, run.attempts = ImportState.RUNNING, False, "", 0
        run.confirmed_by, run.confirmed_at, run.ended_at = actor, timezone.now(), None
        run.save()
        files.forget_progress(run)
        put_into_queue("carry_out_import", run)


def look_again(run_id: int) -> None:
    """Have a file looked at anew, whose preview failed or has grown old. Locks: the import. Raises: NotReady."""
    with transaction.atomic():
        run = _locked(run_id, ImportState.READY, ImportState.FAILED)
        run.state, run.error, run.ended_at, run.preview = ImportState.UPLOADED, "", None, {}
        run.save()
        files.forget_progress(run)
        put_into_queue("preview_import", run)


def stop(run_id: int) -> None:
    """Let a running import end after the rows at hand. Locks: the import. Raises: NotReady."""
    with transaction.atomic():
        run = _locked(run_id, ImportState.RUNNING)
        run.is_stopping = True
        run.save(update_fields=["is_stopping"])


def discard(run_id: int) -> None:
    """Drop an import that is not running, with its files. Locks: the import. Raises: NotReady."""
    with transaction.atomic():
        run = _locked(run_id, *DISCARDABLE)
        run.state, run.ended_at = ImportState.DISCARDED, timezone.now()
        run.save(update_fields=["state", "ended_at"])
    files.remove_files(run)


def carry_out(run_id: int) -> None:
    """Import a file that somebody said yes to, and note how it ended."""
    run = _begin(run_id, ImportState.RUNNING, ImportState.RUNNING)
    if run is None:
        return
    with _speaking_to(run.confirmed_by), _ending(run) as end, _report(run, "report") as report:
        account = run_import(_request(run), note=report.add, go_on=_watch(run))
        run.counts = _counts(account)
        end(ImportState.STOPPED if account.is_stopped else ImportState.DONE)


def mark_lost() -> None:
    """Mark the imports as failed that no job is going to end any more. Locks: each import."""
    for run in ImportRun.objects.filter(state__in=AT_WORK):
        if is_queued(run):
            continue
        with transaction.atomic(), suppress(NotReady):
            lost = _locked(run.pk, *AT_WORK)
            if not is_queued(lost):
                _end(lost, ImportState.FAILED, _("The work on it was lost. It can be begun again."))


# How a job begins and ends


def _locked(run_id: int, *states: ImportState) -> ImportRun:
    run = ImportRun.objects.filter(pk=run_id, state__in=states).locked().first()
    if run is None:
        raise NotReady
    return run


def _begin(run_id: int, before: ImportState, now: ImportState) -> ImportRun | None:
    """Note that the work begins; None where there is nothing to be done any more."""
    try:
        with transaction.atomic():
            run = _locked(run_id, before, now)
            run.state, run.attempts = now, run.attempts + 1
            run.save(update_fields=["state", "attempts"])
    except NotReady:
        return None
    return run


@contextmanager
def _ending(run: ImportRun) -> Iterator[Callable[[ImportState], None]]:
    """Note how the work ends; what the file or the database is to blame for is told to the reader."""
    try:
        yield lambda state: _end(run, state)
    except (UnreadableFile, UnknownMapping) as error:
        _end(run, ImportState.FAILED, str(error))
    except (DatabaseError, DomainError, OSError) as error:
        read = files.read_progress(run).read
        sentence = _("It ended after %(read)d rows and can be begun again: %(error)s") % {"read": read, "error": error}
        _end(run, ImportState.FAILED, sentence)


def _end(run: ImportRun, state: ImportState, error: str = "") -> None:
    run.state, run.error, run.ended_at = state, error, timezone.now()
    fields = {name: getattr(run, name) for name in ("state", "error", "ended_at", "preview", "counts")}
    # One that was discarded meanwhile stays so.
    ImportRun.objects.filter(pk=run.pk, state__in=AT_WORK).update(**fields)


def _watch(run: ImportRun) -> Callable[[Account], bool]:
    """Return what tells how far the import is, and asks whether it is still wanted."""

    def go_on(account: Account) -> bool:
        files.write_progress(run, files.Progress(account.position, account.size, account.read))
        return ImportRun.objects.filter(pk=run.pk, state=run.state, is_stopping=False).exists()

    return go_on


# What the importer is told


def _request(run: ImportRun, *, is_dry_run: bool = False) -> Request:
    return Request(
        path=files.upload_of(run),
        layout=_layout_of(run),
        seller_id=run.seller_id,
        price=run.price,
        stock_quantity=run.stock_quantity,
        is_dry_run=is_dry_run,
        name=run.file_name,
        actor=run.confirmed_by,
    )


def _layout_of(run: ImportRun) -> Layout:
    if run.mapping:
        name = str(files.mapping_of(run)) if run.mapping == OWN_MAPPING else run.mapping
        return find_layout(name).reading(Part(run.part))
    return OUR_LAYOUT.reading(Part(run.part))


def _counts(account: Account) -> dict[str, int]:
    return {name: count for name, count in asdict(account).items() if name in COUNTED}


# Files


def _check_size(name: str, upload: File, most: int) -> None:
    if not upload.size:
        raise UploadRefused(fields={name: _("The file is empty.")})
    if upload.size > most:
        sentence = _("The file is too large: %(most)d MB at most.") if most >= 2**20 else _("The file is too large.")
        raise UploadRefused(fields={name: sentence % {"most": most // 2**20}})


def _keep(upload: File, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        upload.seek(0)
        shutil.copyfileobj(upload, file)


def _report(run: ImportRun, name: str) -> Report:
    return Report(files.report_of(run, name))


@contextmanager
def _changes_of(run: ImportRun) -> Iterator[Callable[[Change], None]]:
    """Yield what writes down all that would change."""
    with files.report_of(run, "changes").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Change._fields)
        yield lambda change: writer.writerow([guard(str(cell)) for cell in change])


def _speaking_to(reader: User | None) -> Any:
    return speaking(reader.language if reader else "")
