"""What happens to those who wait when a book comes back, and when it is gone again."""

from datetime import timedelta
from functools import partial

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Kind
from accounts.services.notices import notify
from catalog.models import Book, MovementReason, StockMovement
from prebooking import metrics
from prebooking.models import Prebook, PrebookStatus
from prebooking.services.mails import queue_mails

# A payment that fails gives its copies back; one that has not been decided by then is looked at by a sweep before.
PAYMENT_PATIENCE = timedelta(minutes=10)

# One statement, as it runs for every copy that comes, and for as many as wait for a book.
WAKE = """
    UPDATE prebooking_prebook SET status = 'NOTIFIED', notified_at = %(now)s, is_mail_due = TRUE
    WHERE book_id = %(book)s AND status = 'WAITING'
        AND EXISTS (SELECT FROM catalog_book WHERE id = %(book)s AND in_stock)
    RETURNING user_id
"""

log = structlog.get_logger(__name__)


def wake(book_id: int) -> None:
    """
    Tell everyone who waits for a book that is in stock: in the app within this transaction, by mail soon after.

    For the transaction of a stock act, after which the book's row and an offer of it are locked; or for one that has
    locked the book's row.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAKE, {"book": book_id, "now": timezone.now()})
        user_ids = [user_id for (user_id,) in cursor.fetchall()]
    if not user_ids:
        return
    book = Book.objects.only("title").get(pk=book_id)
    notify(
        Kind.PREBOOK_BACK,
        user_ids,
        title=format_lazy(_("“{title}” is back"), title=book.title),
        body=_("You wanted to be told. First come, first served."),
        url=book.get_absolute_url(),
    )
    queue_mails(book_id)
    transaction.on_commit(partial(_note_told, book_id, len(user_ids)))


def _note_told(book_id: int, prebooks: int) -> None:
    metrics.NOTIFIED.inc(prebooks)
    log.info("prebook.notified", book_id=book_id, prebooks=prebooks)


def books_sold_out() -> list[int]:
    """
    Return the books that came back, and are gone again, before everyone who was told has bought one.

    An archived book is gone, too: its readers are told nothing more, as long as no other has its ISBN.
    Copies that were sold within the last PAYMENT_PATIENCE may yet be put back, and are waited for.
    """
    fresh_sales = StockMovement.objects.filter(
        offer__book=OuterRef("pk"),
        reason=MovementReason.SOLD,
        created_at__gt=timezone.now() - PAYMENT_PATIENCE,
    )
    told = Prebook.objects.notified().filter(book=OuterRef("pk"))
    books = Book.objects.filter(Exists(told), ~Exists(fresh_sales), in_stock=False)
    return list(books.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def requeue(book_id: int) -> int:
    """
    Let those wait again who were told of a book that is gone, in their old places; return how many they are.

    Locks: the book, then the prebooks by id.
    """
    book = Book.objects.only("in_stock").filter(pk=book_id).locked().get()
    if book.in_stock:
        return 0
    told = Prebook.objects.notified().filter(book=book_id)
    # The mails' job locks them too, by id, and never holds the book.
    list(told.locked().values_list("pk"))
    number = told.update(status=PrebookStatus.WAITING, notified_at=None, is_mail_due=False)
    log.info("prebook.requeued", book_id=book_id, prebooks=number)
    return number
