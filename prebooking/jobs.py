"""Prebooking's work that can wait."""

from django.db import transaction
from procrastinate.contrib.django import app

from prebooking import services


@app.task(retry=3)
def write_mails(book_id: int) -> None:
    """Write some of the mails of a book that is back, and leave the rest to the next job."""
    with transaction.atomic():
        if services.post_mails(book_id):
            services.queue_mails(book_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="write_late_mails", retry=3)
def write_late_mails(timestamp: int = 0) -> None:
    """Have the mails written that were put off because their reader had one the same day."""
    for book_id in services.books_with_mails_due():
        services.queue_mails(book_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="requeue_prebooks", retry=3)
def requeue_prebooks(timestamp: int = 0) -> None:
    """Let those wait again who were told of a book that is gone, and for its successor whose book is archived."""
    for book_id in services.books_sold_out():
        services.requeue(book_id)
    for archived_id, book_id in services.books_succeeded():
        services.pass_on(archived_id, book_id)
