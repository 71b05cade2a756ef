"""
Every write that changes what shoppers wait for.

Locks, in this order: books by id, then prebooks by id. Whoever moves more than one prebook at once holds the locks of
their books, so that no two of them meet half way. Whether a book can be prebooked is decided on its locked row, on
which the catalogue writes whether it is in stock.
"""

from prebooking.services.mails import books_with_mails_due, post_mails, queue_mails
from prebooking.services.prebooks import cancel_prebook, create_prebook, fulfil, lock_books_of
from prebooking.services.returns import books_sold_out, requeue, wake
from prebooking.services.successors import books_succeeded, pass_on

__all__ = [
    "books_sold_out",
    "books_succeeded",
    "books_with_mails_due",
    "cancel_prebook",
    "create_prebook",
    "fulfil",
    "lock_books_of",
    "pass_on",
    "post_mails",
    "queue_mails",
    "requeue",
    "wake",
]
