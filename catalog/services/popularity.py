"""How much a book is wanted, which lists and search put first."""

from django.db import connection, transaction

DAYS = 90

# Steps of one significant digit: a single copy more or less does not move a book that sells by the hundred.
REFRESH = """
    WITH sold AS (
        SELECT offer.book_id, -sum(movement.delta)::numeric AS copies
        FROM catalog_stockmovement AS movement JOIN catalog_offer AS offer ON offer.id = movement.offer_id
        WHERE movement.order_number <> '' AND movement.created_at > now() - make_interval(days => %s)
        GROUP BY offer.book_id HAVING sum(movement.delta) < 0
    ), counted AS (
        SELECT book.id, book.popularity AS before, book.first_popularity
            + coalesce(trunc(sold.copies, -trunc(log(sold.copies))::int), 0)::int AS popularity
        FROM catalog_book AS book LEFT JOIN sold ON sold.book_id = book.id
    ), changed AS (
        SELECT id, popularity FROM counted WHERE popularity <> before
    ), written AS (
        UPDATE catalog_book AS book SET popularity = changed.popularity FROM changed WHERE book.id = changed.id
    )
    UPDATE catalog_booksearch AS row SET popularity = changed.popularity FROM changed WHERE row.book_id = changed.id
"""


@transaction.atomic
def refresh_popularity() -> int:
    """
    Bring popularity up to date: copies sold in the last 90 days, in coarse steps, beside what an import said first.

    Only books whose popularity changes are written; return how many.
    Locks: those books, in no order, so it may have to give way to a stock act and be tried again.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, [DAYS])
        return cursor.rowcount
