"""What happens to those who wait for an archived book when the shop has its ISBN again, as another book."""

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Least
from django.utils import timezone

from catalog.models import Book
from prebooking.models import Prebook, PrebookQuerySet, PrebookStatus
from prebooking.services.returns import wake

log = structlog.get_logger(__name__)


def books_succeeded() -> list[tuple[int, int]]:
    """Return the archived books that somebody still wants, each with the book of the shop that has its ISBN now."""
    wanted = Prebook.objects.open().filter(book=OuterRef("pk"))
    # No ISBN is no match, and only with that said the unique index is of use.
    successor = Book.objects.public().exclude(isbn="").filter(isbn=OuterRef("isbn")).order_by().values("pk")
    archived = Book.objects.exclude(archived_at=None).filter(Exists(wanted), Exists(successor))
    return list(archived.order_by("pk").values_list("pk", Subquery(successor)))


@transaction.atomic
def pass_on(archived_id: int, book_id: int) -> int:
    """
    Let those who want an archived book wait for its successor, in their old places; return how many they are.

    Who wants the successor already keeps that prebook, with the earlier of the two places, and is not told again. The
    others are told if it is in stock, though they were told of the archived book.
    Locks: the books by id, then the prebooks by id.
    """
    books = Book.objects.only("isbn", "archived_at").filter(pk__in=[archived_id, book_id]).locked().in_bulk()
    archived, successor = books[archived_id], books[book_id]
    if successor.archived_at or successor.isbn != archived.isbn:
        return 0
    theirs = Prebook.objects.open().filter(book=archived_id)
    doubled = Prebook.objects.open().filter(book=book_id, user__in=theirs.values("user"))
    # Shoppers cancel, and the mails' job writes, without the books.
    list((theirs | doubled).locked().values_list("pk"))
    number = _keep_one(theirs, doubled)
    number += theirs.update(book=book_id, status=PrebookStatus.WAITING, notified_at=None, is_mail_due=False)
    wake(book_id)
    log.info("prebook.passed_on", book_id=book_id, archived_id=archived_id, prebooks=number)
    return number


def _keep_one(theirs: PrebookQuerySet, doubled: PrebookQuerySet) -> int:
    """Cancel those of `theirs` whose shopper has another among `doubled`, which takes the place if it is earlier."""
    earlier = theirs.filter(user=OuterRef("user")).values("created_at")
    doubled.update(created_at=Least(F("created_at"), Subquery(earlier)))
    superfluous = theirs.filter(user__in=doubled.values("user"))
    return superfluous.update(status=PrebookStatus.CANCELLED, cancelled_at=timezone.now(), is_mail_due=False)
