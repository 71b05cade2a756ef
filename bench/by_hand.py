"""
The limit: the same purchases as hand-written SQL by pgbench, asked by way of `bench.inside`.

They run on the shop's tables with all their constraints and leave every row behind that the shop would, the job that
tells the shopper included, so that the audit holds for their orders too. They leave out what they will not meet: a
title that sells out, a price that rose, a payment that is declined.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from bench.load import Figures
from bookstore.core.local_postgres.server import BINARIES

THREADS = 2  # of pgbench

SHOPPER = r"""
\set shopper 1 + :client_id
"""
ADD = r"""
\set title random(1, TITLES)
WITH best AS (
    SELECT offer.id, seller_id, offer.price, offer.currency
    FROM catalog_offer offer JOIN catalog_book book ON book.id = book_id
    WHERE book_id = (BOOKS)[:title] AND is_active AND withdrawn_at IS NULL AND archived_at IS NULL
    ORDER BY stock_quantity = 0, offer.price, offer.id LIMIT 1
), cart AS (
    INSERT INTO cart_cart (user_id, seller_id, status, held_by, created_at, updated_at)
    SELECT (SHOPPERS)[:shopper], seller_id, 'ACTIVE', '', now(), now() FROM best
    ON CONFLICT (user_id, seller_id) WHERE status = 'ACTIVE' DO UPDATE SET updated_at = now() RETURNING id
)
INSERT INTO cart_cartitem AS line (cart_id, offer_id, quantity, price, currency, captured_at)
SELECT cart.id, best.id, 1, price, currency, now() FROM cart, best
ON CONFLICT (cart_id, offer_id) DO UPDATE
SET quantity = line.quantity + 1, price = EXCLUDED.price, captured_at = now();
"""
RESERVE = r"""
BEGIN;
SELECT 'user:' || (SHOPPERS)[:shopper] AS caller, gen_random_uuid() AS key,
    upper(substr(md5(random()::text), 1, 14)) AS number \gset
INSERT INTO core_idempotencykey (caller, key, method, path, fingerprint, status, body, created_at)
VALUES (:caller, :key, 'POST', '/api/v1/orders/checkout', repeat('0', 64), 0, '', now());
SELECT sum(quantity * price) AS total FROM (
    SELECT line.quantity, offer.price
    FROM cart_cart cart JOIN cart_cartitem line ON cart_id = cart.id JOIN catalog_offer offer ON offer.id = offer_id
    WHERE user_id = (SHOPPERS)[:shopper] AND status = 'ACTIVE' AND is_active AND stock_quantity >= line.quantity
    ORDER BY offer.id FOR NO KEY UPDATE OF cart, offer
) bought \gset
WITH placed AS (
    INSERT INTO orders_order (number, user_id, status, created_at, updated_at, items_total, shipping_total, tax_rate,
        tax_total, total_price, refunded_amount, currency, accepted_price_changes, checkout_key, checkout_fingerprint,
        payment_provider, payment_status, payment_reference, carrier, tracking)
    VALUES (:number, (SHOPPERS)[:shopper], 'PENDING', now(), now(), :total, 0, 0, 0, :total, 0, 'CURRENCY', FALSE,
        :key, repeat('0', 64), 'mock', 'PENDING', '', '', '')
    RETURNING id
), noted AS (
    INSERT INTO orders_orderevent (order_id, kind, at, note) SELECT id, 'PENDING', now(), '' FROM placed
)
SELECT id AS placed FROM placed \gset
UPDATE cart_cart SET status = 'LOCKED', held_by = :number, updated_at = now()
WHERE user_id = (SHOPPERS)[:shopper] AND status = 'ACTIVE';
INSERT INTO orders_orderitem (order_id, offer_id, book_id, quantity, unit_price, shown_price, title, byline, isbn,
    seller_name, refunded_quantity, restocked_quantity)
SELECT :placed::bigint, offer.id, book.id, line.quantity, offer.price, line.price, title, byline, isbn, name, 0, 0
FROM cart_cart cart JOIN cart_cartitem line ON cart_id = cart.id JOIN catalog_offer offer ON offer.id = offer_id
    JOIN catalog_book book ON book.id = book_id JOIN catalog_seller seller ON seller.id = offer.seller_id
WHERE user_id = (SHOPPERS)[:shopper] AND cart.status = 'LOCKED' AND held_by = :number;
WITH taken AS (
    UPDATE catalog_offer offer SET stock_quantity = stock_quantity - quantity, updated_at = now()
    FROM orders_orderitem bought WHERE bought.order_id = :placed AND offer.id = bought.offer_id
    RETURNING offer.id, quantity, stock_quantity
)
INSERT INTO catalog_stockmovement (offer_id, delta, stock_after, reason, order_number, reference, created_at)
SELECT id, -quantity, stock_quantity, 'SOLD', :number, '', now() FROM taken;
COMMIT;
"""
CHARGE = """
INSERT INTO orders_mockcharge (key, status, amount, currency, reference, created_at)
VALUES (:number, 'SUCCEEDED', :total, 'CURRENCY', md5(:number), now()) ON CONFLICT (key) DO NOTHING;
"""
SETTLE = """
BEGIN;
UPDATE orders_order
SET status = 'CONFIRMED', payment_status = 'SUCCEEDED', payment_reference = md5(:number), updated_at = now()
WHERE id = :placed AND status = 'PENDING';
UPDATE cart_cart SET status = 'CHECKED_OUT', held_by = '', updated_at = now()
WHERE user_id = (SHOPPERS)[:shopper] AND status = 'LOCKED' AND held_by = :number;
UPDATE prebooking_prebook SET status = 'FULFILLED', fulfilled_at = now(), is_mail_due = FALSE
WHERE user_id = (SHOPPERS)[:shopper] AND status IN ('WAITING', 'NOTIFIED')
    AND book_id IN (SELECT book_id FROM orders_orderitem WHERE order_id = :placed);
WITH noted AS (
    INSERT INTO orders_orderevent (order_id, kind, at, note) VALUES (:placed, 'CONFIRMED', now(), '') RETURNING id
)
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)
SELECT 'default', 'orders.jobs.tell_shopper', 0, jsonb_build_object('event_id', id) FROM noted;
COMMIT;
"""


def buy_by_hand(shoppers: Sequence[int], books: Sequence[int], seconds: int, *, most_lines: int = 3) -> Figures:
    """Let every shopper buy one to so many of these books, over and over; times are of whole purchases."""
    scripts = [script(lines, shoppers, books) for lines in range(1, most_lines + 1)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for lines, text in enumerate(scripts, start=1):
            (folder / f"{lines}.sql").write_text(text)
        files = [f"--file={folder}/{lines}.sql" for lines in range(1, most_lines + 1)]
        pgbench("--client", len(shoppers), "--time", seconds, *files, "--log", "--log-prefix", folder / "log")
        return Figures.of(list(latencies(folder.glob("log*"))), seconds)


def script(lines: int, shoppers: Sequence[int], books: Sequence[int]) -> str:
    """Return a whole purchase in pgbench's words."""
    text = SHOPPER + ADD * lines + RESERVE + CHARGE + SETTLE
    values = {"SHOPPERS": array(shoppers), "BOOKS": array(books), "TITLES": len(books)}
    for word, value in {**values, "CURRENCY": settings.STORE_CURRENCY}.items():
        text = text.replace(word, str(value))
    return text


def array(ids: Iterable[int]) -> str:
    return f"'{{{','.join(map(str, ids))}}}'::bigint[]"


def pgbench(*options: Any) -> None:
    """Run pgbench on the shop's database. Raises: SystemExit with what it complains of."""
    told = connection.get_connection_params()
    environment = {name: str(told[key]) for name, key in NAMES.items() if told.get(key)}
    fixed = ["--no-vacuum", "--protocol=prepared", f"--jobs={THREADS}"]
    command = [str(BINARIES / "pgbench"), *fixed, *map(str, options)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"pgbench failed: {done.stderr[-2000:]}")


NAMES = {
    "PGHOST": "host",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
    "PGDATABASE": "dbname",
    "PGOPTIONS": "options",
}


def latencies(logs: Iterable[Path]) -> Iterator[float]:
    """Yield each transaction's milliseconds, of which pgbench's log tells in the third column, in microseconds."""
    for log in logs:
        for line in log.read_text().splitlines():
            yield int(line.split()[2]) / 1000
