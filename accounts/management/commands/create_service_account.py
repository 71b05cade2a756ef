"""Let a partner's program in."""

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts import services
from bookstore.core.errors import DomainError

MOST_DAYS = 3650


def days(raw: str) -> timedelta:
    if not (raw.isascii() and raw.isdigit() and 1 <= int(raw) <= MOST_DAYS):
        raise ArgumentTypeError(f"{raw!r} is not a whole number of days from 1 to {MOST_DAYS}")
    return timedelta(days=int(raw))


class Command(BaseCommand):
    help = "Makes an account for a partner's program and prints its token, once; it is kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the program is called, such as a company's name")
        parser.add_argument("--days", type=days, default=timedelta(days=365), help="how long the token works (365)")
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--renew", action="store_true", help="another token for an account that exists")
        instead.add_argument("--revoke", action="store_true", help="no token any more for an account that exists")

    def handle(self, *, name: str, days: timedelta, renew: bool, revoke: bool, **options: Any) -> None:
        try:
            if revoke:
                services.revoke_service_account(name)
                self.stderr.write(f"{name} has no token any more.")
                return
            act = services.renew_service_account if renew else services.create_service_account
            token = act(name, days)
        except DomainError as error:
            hint = "; --renew gives it another token" if error.code == "SERVICE_ACCOUNT_CONFLICT" else ""
            sentences = [str(sentence) for sentence in error.fields.values()] or [f"{error}".rstrip(".") + hint + "."]
            raise CommandError(" ".join(sentences)) from error
        self.stderr.write(f"The token of {name}, for {days.days} days. It is shown only now:")
        self.stdout.write(token)
