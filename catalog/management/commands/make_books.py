"""Fill a shop with made-up books."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.making import CannotMake, make_books


class Command(BaseCommand):
    help = "Add made-up books, with authors, offers and stock, to measure and try things in; as many as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, help="how many to add")
        parser.add_argument("--seed", type=int, default=0, help="another makes other books")

    def handle(self, *args: Any, **options: Any) -> None:
        count, self.made, started = options["count"], 0, time.monotonic()

        def tell(made: int) -> None:
            self.made = made
            seconds = time.monotonic() - started
            self.show(f"{made:,} of {count:,} books, {seconds:.0f} s, {made / seconds:,.0f} books/s")

        try:
            make_books(count, seed=options["seed"], tell=tell)
        except CannotMake as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(f"Stopped; {self.made:,} books were made.") from None
        finally:
            self.end_line()
        self.stdout.write(f"Made {count:,} books in {time.monotonic() - started:.0f} s.")

    def show(self, line: str) -> None:
        """Rewrite one line on a terminal; elsewhere only the end is told."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{line}\x1b[K", ending="", style_func=str)

    def end_line(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("")
