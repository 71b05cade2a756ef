"""Filling a shop with made-up rows, to measure and try things in: many at a time by COPY, by one maker at a time."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, models

from bookstore.core.advisory import number_of

Tell = Callable[[int], None]  # hears how many there are


class CannotMake(Exception):
    """So many cannot be made, or not now."""


@contextmanager
def alone(things: str) -> Iterator[None]:
    """Let nobody else make such things meanwhile. Locks: advisory, over many transactions. Raises: CannotMake."""
    lock = number_of(f"making {things}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        if cursor.fetchone() != (True,):
            raise CannotMake(f"Somebody else is making {things} in this shop.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Return ids that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows of one table. Making the rows must not ask the database: the connection is busy with them."""
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copying:
        for row in rows:
            copying.write_row(row)


def analyze(tables: Iterable[type[models.Model]]) -> None:
    """Tell the planner how the tables look now."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in tables)}")


class MakingCommand(BaseCommand):
    """A command that adds made-up `things`, and says how it goes."""

    things: str

    def make(self, count: int, *, seed: int, tell: Tell) -> None:
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, help="how many to add")
        parser.add_argument("--seed", type=int, default=0, help=f"another makes other {self.things}")

    def handle(self, *args: Any, **options: Any) -> None:
        count, self.made, started = options["count"], 0, time.monotonic()

        def tell(made: int) -> None:
            self.made = made
            seconds = time.monotonic() - started
            self.show(f"{made:,} of {count:,} {self.things}, {seconds:.0f} s, {made / seconds:,.0f} {self.things}/s")

        try:
            self.make(count, seed=options["seed"], tell=tell)
        except CannotMake as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(f"Stopped; {self.made:,} {self.things} were made.") from None
        finally:
            self.end_line()
        self.stdout.write(f"Made {count:,} {self.things} in {time.monotonic() - started:.0f} s.")

    def show(self, line: str) -> None:
        """Rewrite one line on a terminal; elsewhere only the end is told."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{line}\x1b[K", ending="", style_func=str)

    def end_line(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("")
