"""A shop to try things in: some hundred real books of three sellers, and some people. Blurbs are our own."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import User
from bookstore.core.writing import write_columns
from catalog.importing import Note, Request, run_import
from catalog.models import Book, Genre, Seller, StaffPick

FOLDER = Path(__file__).parent
BOOKS = ("books_a.csv", "books_b.csv", "offers.csv")
BOOKS_TO_A_RETURN = 40
ADVISORY_LOCK = 7_201_001  # only one process fills the shop

# For what other apps add to a demo shop, in the transaction that fills it.
catalogue_loaded = Signal()


class DemoAccount(NamedTuple):
    """Someone to sign in as, in the local default only."""

    role: str
    email: str
    password: str


SHOPPER = DemoAccount("shopper", "reader@example.com", "paper-lantern-42")
STAFF = DemoAccount("staff", "staff@example.com", "copper-kettle-42")
BUYER = DemoAccount("buyer", "buyer@example.com", "walnut-ledger-42")
PACKER = DemoAccount("packer", "packer@example.com", "cardboard-river-42")
SELLER = DemoAccount("seller", "seller@example.com", "attic-harbour-42")
ACCOUNTS = (SHOPPER, STAFF, BUYER, PACKER, SELLER)
GROUPS = {BUYER: "Buyer", PACKER: "Packer"}
SELLS_FOR = "harbour-lane"


@transaction.atomic
def load_catalogue() -> int:
    """
    Fill a shop that has no books, archived ones included, all or nothing; return how many it got.

    Locks: one advisory lock. Raises: ValueError where a demo file has a row that is not taken as it stands.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    if Book.objects.exists():
        return 0
    for row in _rows("genres.csv"):
        parent = Genre.objects.get(slug=row["parent"]) if row["parent"] else None
        Genre.objects.get_or_create(slug=row["slug"], defaults={"name": row["name"], "parent": parent})
    for row in _rows("sellers.csv"):
        Seller.objects.get_or_create(slug=row["slug"], defaults={"name": row["name"]})
    for name in BOOKS:
        run_import(Request(FOLDER / name), note=_refuse)
    for position, row in enumerate(_rows("picks.csv"), start=1):
        book = Book.objects.get(source="demo", source_id=row["source_id"])
        StaffPick.objects.create(book=book, note=row["note"], position=position)
    catalogue_loaded.send(sender=None)
    return _spread_in_time()


def ensure_accounts() -> None:
    """Make the demo's accounts where there are none of these e-mails; others are left as they are."""
    for account in ACCOUNTS:
        if User.objects.filter(email=account.email).exists():
            continue
        powers = {"is_staff": account != SHOPPER, "is_superuser": account == STAFF}
        user = User.objects.create_user(account.email, account.password, **powers)
        user.groups.set(Group.objects.filter(name=GROUPS.get(account, "")))
        if account == SELLER:
            user.sellers.set(Seller.objects.filter(slug=SELLS_FOR))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _refuse(note: Note) -> None:
    raise ValueError(f"The demo's row {note.key} in line {note.line}: {note.reason}")


def _spread_in_time() -> int:
    """Make the books come in one after the other, the first a while ago, and some of them come back since."""
    # By the ids read backwards: the files stand together by genre, what is new is of many kinds.
    books = sorted(Book.objects.all(), key=lambda book: book.source_id[::-1])
    for age, book in enumerate(books):
        book.created_at = timezone.now() - timedelta(hours=3 * age)
        if book.in_stock and age % BOOKS_TO_A_RETURN == BOOKS_TO_A_RETURN - 1:
            book.turned_at = timezone.now() - timedelta(hours=age)
    write_columns(books, ["created_at", "turned_at"])
    return len(books)
