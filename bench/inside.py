"""What only a process inside a shop can tell: `python -m bench.inside <question> …` prints one answer as JSON."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.exceptions import ServiceExists  # noqa: E402
from accounts.models import User  # noqa: E402
from accounts.services import create_service_account, renew_service_account  # noqa: E402
from bench import shelves  # noqa: E402
from bench.load import Figures  # noqa: E402
from bench.questions import addresses  # noqa: E402
from bench.tour import staff_tour, tour  # noqa: E402
from bench.waiting import time_return  # noqa: E402
from bookstore.core.querysets import in_batches  # noqa: E402
from cart.models import Cart  # noqa: E402
from catalog import services  # noqa: E402
from catalog.models import Book, BookSearch, Offer  # noqa: E402
from orders.models import Order  # noqa: E402

REPRICED = 100_000
SHOPPERS = 500
A_DAY = timedelta(days=1)
BATCH_SIZE = 1_000
PATIENCE = 10  # seconds for each kind of question


def count() -> int:
    return Book.objects.count()


def count_orders() -> int:
    return Order.objects.count()


def tidy() -> None:
    """Do now what autovacuum would do while we measure."""
    query("VACUUM ANALYZE")


def rows() -> dict[str, Any]:
    """Say what is in the shop."""
    (version,) = query("SHOW server_version")[0]
    (size,) = query("SELECT pg_size_pretty(pg_database_size(current_database()))")[0]
    return {"books": count(), "offers": Offer.objects.count(), "size": size, "postgresql": version}


def database_times(part: str) -> dict[str, Any]:
    """
    Ask every address of the kinds with this in their name, in this process; return what time the database took.

    Measured around each statement that the real code runs, its rows fetched. `cold` is the very first request of a
    kind, of a server just started; it stands aside from the others.
    """
    client = Client(raise_request_exception=False, headers={"host": "localhost"})
    client.get("/healthz")
    found = {}
    for kind, paths in addresses().items():
        if part not in kind:
            continue
        status, cold, _statements = time_of(client, paths[0])
        found[kind] = {"paths": paths, "status": status}
        if status == 200:
            _statuses, times, statements = zip(*times_of(client, paths), strict=True)
            figures = Figures.of([*times], 1)
            found[kind] |= {"cold": cold, "p50": figures.p50, "p95": figures.p95, "statements": max(statements)}
    return found


def times_of(client: Client, paths: list[str]) -> Iterator[tuple[int, float, int]]:
    """Ask one after the other, as long as there is patience for their kind."""
    end = time.monotonic() + PATIENCE
    for path in paths:
        yield time_of(client, path)
        if time.monotonic() > end:
            return


def time_of(client: Client, path: str) -> tuple[int, float, int]:
    """Return a request's status, the milliseconds that the database took for it, and how many statements it had."""
    times: list[float] = []

    def clock(execute: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            times.append((time.perf_counter() - began) * 1000)

    with connection.execute_wrapper(clock):
        status = client.get(path).status_code
    return status, sum(times), len(times)


def partner() -> dict[str, Any]:
    """Let a partner's program in, and return its token and what it is to put into the carts of many shoppers."""
    offers = Offer.objects.active().filter(stock_quantity__gt=0).order_by("pk").values_list("seller", "book")[:SHOPPERS]
    shoppers = [get_or_create_shopper(number) for number in range(SHOPPERS)]
    try:
        token = create_service_account("Bench", A_DAY)
    except ServiceExists:
        token = renew_service_account("Bench", A_DAY)
    adds = [
        {"company_id": seller, "product_id": book, "quantity": 1, "user_id": shopper}
        for shopper, (seller, book) in zip(shoppers, cycle(offers), strict=False)
    ]
    Cart.objects.filter(user__in=shoppers).delete()
    return {"token": token, "adds": adds}


def get_or_create_shopper(number: int) -> int:
    email = f"bench{number}@example.com"
    found = User.objects.filter(email=email).first() or User.objects.create_user(email)
    return found.pk


def reprice() -> dict[str, Any]:
    """Change the price of many offers, as staff would, and say what became of the text indexes."""
    before = written()
    offers = Offer.objects.active().order_by("pk").values_list("pk", "price")[:REPRICED]
    prices = {pk: price + (Decimal("0.01") if price < 50 else Decimal("-0.01")) for pk, price in offers}
    began = time.monotonic()
    for batch in in_batches(list(prices), BATCH_SIZE):
        services.change_prices({pk: prices[pk] for pk in batch})
    return {"offers": len(prices), "seconds": time.monotonic() - began, "before": before, "after": written()}


def written() -> dict[str, int]:
    """Return what has been written to the search table, and how large each of its indexes is."""
    table = BookSearch._meta.db_table
    query("SELECT pg_stat_force_next_flush()")
    (changes,) = query("SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = %s", table)
    sizes = query(
        "SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes WHERE relname = %s", table
    )
    return {"rows written": changes[0], **{f"{name}, bytes": size for name, size in sizes}}


def query(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


QUESTIONS: dict[str, Callable[..., Any]] = {
    "count": count,
    "count_orders": count_orders,
    "tidy": tidy,
    "rows": rows,
    "database_times": database_times,
    "partner": partner,
    "reprice": reprice,
    "return": time_return,
    "till": shelves.till,
    "tour": tour,
    "staff_tour": staff_tour,
    "hot_title": shelves.hot_title,
    "copies_left": shelves.copies_left,
    "jobs_left": shelves.jobs_left,
    "by_hand": shelves.by_hand,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(QUESTIONS[sys.argv[1]](*sys.argv[2:])))
