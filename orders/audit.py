"""
What must always hold of orders: of the copies they took, their money, the carts they hold, and what the provider says.

The provider's books are the mock's, the only ones that are in reach; another provider's orders are left out.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils import timezone

from bookstore.core.audit import check
from orders.models import PATIENCE
from orders.payment.mock import MockProvider

FAR_TOO_LONG = 6 * PATIENCE  # the sweep, which looks every minute, has then failed again and again

COPIES = """
    WITH bought AS (
        SELECT o.number, item.offer_id, item.quantity - item.restocked_quantity AS copies
        FROM orders_orderitem item JOIN orders_order o ON o.id = item.order_id
    ), moved AS (
        SELECT order_number AS number, offer_id, -sum(delta) AS copies
        FROM catalog_stockmovement WHERE order_number <> '' GROUP BY order_number, offer_id
    )
    SELECT number, offer_id, coalesce(bought.copies, 0), coalesce(moved.copies, 0)
    FROM bought FULL JOIN moved USING (number, offer_id)
    WHERE bought.copies IS DISTINCT FROM moved.copies ORDER BY 1, 2
"""

TOTALS = """
    SELECT o.number, o.items_total, lines.total, o.tax_total,
        round(o.total_price * o.tax_rate / (100 + o.tax_rate), 2)
    FROM orders_order o LEFT JOIN (
        SELECT order_id, sum(unit_price * quantity) AS total FROM orders_orderitem GROUP BY order_id
    ) lines ON lines.order_id = o.id
    WHERE o.items_total IS DISTINCT FROM lines.total
        OR o.tax_total <> round(o.total_price * o.tax_rate / (100 + o.tax_rate), 2)
    ORDER BY o.id
"""

# A charge that came although its order had failed is in order once its money goes back. One of an order that is not
# decided is what recovery is for.
CHARGES = """
    SELECT coalesce(o.number, charge.key), coalesce(o.payment_status, 'none'), o.total_price,
        coalesce(charge.status, 'none'), charge.amount
    FROM (SELECT * FROM orders_order WHERE payment_provider = %(provider)s) o
    FULL JOIN orders_mockcharge charge ON charge.key = o.number
    WHERE NOT CASE coalesce(o.payment_status, 'none')
        WHEN 'PENDING' THEN charge.status IS DISTINCT FROM 'SUCCEEDED' OR charge.amount = o.total_price
        WHEN 'SUCCEEDED' THEN charge.status = 'SUCCEEDED' AND charge.amount = o.total_price
            AND charge.currency = o.currency AND charge.reference = o.payment_reference
        WHEN 'FAILED' THEN charge.status IN ('DECLINED', 'VOIDED')
            OR charge.status = 'SUCCEEDED' AND o.refunded_amount = charge.amount
        ELSE charge.status <> 'SUCCEEDED'
    END IS TRUE
    ORDER BY 1
"""

REFUNDED = """
    SELECT o.number, o.status, o.total_price, o.refunded_amount, coalesce(given.amount, 0)
    FROM orders_order o LEFT JOIN (
        SELECT order_id, sum(amount) AS amount FROM orders_refund GROUP BY order_id
    ) given ON given.order_id = o.id
    WHERE o.refunded_amount <> coalesce(given.amount, 0)
        OR (o.status IN ('CANCELLED', 'REFUNDED')) <> (o.refunded_amount = o.total_price)
        AND o.status <> 'PAYMENT_FAILED'
    ORDER BY o.id
"""

REFUNDS = """
    SELECT coalesce(refund.key, back.key), coalesce(refund.status, 'none'), refund.amount, back.amount
    FROM (
        SELECT refund.*, o.number FROM orders_refund refund JOIN orders_order o ON o.id = refund.order_id
        WHERE o.payment_provider = %(provider)s
    ) refund FULL JOIN orders_mockrefund back ON back.key = refund.key
    WHERE NOT CASE coalesce(refund.status, 'none')
        WHEN 'DONE' THEN back.amount = refund.amount AND back.charge_id = refund.number
            AND back.reference = refund.reference
        WHEN 'PENDING' THEN back.key IS NULL OR back.amount = refund.amount AND back.charge_id = refund.number
        ELSE back.key IS NULL AND refund.key IS NOT NULL
    END IS TRUE
    ORDER BY 1
"""

RETURNED = """
    SELECT o.number, item.id, item.refunded_quantity, coalesce(given.copies, 0)
    FROM orders_orderitem item JOIN orders_order o ON o.id = item.order_id LEFT JOIN (
        SELECT line.item_id, refund.order_id, sum(line.quantity) AS copies
        FROM orders_refundline line JOIN orders_refund refund ON refund.id = line.refund_id
        GROUP BY line.item_id, refund.order_id
    ) given ON given.item_id = item.id
    WHERE item.refunded_quantity <> coalesce(given.copies, 0) OR given.order_id <> item.order_id
    ORDER BY item.id
"""

HELD = """
    SELECT cart.id, cart.held_by, coalesce(o.status, 'none')
    FROM cart_cart cart LEFT JOIN orders_order o ON o.number = cart.held_by
    WHERE cart.held_by <> '' AND (o.status = 'PENDING' AND o.user_id = cart.user_id) IS NOT TRUE
    ORDER BY cart.id
"""

HOLDING = """
    SELECT DISTINCT o.number, offer.seller_id
    FROM orders_order o JOIN orders_orderitem item ON item.order_id = o.id
    JOIN catalog_offer offer ON offer.id = item.offer_id
    WHERE o.status = 'PENDING' AND o.user_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM cart_cart cart JOIN cart_cartitem line ON line.cart_id = cart.id
        WHERE cart.held_by = o.number AND cart.user_id = o.user_id
            AND line.offer_id = item.offer_id AND line.quantity = item.quantity
    )
    ORDER BY 1, 2
"""

LEFT_LYING = """
    SELECT 'order ' || number, created_at FROM orders_order WHERE status = 'PENDING' AND created_at < %(since)s
    UNION ALL
    SELECT 'refund ' || key, created_at FROM orders_refund WHERE status = 'PENDING' AND created_at < %(since)s
    ORDER BY 2, 1
"""

TIMELINES = """
    SELECT o.number, o.status, coalesce(string_agg(event.kind, ', ' ORDER BY event.id), 'nothing')
    FROM orders_order o LEFT JOIN orders_orderevent event ON event.order_id = o.id AND event.kind <> 'PARTLY_REFUNDED'
    GROUP BY o.id
    HAVING o.status IS DISTINCT FROM (array_agg(event.kind ORDER BY event.id DESC))[1]
        OR count(event.kind) <> count(DISTINCT event.kind)
    ORDER BY o.id
"""

INVOICES = """
    SELECT number, before, is_paid FROM (
        SELECT invoice.number, coalesce(lag(invoice.number) OVER (ORDER BY invoice.number), 0) AS before,
            o.payment_status = 'SUCCEEDED' AS is_paid
        FROM orders_invoice invoice JOIN orders_order o ON o.id = invoice.order_id
    ) numbered
    WHERE number <> before + 1 OR NOT is_paid ORDER BY number
"""


def found(statement: str, **values: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor


@check("Every order has taken the copies of its lines, less those put back, and no others were sold")
def sold_copies_are_the_orders_lines() -> Iterator[str]:
    for number, offer_id, bought, moved in found(COPIES):
        yield f"order {number}, offer {offer_id}: {bought} copies by its lines, {moved} by the stock's movements"


@check("An order's total and tax are those of its lines")
def totals_are_the_lines() -> Iterator[str]:
    for number, items, lines, tax, contained in found(TOTALS):
        yield f"order {number}: books {items}, its lines {lines}; tax {tax}, contained are {contained}"


@check("Every paid order has its charge at the provider, and every charge its order")
def charges_are_the_orders() -> Iterator[str]:
    for key, payment, total, status, amount in found(CHARGES, provider=MockProvider.name):
        yield f"order {key}: payment {payment}, total {total}; the provider says {status}, {amount}"


@check("What is refunded of an order is the sum of its refunds, and all of it once it is cancelled or refunded")
def refunded_amount_is_the_refunds() -> Iterator[str]:
    for number, status, total, refunded, given in found(REFUNDED):
        yield f"order {number}: {status}, refunded {refunded} of {total}; its refunds add up to {given}"


@check("Every refund that is done is in the provider's books, and no other")
def refunds_are_the_providers() -> Iterator[str]:
    for key, status, amount, back in found(REFUNDS, provider=MockProvider.name):
        yield f"refund {key}: {status}, {amount}; the provider has given back {back}"


@check("The refunded copies of a line are those of its refunds")
def refunded_copies_are_the_refunds_lines() -> Iterator[str]:
    for number, item_id, refunded, given in found(RETURNED):
        yield f"order {number}, line {item_id}: {refunded} copies refunded, its refunds say {given}"


@check("No cart is held by an order that is decided, or by none")
def held_carts_have_their_order() -> Iterator[str]:
    for cart_id, number, status in found(HELD):
        yield f"cart {cart_id}: held by order {number}, which is {status}"


@check("Every order that waits for its payment holds the carts it was made from")
def waiting_orders_have_their_carts() -> Iterator[str]:
    for number, seller_id in found(HOLDING):
        yield f"order {number}: PENDING, and holds no cart of seller {seller_id} with these lines"


@check("No payment and no refund is left undecided")
def nothing_is_left_lying() -> Iterator[str]:
    for name, since in found(LEFT_LYING, since=timezone.now() - FAR_TOO_LONG):
        yield f"{name}: PENDING since {since:%Y-%m-%d %H:%M} UTC; do the jobs run, does the provider answer?"


@check("An order stands where its timeline ends, and comes to each status once")
def timelines_end_where_orders_stand() -> Iterator[str]:
    for number, status, kinds in found(TIMELINES):
        yield f"order {number}: {status}, its timeline says {kinds}"


@check("Invoices are numbered from 1 without a gap, and of orders that were paid")
def invoices_follow_one_another() -> Iterator[str]:
    for number, before, is_paid in found(INVOICES):
        yield f"invoice {number}: follows {before}, its order {'was' if is_paid else 'was not'} paid"
