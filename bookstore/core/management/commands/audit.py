"""See whether everything that must hold does."""

import itertools
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookstore.core.audit import all_checks

MOST_SHOWN = 100


class Command(BaseCommand):
    help = "Check what must always hold, print the rows at fault, and exit with 1 if there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        at_fault = 0
        for name, check in all_checks().items():
            faults = iter(check())
            shown = list(itertools.islice(faults, MOST_SHOWN))
            unshown = sum(1 for _fault in faults)
            self.stdout.write(f"{'FAULT' if shown else 'ok':<6}{name}")
            for fault in shown:
                self.stdout.write(f"      {fault}")
            if unshown:
                self.stdout.write(f"      and {unshown:,} more")
            at_fault += len(shown) + unshown
        if at_fault:
            raise CommandError(f"{at_fault:,} rows are at fault.")
