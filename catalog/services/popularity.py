"""How much a book is wanted, which lists and search put first."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

DAYS = 90

Wants = Callable[[], QuerySet[Any, Any]]

_wants: list[Wants] = []

SOLD = """
    SELECT offer.book_id, -sum(movement.delta)
    FROM catalog_stockmovement AS movement JOIN catalog_offer AS offer ON offer.id = movement.offer_id
    WHERE movement.order_number <> '' AND movement.created_at > now() - make_interval(days => %s)
    GROUP BY offer.book_id HAVING sum(movement.delta) < 0
"""

# Steps of one significant digit: a single copy more or less does not move a book that sells by the hundred.
REFRESH = """
    WITH wanted AS (
        SELECT book_id, sum(number)::numeric AS number FROM ({parts}) AS part (book_id, number) GROUP BY book_id
    ), counted AS (
        SELECT book.id, book.popularity AS before, book.first_popularity
            + coalesce(trunc(wanted.number, -trunc(log(wanted.number))::int), 0)::int AS popularity
        FROM catalog_book AS book LEFT JOIN wanted ON wanted.book_id = book.id
    ), changed AS (
        SELECT id, popularity FROM counted WHERE popularity <> before
    ), written AS (
        UPDATE catalog_book AS book SET popularity = changed.popularity FROM changed WHERE book.id = changed.id
    )
    UPDATE catalog_booksearch AS row SET popularity = changed.popularity FROM changed WHERE row.book_id = changed.id
"""


def counts_as_wanted(wants: Wants) -> Wants:
    """
    Let what another app keeps count for popularity like copies sold.

    `wants` returns pairs of a book's id and a number above 0.
    """
    _wants.append(wants)
    return wants


@transaction.atomic
def refresh_popularity() -> int:
    """
    Bring popularity up to date: copies sold in the last 90 days and what else counts as wanted, in coarse steps,
    beside what an import said first.

    Only books whose popularity changes are written; return how many.
    Locks: those books, in no order, so it may have to give way to a stock act and be tried again.
    """
    parts, values = [SOLD], [DAYS]
    for wants in _wants:
        sql, its_values = wants().query.sql_with_params()
        parts.append(sql)
        values += its_values
    with connection.cursor() as cursor:
        cursor.execute(REFRESH.format(parts=" UNION ALL ".join(parts)), values)
        return cursor.rowcount
