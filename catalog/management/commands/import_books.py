"""Bring books in from a CSV file."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from bookstore.core.errors import DomainError
from catalog.exceptions import FieldsInvalid
from catalog.importing import (
    OUR_LAYOUT,
    Account,
    Part,
    Report,
    Request,
    UnknownMapping,
    UnreadableFile,
    find_layout,
    layout_names,
    read_copies,
    read_price,
    run_import,
)
from catalog.models import Seller


class Command(BaseCommand):
    help = "Bring books in from a CSV file, in our own columns or in another layout by a mapping."

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(layout_names())
        parser.add_argument("file")
        parser.add_argument("--mapping", help=f"the file's layout, where it is not ours: {names}, or a .toml file")
        parser.add_argument("--seller", help="slug of whose offers these are; the store's own without it")
        parser.add_argument("--price", help="first price of books to which the file says none")
        parser.add_argument("--stock", help="first copies of books to which the file says none")
        parser.add_argument("--only", choices=["offers", "stock"], help="read no other columns, add no books")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write only the report")
        parser.add_argument("--report", help="where rejects and warnings go; below DATA_DIR without it")

    def handle(self, *args: Any, **options: Any) -> None:
        request = _request(options)
        report = Report(Path(options["report"])) if options["report"] else Report.beside(request.path)
        if report.path.resolve() == request.path.resolve():
            raise CommandError("The report would overwrite the file that it is about.")
        progress = Progress(self)
        try:
            with report, _ctrl_c_ends_it(progress):
                account = run_import(request, note=report.add, go_on=progress.show)
        except UnreadableFile as error:
            raise CommandError(f"{request.path}: {error}") from error
        except (DatabaseError, DomainError) as error:
            raise CommandError(f"It ended after {progress.read:,} rows, run it again to go on: {error}") from error
        except OSError as error:
            raise CommandError(f"The report {report.path} cannot be written: {error.strerror}.") from error
        finally:
            progress.end()
        self._tell(account, report, request)

    def _tell(self, account: Account, report: Report, request: Request) -> None:
        if account.is_stopped:
            self.stdout.write("Stopped as you wished; run it again to go on.")
        if request.is_dry_run:
            self.stdout.write("A dry run: nothing was written, this is what would have been.")
        for name in ("read", "created", "updated", "unchanged", "rejected", "warnings", "offers"):
            self.stdout.write(f"{name:>10} {getattr(account, name):>9,}")
        self.stdout.write(f"Rejects and warnings are in {report.path}")


class Progress:
    """Where the import is: one line rewritten on a terminal, else a line every few seconds."""

    INTERVAL = 5  # seconds

    def __init__(self, command: BaseCommand):
        self._write = command.stderr
        self._is_terminal = command.stderr.isatty()
        self._started = self._told = time.monotonic()
        self.is_over = False
        self.read = 0

    def show(self, account: Account) -> bool:
        """Tell how far it is; answer whether to go on."""
        self.read = account.read
        now = time.monotonic()
        line = (
            f"{account.position / max(account.size, 1):4.0%}, {account.read:,} rows, {now - self._started:.0f} s:"
            f" {account.created:,} created, {account.updated:,} updated, {account.rejected:,} rejected"
        )
        if self._is_terminal:
            self._write.write(f"\r{line}\x1b[K", ending="", style_func=str)
        elif now - self._told >= self.INTERVAL:
            self._told = now
            self._write.write(line, style_func=str)
        return not self.is_over

    def end(self) -> None:
        if self._is_terminal:
            self._write.write("")


@contextmanager
def _ctrl_c_ends_it(progress: Progress) -> Iterator[None]:
    """Let the first Ctrl-C end the import after its batch, and a second one at once."""

    def end(*args: object) -> None:
        progress.is_over = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _request(options: dict[str, Any]) -> Request:
    path = Path(options["file"])
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    try:
        layout = find_layout(options["mapping"]) if options["mapping"] else OUR_LAYOUT
        price = None if options["price"] is None else read_price(str(options["price"]))
        stock_quantity = None if options["stock"] is None else read_copies(str(options["stock"]))
    except UnknownMapping as error:
        raise CommandError(str(error)) from error
    except FieldsInvalid as error:
        raise CommandError(" ".join(str(text) for text in error.fields.values())) from error
    except ValueError as error:
        raise CommandError(str(error)) from error
    if options["only"]:
        layout = layout.reading(Part(options["only"].upper()))
    return Request(path, layout, _seller_id(options["seller"]), price, stock_quantity, options["dry_run"])


def _seller_id(slug: str | None) -> int | None:
    if not slug:
        return None
    seller = Seller.objects.filter(slug=slug).first()
    if seller is None:
        known = ", ".join(Seller.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no seller “{slug}”; there are: {known}.")
    return seller.pk
