"""Bring books up to date after a change of the shop's currency."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.services import reread_books


class Command(BaseCommand):
    help = "Bring the prices and availability of books up to date with their offers, after a change of STORE_CURRENCY."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reread_books():,} books brought up to date.")
