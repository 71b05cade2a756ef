"""
Measure shops of several sizes: `python -m bench --books 10000 --books 1000000`.

For each it opens the real thing (`manage.py run`: PostgreSQL, web processes, job worker, gRPC server), asks it for
lists, details, searches and facets by API and page, has a partner's program fill carts by REST and gRPC, lets shoppers
buy, and prints requests per second and latencies, with the time that the database took. Beside them stand three
yardsticks: a Django view that does nothing, on the same server, the bare statements of each question, and the purchase
as hand-written SQL. The clients share the machine with the server, so the numbers are for comparing commits and sizes,
not for planning.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from bench.adds import by_grpc, by_rest
from bench.buying import ADD, CHECKOUT, CONFLICT, CREATED, FIRST_SECONDS, Sales, buy_hot_title, buy_variety
from bench.load import Figures, NothingToMeasure, measure
from bench.pages import weigh
from bench.shop import ROOT, Shop, empty_view

START = "start of a full shop"
ADDS = "adds to carts"
WEIGHTS = "weight of pages"
STAFF = "staff's pages"
PURCHASES = "purchases"
BOOKS_AN_ORDER = 10  # where staff look at lists of orders
THREADS = 4  # of each web process, where nobody waits for a payment
COPIES, PAYMENT = 2_000, "tok_slow:200"  # of the title that all want

HEADER = (
    f"{'':<34}{'req/s':>7}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'db p50':>9}{'db p95':>8}{'cold':>8}{'queries':>9}"
)


def main() -> None:
    options = read_options()
    tell(
        f"commit {commit()}; Python {platform.python_version()}; {options.processes} web processes and "
        f"{options.clients} clients on the same {os.cpu_count()} processors; {options.seconds:g} s for each line, "
        "warm\ndb: the bare statements of one request, run alone; cold: the first of its kind, just started\n"
    )
    with empty_view(options.processes) as port:
        tell(HEADER)
        tell(line("a Django view that does nothing", run(port, ["/"], options)))
    rates = [measure_shop(books, options) for books in options.books]
    compare(rates, options.books)


def measure_shop(books: int, options: argparse.Namespace) -> dict[str, float]:
    """Print what a shop of this size does; return the rates."""
    shop = Shop(options.folder / str(books), options.processes)
    shop.fill(books)
    if options.only in STAFF:
        shop.fill_orders(books // BOOKS_AN_ORDER)
    held, asked = shop.ask("rows"), shop.ask("database_times", options.only)
    tell(f"\n{held['books']:,} books, {held['offers']:,} offers, {held['size']}, PostgreSQL {held['postgresql']}")
    if options.only in START:
        tell_start(shop)
    tell(HEADER)
    rates = {}
    with shop.open() as port:
        tell(line("/healthz, through all middleware", run(port, ["/healthz"], options)))
        for kind, found in asked.items():
            if found["status"] != 200:
                tell(f"{kind:<34}not measured: answers {found['status']}")
                continue
            try:
                figures = run(port, found["paths"], options)
            except NothingToMeasure as error:
                tell(f"{kind:<34}not measured: {error}")
                continue
            rates[kind] = figures.rate
            told = f"{found['p50']:>9.1f}{found['p95']:>8.1f}{found['cold']:>8.1f}{found['statements']:>9}"
            tell(line(kind, figures) + told)
        if options.only in WEIGHTS:
            tell_weights(shop, port)
        if options.only in STAFF:
            tell_staff(shop, port, options)
        if options.only in ADDS:
            tell_adds(shop, port, options)
    if options.only in PURCHASES:
        rates[PURCHASES] = tell_purchases(shop, options)
        tell_sale(shop, options)
    if options.reprice:
        tell_reprice(shop)
    if options.prebooks:
        tell_return(shop, options.prebooks)
    return rates


def run(port: int, paths: list[str], options: argparse.Namespace) -> Figures:
    measure(port, paths, clients=options.clients, seconds=1)  # the first requests load code and fill caches
    return measure(port, paths, clients=options.clients, seconds=options.seconds)


def tell_start(shop: Shop) -> None:
    """Print how long it takes from the command until the shop answers."""
    began = time.monotonic()
    with shop.open():
        tell(f"{START:<34}{time.monotonic() - began:>7.1f} s")


def tell_weights(shop: Shop, port: int) -> None:
    """Print what a browser loads of each page that comes for the first time, and the queries for somebody signed in."""
    told = shop.ask("tour")
    tell(f"\n{WEIGHTS + ', bytes as sent':<34}{'HTML':>8}{'CSS':>8}{'JS':>8}{'all':>8}{'queries':>9}")
    for name, page in told["pages"].items():
        weight = weigh(port, page["path"], told["cookie"])
        tell(f"{name:<34}{weight.html:>8}{weight.css:>8}{weight.js:>8}{sum(weight):>8}{page['queries']:>9}")


def tell_staff(shop: Shop, port: int, options: argparse.Namespace) -> None:
    """Print how long one of the staff, alone, waits for each page of the admin, and its queries."""
    told = shop.ask("staff_tour")
    tell(f"\n{STAFF + ', one reader':<34}{'req/s':>7}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'queries':>9}")
    for name, page in told["pages"].items():
        request = f"GET {page['path']} HTTP/1.1\r\nHost: localhost\r\nCookie: {told['cookie']}\r\n\r\n"
        figures = measure(port, [request], clients=1, seconds=options.seconds)
        tell(line(name, figures) + f"{page['queries']:>9}")


def tell_adds(shop: Shop, port: int, options: argparse.Namespace) -> None:
    partner = shop.ask("partner")
    for callers in (1, options.clients):
        for door, act, its_port in (("REST", by_rest, port), ("gRPC", by_grpc, shop.grpc_port)):
            act(its_port, partner, callers, 1)
            tell(line(f"{ADDS}, {door}, callers: {callers}", act(its_port, partner, callers, options.seconds)))


def tell_purchases(shop: Shop, options: argparse.Namespace) -> float:
    """Print how fast many shoppers buy, and the limit; return purchases a second. Raises: SystemExit on any fault."""
    till = shop.ask("till", str(options.buyers))
    with shop.open(WEB_THREADS=THREADS) as port:
        buy_variety(port, till, 1)
        sales = buy_variety(port, till, options.seconds)
        waiting = shop.ask("jobs_left")
    limit = Figures(*shop.ask("by_hand", str(options.buyers), str(options.seconds)))
    tell(
        f"\n{options.buyers} shoppers buy 1 to 3 of {len(till['books']):,} titles, over and over; "
        f"{THREADS} threads a process"
    )
    tell(line("purchases: their adds", sales.figures(ADD, seconds=options.seconds)))
    tell(line("purchases: their checkouts", done := sales.figures(CHECKOUT, seconds=options.seconds)))
    tell(line("purchases by hand-written SQL", limit))
    tell(f"That is {done.rate / limit.rate:.2f} of the limit; {waiting:,} jobs wait for the worker.")
    ensure_no_fault(shop, sales, CREATED)
    return done.rate


def tell_sale(shop: Shop, options: argparse.Namespace) -> None:
    """Print how fast a title goes that all want. Raises: SystemExit on any fault, or if not each copy is sold once."""
    till, title = shop.ask("till", str(options.buyers)), shop.ask("hot_title", str(COPIES))
    settings = {"PAYMENT_TEST_TOKENS": "on", "WEB_THREADS": options.threads, "DATABASE_POOL_SIZE": options.pool}
    with shop.open(**settings) as port:
        sales = buy_hot_title(port, till["tokens"], title, PAYMENT)
    sold, left = len(sales.of(CHECKOUT)), shop.ask("copies_left", str(title["offer_id"]))
    tell(
        f"\n{options.buyers} shoppers buy {COPIES:,} copies of one title, paying 200 ms; {options.threads} threads and "
        f"{options.pool} connections a process; {sold:,} sold, {left:,} left"
    )
    tell(line("sale: checkouts until sold out", sales.figures(CHECKOUT, seconds=sales.sold_out_at)))
    tell(line(f"sale: checkouts, first {FIRST_SECONDS} s", sales.figures(CHECKOUT, seconds=FIRST_SECONDS)))
    tell(line("sale: refused", sales.refusals()))
    ensure_no_fault(shop, sales, CREATED, CONFLICT)
    if (sold, left) != (COPIES, 0):
        raise SystemExit("Not every copy was sold once.")


def ensure_no_fault(shop: Shop, sales: Sales, *expected: int) -> None:
    if others := sales.others(*expected):
        raise SystemExit(f"Answers that should not be: {dict(others)}.")
    shop.audit()
    tell("Every answer was as expected, and the audit found nothing.")


def tell_reprice(shop: Shop) -> None:
    done = shop.ask("reprice")
    tell(
        f"\n{done['offers']:,} offers repriced in {done['seconds']:.0f} s; search table and indexes, before and after:"
    )
    for name, before in done["before"].items():
        tell(f"  {name:<34}{before:>14,}{done['after'][name]:>14,}")


def tell_return(shop: Shop, prebooks: int) -> None:
    done = shop.ask("return", str(prebooks))
    tell(f"\n{done['waiting']:,} wait for one book, which comes back in {done['restock']:.2f} s; of these")
    for beginning, seconds in done["statements"].items():
        tell(f"  {seconds:>8.2f} s  {beginning} …")
    tell(
        f"its mails take {done['mails']:.2f} s for {done['batch']}; the last one's place is counted in"
        f" {done['place'] * 1000:.0f} ms; gone again, all wait again in {done['requeue']:.2f} s"
    )


def compare(rates: list[dict[str, float]], books: list[int]) -> None:
    """Print what is left of the first shop's rate in each larger one."""
    for size, larger in zip(books[1:], rates[1:], strict=False):
        tell(f"\nRate with {size:,} books by that with {books[0]:,}:")
        for kind, rate in larger.items():
            if rates[0].get(kind):
                tell(f"  {kind:<34}{rate / rates[0][kind]:>6.2f}")


def line(name: str, figures: Figures) -> str:
    return f"{name:<34}{figures.rate:>7.0f}{figures.p50:>8.1f}{figures.p95:>8.1f}{figures.p99:>8.1f}"


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure shops of several sizes.")
    parser.add_argument("--books", type=int, action="append", help="size of a shop; may be repeated (default 10000)")
    parser.add_argument("--only", default="", help="measure the lines that contain this, such as “search”")
    parser.add_argument("--seconds", type=float, default=5, help="for each line")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--buyers", type=int, default=64, help="shoppers who buy at the same time")
    parser.add_argument("--threads", type=int, default=16, help="of each web process while all want one title")
    parser.add_argument("--pool", type=int, default=8, help="connections of each web process then")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="of the web server")
    parser.add_argument("--prebooks", type=int, default=0, help="let so many wait for a book that comes back")
    parser.add_argument("--reprice", action="store_true", help="reprice 100,000 offers, too, which takes a while")
    folder = Path(os.environ.get("DATA_DIR") or ROOT / "var") / "bench"
    parser.add_argument("--folder", type=Path, default=folder.resolve(), help="where the shops are kept")
    options = parser.parse_args()
    options.books = options.books or [10_000]
    return options


def commit() -> str:
    def git(*arguments: str) -> str:
        found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)  # noqa: S607
        return found.stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "unknown") + (
        " with changes" if git("status", "--porcelain") else ""
    )


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
