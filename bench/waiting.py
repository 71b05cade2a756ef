"""What it costs that a book comes back for which many wait; asked by way of `bench.inside`."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from bookstore.core.models import Mail
from catalog import services as catalogue
from catalog.models import Book, Offer
from prebooking import services
from prebooking.models import Prebook
from prebooking.services.mails import BATCH_SIZE

MAILED = 10  # batches

USERS = """
    INSERT INTO accounts_user
        (email, password, full_name, is_superuser, is_staff, is_active, is_service, created_at, session_epoch)
    SELECT 'waiting' || number || '@example.com', '!', '', FALSE, FALSE, TRUE, FALSE, now(), gen_random_uuid()
    FROM generate_series(1, %s) AS number
    ON CONFLICT (email) DO NOTHING
"""
PREBOOKS = """
    INSERT INTO prebooking_prebook (user_id, book_id, status, created_at, is_mail_due)
    SELECT id, %s, 'WAITING', now() - interval '1 day' + id * interval '1 millisecond', FALSE
    FROM accounts_user WHERE email LIKE 'waiting%%@example.com' ORDER BY id LIMIT %s
"""


def time_return(number: str) -> dict[str, Any]:
    """Let so many wait for a book, let it come back, and write some of the mails; times in seconds."""
    offer = emptied_offer()
    run(USERS, int(number))
    run(PREBOOKS, offer.book_id, int(number))
    run("VACUUM ANALYZE")
    last = Prebook.objects.waiting().order_by("-created_at")[:1]
    place = clocked(lambda: list(last.with_position().with_queue_length()))
    restock, statements = timed_statements(lambda: catalogue.set_stock(offer.pk, 100))
    mails = [clocked(lambda: services.post_mails(offer.book_id)) for _batch in range(MAILED)]
    requeue = clocked(lambda: sell_out(offer))
    forget_mails()
    return {
        "waiting": Prebook.objects.waiting().filter(book=offer.book_id).count(),
        "place": place,
        "restock": restock,
        "statements": statements,
        "mails": sorted(mails)[len(mails) // 2],
        "batch": BATCH_SIZE,
        "requeue": requeue,
    }


def emptied_offer() -> Offer:
    """Return an offer of the one book that nobody has a copy of and nobody waits for."""
    book = Book.objects.public().order_by("pk")[0]
    for offer in Offer.objects.standing().filter(book=book):
        catalogue.set_stock(offer.pk, 0)
    run("DELETE FROM prebooking_prebook WHERE book_id = %s", book.pk)
    run("DELETE FROM accounts_notification WHERE url = %s", book.get_absolute_url())
    return Offer.objects.active().filter(book=book)[0]


def sell_out(offer: Offer) -> None:
    catalogue.set_stock(offer.pk, 0)
    services.requeue(offer.book_id)


def forget_mails() -> None:
    """Leave nothing for the worker to do when the shop is opened to be measured."""
    Mail.objects.filter(kind="mail/prebook_back").delete()
    run("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


def timed_statements(act: Callable[[], Any]) -> tuple[float, dict[str, float]]:
    """Return how long an act took, and its three longest statements by what they begin with."""
    times: list[tuple[float, str]] = []

    def clock(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, *rest)
        finally:
            times.append((time.perf_counter() - began, " ".join(sql.split())[:40]))

    with connection.execute_wrapper(clock):
        whole = clocked(act)
    return whole, {beginning: seconds for seconds, beginning in sorted(times, reverse=True)[:3]}


def clocked(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
