"""See whether everything that must hold does."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookstore.core.audit import findings, keep


class Command(BaseCommand):
    help = "Check what must always hold, print the rows at fault, and exit with 1 if there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        started_at, found = timezone.now(), []
        for finding in findings():
            found.append(finding)
            self.stdout.write(f"{'FAULT' if finding.count else 'ok':<6}{finding.check}")
            for row in finding.rows:
                self.stdout.write(f"      {row}")
            if unshown := finding.count - len(finding.rows):
                self.stdout.write(f"      and {unshown:,} more")
        run = keep(found, started_at)
        if run.fault_count:
            raise CommandError(f"{run.fault_count:,} rows are at fault.")
