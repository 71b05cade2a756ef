"""The mails to those who were told that a book is back."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Kind
from accounts.services.notices import post_notice_mail, wants_mail
from catalog.models import Book
from prebooking.models import Prebook

BATCH_SIZE = 200  # mails of one transaction


def queue_mails(book_id: int) -> None:
    """Have the mails of a book written by a job, once the current transaction commits; one job of a book at a time."""
    # By name, as the job calls what stands here.
    task = app.configure_task("prebooking.jobs.write_mails", allow_unknown=False, lock=f"prebook-mails-{book_id}")
    task.defer(book_id=book_id)


@transaction.atomic
def post_mails(book_id: int) -> bool:
    """
    Write a batch of the mails that are due for a book that is still there; tell whether there may be more.

    Each is noted in the transaction that writes it, so that it is written once, whatever happens on the way.
    Locks: the prebooks by id.
    """
    book = Book.objects.get(pk=book_id)
    if not book.in_stock:
        return False
    due = Prebook.objects.mail_due().filter(book=book_id)
    prebooks = list(due.locked().select_related("user")[:BATCH_SIZE])
    wanting = wants_mail(Kind.PREBOOK_BACK, [prebook.user_id for prebook in prebooks])
    context = {"book": book, "url": settings.SITE_URL + book.get_absolute_url()}
    for prebook in prebooks:
        if prebook.user_id in wanting:
            post_notice_mail(Kind.PREBOOK_BACK, prebook.user, "mail/prebook_back", context)
    settled = Prebook.objects.filter(pk__in=[prebook.pk for prebook in prebooks])
    settled.filter(user__in=wanting).update(mailed_at=timezone.now())
    settled.update(is_mail_due=False)
    return len(prebooks) == BATCH_SIZE


def books_with_mails_due() -> list[int]:
    """Return the books of which mails are due: a job was lost, or a day has passed since the last mail."""
    due = Prebook.objects.mail_due().filter(book__in_stock=True)
    return list(due.order_by("book").values_list("book_id", flat=True).distinct())
