"""Fill an empty shop with the demo catalogue."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.demo import ensure_accounts, load_catalogue


class Command(BaseCommand):
    help = "Fill a shop that has no books yet with the demo catalogue, and make the demo's accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-accounts", action="store_true", help="the catalogue only")

    def handle(self, *args: Any, **options: Any) -> None:
        with_accounts = not options["without_accounts"]
        if with_accounts and not settings.IS_LOCAL:
            raise CommandError("The demo's passwords are public: only a local shop gets its accounts.")
        loaded = load_catalogue()
        if with_accounts:
            ensure_accounts()
        if loaded:
            self.stdout.write(f"Loaded {loaded} books.")
        elif options["verbosity"]:
            self.stdout.write("The shop has books already.")
