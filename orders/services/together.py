"""What others bought with a book."""

from typing import Any

from django.db import connection, transaction

from bookstore.core import advisory
from orders.models import OrderStatus

LOCK = "bought together"
DAYS = 365
MOST_OTHERS = 12  # of one book; more than a page shows, as some may be sold out
FEWEST_SHOPPERS = 3  # who bought both: a shelf must not tell what one or two people read
MOST_BOOKS = 50  # of one shopper, the latest: a library's orders would pair everything with everything
DOUBT = 10  # shoppers; a pair that so many bought counts half
KEPT = [OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED]

REFRESH = """
    WITH bought AS (
        SELECT user_id, book_id FROM (
            SELECT orders.user_id, item.book_id,
                row_number() OVER (PARTITION BY orders.user_id ORDER BY max(orders.id) DESC, item.book_id) AS number
            FROM orders_order AS orders
                JOIN orders_orderitem AS item ON item.order_id = orders.id
                JOIN catalog_book AS book ON book.id = item.book_id
            WHERE orders.user_id IS NOT NULL AND orders.status = ANY(%(kept)s)
                AND orders.created_at > now() - make_interval(days => %(days)s)
                AND item.refunded_quantity < item.quantity AND book.archived_at IS NULL
            GROUP BY orders.user_id, item.book_id
        ) AS latest WHERE number <= %(most_books)s
    ), known AS (
        SELECT book_id, count(*)::float8 AS shoppers FROM bought GROUP BY book_id HAVING count(*) >= %(fewest)s
    ), kept AS MATERIALIZED (
        SELECT user_id, book_id, shoppers FROM bought JOIN known USING (book_id)
    ), everybody AS (
        SELECT count(DISTINCT user_id)::float8 AS number FROM bought
    ), pairs AS (
        SELECT one.book_id, two.book_id AS other_id, one.shoppers AS buyers, two.shoppers AS other_buyers,
            count(*)::float8 AS together
        FROM kept AS one JOIN kept AS two ON two.user_id = one.user_id AND two.book_id > one.book_id
        GROUP BY one.book_id, two.book_id, one.shoppers, two.shoppers HAVING count(*) >= %(fewest)s
    ), scored AS (
        SELECT book_id, other_id, round(
            1000 * together / (together + %(doubt)s) * (number * together - buyers * other_buyers)
            / nullif(sqrt(buyers * other_buyers * (number - buyers) * (number - other_buyers)), 0)
        )::int AS score FROM pairs, everybody
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY book_id ORDER BY score DESC, other_id) AS number FROM (
            SELECT book_id, other_id, score FROM scored UNION ALL SELECT other_id, book_id, score FROM scored
        ) AS both_ways WHERE score > 0
    ), fresh AS MATERIALIZED (
        SELECT book_id, other_id, score FROM ranked WHERE number <= %(most_others)s
    ), gone AS (
        DELETE FROM orders_boughttogether AS pair WHERE NOT EXISTS (
            SELECT FROM fresh WHERE fresh.book_id = pair.book_id AND fresh.other_id = pair.other_id
        ) RETURNING 1
    ), written AS (
        INSERT INTO orders_boughttogether AS pair (book_id, other_id, score)
        SELECT book_id, other_id, score FROM fresh EXCEPT SELECT book_id, other_id, score FROM orders_boughttogether
        ON CONFLICT (book_id, other_id) DO UPDATE SET score = excluded.score RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
"""


@transaction.atomic
def refresh_bought_together() -> int:
    """
    Find out anew which books shoppers bought together in the last year; write only what changed, and return how many.

    Counted are shoppers, not orders or copies, of what they paid for and kept. What everybody buys stands beside every
    book, and would say nothing of this one: so two books score by how much oftener the same people bought both than
    chance would have it, both being as popular as they are (the correlation of “bought this” and “bought that”).
    Few shoppers prove little, so a pair counts the less the fewer they are.
    Source: Y. Koren, “Factorization Meets the Neighborhood”, KDD 2008, section 2.2, for correlations shrunk by how many
    they rest on.
    Locks: one advisory lock, so that it runs once at a time; the pairs that change.
    """
    values: dict[str, Any] = {
        "kept": [status.value for status in KEPT],
        "days": DAYS,
        "most_books": MOST_BOOKS,
        "fewest": FEWEST_SHOPPERS,
        "doubt": DOUBT,
        "most_others": MOST_OTHERS,
    }
    advisory.lock([LOCK])
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, values)
        (changed,) = cursor.fetchone()
    return changed
