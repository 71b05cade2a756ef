"""What the pages of an import and an export say."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from bookstore.core.admin import moment
from bookstore.core.spreadsheets import unguard
from bookstore.staff.transfers import files
from bookstore.staff.transfers.importing import OWN_MAPPING
from bookstore.staff.transfers.models import DISCARDABLE, Content, ExportRun, ImportRun, ImportState
from bookstore.staff.transfers.queueing import is_behind_another
from catalog.importing import Change, Note
from catalog.prices import format_price

COUNT_NAMES = {
    "read": _lazy("rows"),
    "created": _lazy("new books"),
    "updated": _lazy("changed books"),
    "unchanged": _lazy("unchanged"),
    "rejected": _lazy("rejected"),
    "warnings": _lazy("warnings"),
    "offers": _lazy("offers set"),
}
FILE_NAMES = {
    "upload": _lazy("The file itself"),
    "changes": _lazy("All that would change"),
    "preview": _lazy("Rejects and warnings of the preview"),
    "report": _lazy("Rejects and warnings of the import"),
}
KINDS = {"rejected": _lazy("rejected"), "warning": _lazy("warning")}


def import_page(run: ImportRun) -> dict[str, Any]:
    """Return what the page of an import shows, its files left out."""
    is_over = bool(run.counts)
    counts = run.counts if is_over else run.preview
    return {
        "facts": list(_import_facts(run)),
        "is_behind_another": run.is_at_work and is_behind_another(run),
        "progress": files.read_progress(run) if run.is_at_work else None,
        "counts_title": _("What was changed") if is_over else _("What would change"),
        "counts": [(name, _count(counts[key])) for key, name in COUNT_NAMES.items() if key in counts],
        "changes": _changes(run) if run.state == ImportState.READY else None,
        "notes": _notes(run, "report" if is_over else "preview"),
        "acts": list(_acts(run)),
        "most": files.SHOWN_ROWS,
    }


def _import_facts(run: ImportRun) -> Iterator[tuple[Any, Any]]:
    yield _("File"), run.file_name
    yield _("Changes"), run.get_part_display()
    if run.mapping:
        yield _("Layout"), _("a file of your own") if run.mapping == OWN_MAPPING else run.mapping
    yield _("Seller"), run.seller or _("The store itself")
    if run.price is not None:
        yield _("First price"), format_price(run.price)
    if run.stock_quantity is not None:
        yield _("First copies"), _count(run.stock_quantity)
    yield _("Brought in"), _who_when(run.actor, run.created_at)
    if run.confirmed_at:
        yield _("Confirmed"), _who_when(run.confirmed_by, run.confirmed_at)
    if run.ended_at and run.confirmed_at:
        yield _("Ended"), moment(run.ended_at)


def export_page(run: ExportRun) -> dict[str, Any]:
    """Return what the page of an export shows, its file left out."""
    return {"facts": _export_facts(run), "is_behind_another": run.is_at_work and is_behind_another(run)}


def _export_facts(run: ExportRun) -> list[tuple[Any, Any]]:
    facts: list[tuple[Any, Any]] = [(_("What"), run.get_content_display()), (_("File"), run.get_file_format_display())]
    if run.content in {Content.OFFERS, Content.STOCK}:
        facts.append((_("Seller"), run.seller or _("All sellers")))
    if run.status:
        facts.append((_("Status"), run.get_status_display()))
    if run.first_day or run.last_day:
        days = (date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (run.first_day, run.last_day))
        facts.append((_("Placed"), " – ".join(days)))
    facts.append((_("Asked for"), _who_when(run.actor, run.created_at)))
    if run.ended_at:
        facts += [(_("Rows"), _count(run.rows)), (_("Ended"), moment(run.ended_at))]
    return facts


def _acts(run: ImportRun) -> Iterator[tuple[str, Any, str]]:
    """Yield the buttons of a state: key, words, and how it looks."""
    if run.state == ImportState.READY:
        yield "confirm", _("Import it"), "primary"
        yield "look-again", _("Look at it again"), "default"
    elif run.state in {ImportState.STOPPED, ImportState.FAILED} and run.preview:
        yield "confirm", _("Begin again"), "primary"
    elif run.state == ImportState.FAILED:
        yield "look-again", _("Look at it again"), "primary"
    if run.state == ImportState.RUNNING and not run.is_stopping:
        yield "stop", _("Stop"), "default"
    if run.state in DISCARDABLE:
        yield "discard", _("Discard"), "default"


def _changes(run: ImportRun) -> dict[str, Any]:
    found = (Change(*map(unguard, row)) for row in _beginning_of(files.report_of(run, "changes")))
    rows = [
        [change.line, change.title, change.column or _("new book"), change.before, change.after] for change in found
    ]
    return {"headers": [_("Line"), _("Book"), _("Column"), _("From"), _("To")], "rows": rows}


def _notes(run: ImportRun, report: str) -> dict[str, Any]:
    found = (Note(*row) for row in _beginning_of(files.report_of(run, report)))
    rows = [[note.line, KINDS[note.kind], note.key, note.reason] for note in found]
    return {"headers": [_("Line"), _("Kind"), _("Row"), _("Reason")], "rows": rows}


def _beginning_of(path: Path) -> list[Any]:
    """Return the first rows of a report; none where it is not there, or not any more."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows, None)
            return [row for row, _place in zip(rows, range(files.SHOWN_ROWS), strict=False)]
    except FileNotFoundError:
        return []


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


def _who_when(who: Any, at: Any) -> str:
    return f"{who}, {moment(at)}" if who else moment(at)
