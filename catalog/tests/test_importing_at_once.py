"""Imports by several processes and threads, killed or in each other's way."""

import signal
import threading
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from bookstore.core import advisory
from bookstore.core.audit import all_checks
from bookstore.core.tests.processes import PIPE, Process
from bookstore.core.tests.racing import MEETING_TIME, PATIENCE, failures, locks, meeting, race, wait_for_waiting
from catalog import services
from catalog.importing import Request, run_import, running, writing
from catalog.models import Book, Contributor, Offer, SearchWord, StockMovement
from catalog.search.models import BookSearch, Tier
from catalog.tests.factories import BookFactory, OfferFactory
from catalog.tests.files import ISBNS, counts, run, write_csv

pytestmark = pytest.mark.django_db(transaction=True)

ROWS: list[dict[str, Any]] = [
    {
        "source": "acme",
        "source_id": number,
        "title": f"Road {number}",
        "authors": f"Author {number % 7}",
        "price": "5",
        "stock_quantity": "2",
    }
    for number in range(1, 41)
]

# Imports in batches of ten, and in each says so and waits when its books are written and its offers are not.
IN_STEPS = """
import sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = {database!r}
from django.core.management import call_command
from catalog.importing import running, writing

def put_when_told(*args):
    print("writing", flush=True)
    sys.stdin.readline()
    return put_offers(*args)

put_offers, writing.put_offers, running.BATCH_SIZE = writing.put_offers, put_when_told, 10
call_command("import_books", {path!r}, report={report!r})
"""


def import_in_steps(path: Path) -> Process:
    """Start an import and let it come as far as the middle of its second batch."""
    report = str(path.with_name("report.csv"))
    script = IN_STEPS.format(database=connection.settings_dict["NAME"], path=str(path), report=report)
    process = Process("-c", script, stderr=PIPE)
    assert process.line() == "writing\n", process.communicate()[1]
    process.tell("")
    assert process.line() == "writing\n", process.communicate()[1]
    return process


def shop() -> list[list[Any]]:
    """Everything that an import leaves behind, without ids and times."""
    return [
        list(Book.objects.order_by("source_id").values_list("source_id", "title", "byline", "price", "in_stock")),
        list(Offer.objects.order_by("book__source_id").values_list("book__source_id", "price", "stock_quantity")),
        list(StockMovement.objects.order_by("offer__book__source_id").values_list("delta", "stock_after")),
        list(Contributor.objects.order_by("name").values_list("name", flat=True)),
        [fault for check in all_checks().values() for fault in check()],
    ]


def test_killed_import_run_again_ends_as_if_it_had_not_been_killed(tmp_path: Path):
    path = write_csv(tmp_path, *ROWS)
    with import_in_steps(path) as process:
        process.kill()
    assert Book.objects.count() == 10
    account, _notes = run(path)
    assert counts(account) == (30, 0, 10, 0)
    assert [len(rows) for rows in shop()] == [40, 40, 40, 7, 0]


def test_ctrl_c_ends_after_the_batch_with_the_account_so_far(tmp_path: Path):
    with import_in_steps(write_csv(tmp_path, *ROWS)) as process:
        process.send_signal(signal.SIGINT)
        said, _errors = process.communicate("\n")
    assert (process.returncode, said.splitlines()[0]) == (0, "Stopped as you wished; run it again to go on.")
    assert [line.split() for line in said.splitlines()[1:3]] == [["read", "20"], ["created", "20"]]
    assert Book.objects.count() == 20


def two_imports_meet(path: Path) -> list[Any]:
    """Let two imports wait for each other once each has looked for the books for the first time, and found none."""
    meet, lock_known, has_met = meeting(2, is_locking=False), writing.lock_known, threading.local()

    def look_and_meet(*args: Any) -> Any:
        known = lock_known(*args)
        if not hasattr(has_met, "once"):
            has_met.once = True
            meet()
        return known

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "lock_known", look_and_meet)
        return race(partial(run, path), partial(run, path))


def test_two_imports_of_a_file_at_once_do_it_once(tmp_path: Path):
    path = write_csv(tmp_path, *ROWS)
    outcomes = two_imports_meet(path)
    assert failures(outcomes) == []
    assert sorted(counts(account) for account, _notes in outcomes) == [(0, 0, 40, 0), (40, 0, 0, 0)]
    assert [len(rows) for rows in shop()] == [40, 40, 40, 7, 0]


def test_control_without_a_second_try_one_of_them_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "PAUSES", ())
    assert failures(two_imports_meet(write_csv(tmp_path, *ROWS))) == [IntegrityError]


def test_imports_in_opposite_order_do_not_fail_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "BATCH_SIZE", 5)
    paths = [write_csv(tmp_path, *ROWS, name="a.csv"), write_csv(tmp_path, *reversed(ROWS), name="b.csv")]
    outcomes = race(*(partial(run, path) for path in paths))
    assert failures(outcomes) == []
    assert sum(account.created for account, _notes in outcomes) == 40
    assert [len(rows) for rows in shop()] == [40, 40, 40, 7, 0]


def book_is_sold_while_first_terms_are_put(tmp_path: Path, *, is_locking: bool) -> Offer:
    """Between one import's look at a book without offers and its writing, another puts terms and a copy is sold."""
    BookFactory(source="acme", source_id="1")
    store = services.store_seller()
    path = write_csv(tmp_path, {"source": "acme", "source_id": "1"})
    put_first_terms = partial(run, path, price=Decimal(5), stock_quantity=2)
    looked, sold = Event(), Event()

    def put_after_the_sale(*args: Any) -> int:
        if not looked.is_set():
            looked.set()
            sold.wait(MEETING_TIME if is_locking else PATIENCE)
        return services.put_offers(*args)

    def put_and_sell() -> None:
        looked.wait(PATIENCE)
        put_first_terms()
        services.take_stock({Offer.objects.get(seller=store).pk: 1}, order_number="A-1")
        sold.set()

    with pytest.MonkeyPatch.context() as patch, locks(are_on=is_locking):
        patch.setattr(writing, "put_offers", put_after_the_sale)
        assert failures(race(put_first_terms, put_and_sell)) == []
    return Offer.objects.get()


def test_first_terms_never_bring_a_sold_copy_back(tmp_path: Path):
    assert book_is_sold_while_first_terms_are_put(tmp_path, is_locking=True).stock_quantity == 1


def test_control_without_the_lock_a_sold_copy_comes_back(tmp_path: Path):
    assert book_is_sold_while_first_terms_are_put(tmp_path, is_locking=False).stock_quantity == 2


# What an import keeps others from, and they it


def test_nobody_waits_for_a_dry_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "BATCH_SIZE", 2)
    offer = OfferFactory(book__isbn=ISBNS[0], seller=services.store_seller(), stock_quantity=5)
    new = {"isbn": ISBNS[1], "title": "New", "authors": "Dora New", "series": "Firsts"}
    path = write_csv(tmp_path, {"isbn": ISBNS[0], "price": "9", "stock_quantity": "7"}, new, {**new, "pages": "90"})
    acts = (
        partial(services.take_stock, {offer.pk: 1}, order_number="A-1"),
        partial(services.create_book, {"isbn": ISBNS[1], "title": "New"}, authors=["Dora New"]),
    )
    outcomes: list[Any] = []
    would = run_import(Request(path, is_dry_run=True), go_on=lambda _so_far: outcomes.extend(race(*acts)) or True)
    assert failures(outcomes[:2]) == []
    assert counts(would) == (1, 2, 0, 0)
    assert Offer.objects.get().stock_quantity == 3


def test_import_whose_rows_are_written_ends_well_whoever_stays_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(running, "PAUSES", ())
    held = BookSearch.objects.filter(pk=BookFactory().pk)
    held.update(tier=Tier.BEST_KNOWN)

    def import_without_patience() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return run(write_csv(tmp_path, ROWS[0]))

    with transaction.atomic(), connection.cursor() as cursor:
        held.update(title_key="held")
        advisory.lock(["search words"])
        cursor.execute("LOCK TABLE catalog_genre IN SHARE UPDATE EXCLUSIVE MODE")
        ((account, notes),) = race(import_without_patience)
    assert (counts(account), notes) == ((1, 0, 0, 0), [])
    assert (held.get().tier, SearchWord.objects.count()) == (Tier.BEST_KNOWN, 0)


def test_a_second_sellers_offer_is_locked_before_the_book_of_the_first(tmp_path: Path):
    book = BookFactory(isbn=ISBNS[0])
    sellers = [offer.seller.slug for offer in OfferFactory.create_batch(2, book=book)]
    path = write_csv(tmp_path, *({"isbn": ISBNS[0], "seller": slug, "price": "5"} for slug in sellers))
    is_held = Event()

    def buy_of_the_second() -> None:
        with transaction.atomic():
            Offer.objects.filter(seller__slug=sellers[1]).locked().get()
            is_held.set()
            wait_for_waiting()
            Book.objects.locked(nowait=True).get(pk=book.pk)

    def import_both() -> None:
        is_held.wait(PATIENCE)
        run(path)

    assert failures(race(buy_of_the_second, import_both)) == []
    assert list(Offer.objects.values_list("price", flat=True)) == [5, 5]
