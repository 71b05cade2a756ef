"""What a shopper does: prebook, cancel, buy."""

from collections.abc import Iterable

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from bookstore.core.prepared import prepared
from bookstore.core.querysets import constraint_of
from catalog.exceptions import BookNotFound
from catalog.models import Book
from prebooking.exceptions import (
    PrebookAlreadyCancelled,
    PrebookBookInStock,
    PrebookDuplicate,
    PrebookNotCancellable,
    PrebookNotFound,
)
from prebooking.models import Prebook, PrebookQuerySet, PrebookStatus

log = structlog.get_logger(__name__)


@transaction.atomic
def create_prebook(user: User, book_id: int) -> Prebook:
    """
    Let a shopper wait for a book of which no seller has a copy, at the end of its queue.

    Locks: the book. Raises: BookNotFound, PrebookBookInStock, PrebookDuplicate.
    """
    book = Book.objects.public().only("in_stock").filter(pk=book_id).locked().first()
    if book is None:
        raise BookNotFound
    if book.in_stock:
        raise PrebookBookInStock
    prebook = _insert(user, book_id)
    log.info("prebook.created", user_id=user.pk, book_id=book_id)
    return prebook


def _insert(user: User, book_id: int) -> Prebook:
    try:
        with transaction.atomic():
            return Prebook.objects.create(user=user, book_id=book_id)
    except IntegrityError as error:
        if constraint_of(error) == "prebook_one_open_per_user_and_book":
            raise PrebookDuplicate from error
        raise


@transaction.atomic
def cancel_prebook(user: User, prebook_id: int) -> Prebook:
    """
    Let a shopper wait no longer.

    Locks: the prebook. Raises: PrebookNotFound, PrebookAlreadyCancelled, PrebookNotCancellable.
    """
    prebook = Prebook.objects.of(user).filter(pk=prebook_id).locked().first()
    if prebook is None:
        raise PrebookNotFound
    if prebook.status == PrebookStatus.CANCELLED:
        raise PrebookAlreadyCancelled
    if prebook.status == PrebookStatus.FULFILLED:
        raise PrebookNotCancellable
    prebook.status, prebook.cancelled_at, prebook.is_mail_due = PrebookStatus.CANCELLED, timezone.now(), False
    prebook.save(update_fields=["status", "cancelled_at", "is_mail_due"])
    log.info("prebook.cancelled", user_id=user.pk, book_id=prebook.book_id)
    return prebook


def fulfil(user_id: int, book_ids: Iterable[int]) -> int:
    """
    Note that a shopper has bought books, and waits for them no longer; return how many were waited for.

    A book of the same ISBN is the same to who waits: one of the two is archived.
    Locks: those of the books that were prebooked, and of their successors, by id.
    """
    wanted = {prebook.book_id for prebook in open_prebooks(user_id)}
    if not wanted:
        return 0
    bought = set(book_ids)
    isbns = Book.objects.filter(pk__in=bought).exclude(isbn="").values("isbn")
    bought |= set(Book.objects.filter(pk__in=wanted, isbn__in=isbns).values_list("pk", flat=True))
    if not wanted & bought:
        return 0
    prebooks = Prebook.objects.open().of(user_id).filter(book__in=bought)
    with transaction.atomic():
        lock_books_of(prebooks)
        return prebooks.update(status=PrebookStatus.FULFILLED, fulfilled_at=timezone.now(), is_mail_due=False)


@prepared
def open_prebooks(user_id: int) -> QuerySet[Prebook]:
    return Prebook.objects.open().of(user_id)


def lock_books_of(prebooks: PrebookQuerySet) -> None:
    """
    Let nobody move these prebooks until the transaction ends but their shoppers.

    Locks: their books, and those to which they may be passed on, by id.
    """
    books = list(prebooks.values_list("book_id", "book__isbn", "book__archived_at"))
    if not books:
        return
    wanted = Q(pk__in={pk for pk, _isbn, _archived_at in books})
    if isbns := {isbn for _pk, isbn, archived_at in books if isbn and archived_at}:
        wanted |= Q(archived_at=None, isbn__in=isbns)
    list(Book.objects.filter(wanted).locked().values_list("pk"))
