"""Keep the shop's other languages complete."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bookstore.core.translating.catalogues import translations
from bookstore.core.translating.extracting import all_texts


class Command(BaseCommand):
    help = "Take new texts into locale/, drop those that are gone, and compile; or see whether anything is left to do."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, and exit with 1 if anything is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        texts = all_texts()
        if not options["check"]:
            for translation in translations():
                translation.bring_up_to_date(texts)
        faults = [
            f"{translation.language}: {fault}" for translation in translations() for fault in translation.faults(texts)
        ]
        for fault in sorted(faults):
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} faults in locale/: put them right in django.po, then: make messages")
        self.stdout.write(f"All {len(texts)} texts are translated.")
