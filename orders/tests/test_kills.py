"""
A checkout dies wherever it can: web process, worker, database. Nothing is lost, nothing is charged or sold twice.

Every process is real, and is killed by SIGKILL at a point that it announces itself: by its request for money, or by
the lock that it waits for. Each test ends with the audit.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connection, connections, transaction

from accounts.models import Notification
from bookstore.core.jobs import retry_stalled_jobs
from bookstore.core.local_postgres.server import LocalServer
from bookstore.core.models import Mail
from bookstore.core.tests.own_server import restart, speaking_to
from bookstore.core.tests.processes import wait_until
from cart.models import Cart
from cart.services import Shopper, lock_shoppers
from catalog.models import Offer
from orders import jobs
from orders.models import MockCharge, MockRefund, Order, OrderEvent, Refund
from orders.services import cancel_order, check_out, refund_order, reserve
from orders.tests.factories import fill, offer_of, paying, shopper_with
from orders.tests.faults import faults
from orders.tests.standing_shop import Answer, Buyer, StandingShop, somebody_waits

# Once in every run of the tests, ten times more in `make soak`.
again_and_again = pytest.mark.parametrize("turn", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, 11))])
pytestmark = again_and_again


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[StandingShop]:
    server = LocalServer(tmp_path_factory.mktemp("shop") / "postgres")
    server.join()
    try:
        with django_db_blocker.unblock(), speaking_to(server):
            call_command("migrate", interactive=False, verbosity=0)
            shop = StandingShop(server)
            shop.open()
            try:
                yield shop
            finally:
                shop.close()
    finally:
        server.leave()


@pytest.fixture
def buyer(shop: StandingShop) -> Buyer:
    wait_until(shop.answers)
    return Buyer(shop)


def in_the_background(act: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@contextmanager
def held_at_the_charge(ask: Callable[[], Any]) -> Iterator[threading.Thread]:
    """Begin a checkout, and keep it where its order is written and its charge is not; then let it go on."""
    provider = connection.copy()
    try:
        with provider.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE orders_mockcharge IN SHARE MODE")
            request = in_the_background(ask)
            wait_until(lambda: somebody_waits("relation", "orders_mockcharge"))
            yield request
    finally:
        provider.close()


def stock_of(offer: Offer) -> int:
    return Offer.objects.get(pk=offer.pk).stock_quantity


def all_is_well(shop: StandingShop) -> bool:
    """Sweep, and look whether everything adds up, no cart is stuck and nothing is undecided."""
    shop.sweep()
    undecided = Order.objects.filter(status="PENDING").exists() or Refund.objects.pending().exists()
    return faults() == [] and not undecided and not Cart.objects.filter(status="LOCKED").exists()


# The web process


def test_killed_before_the_charge_a_retry_learns_that_nothing_was_bought(buyer: Buyer, turn: int):
    offer = offer_of(5)
    fill(buyer.user, offer)
    assert buyer.check_out("tok_kill_before", "key-1") is None
    order = Order.objects.get(user=buyer.user)
    assert (order.status, stock_of(offer), Cart.objects.get(user=buyer.user).status) == ("PENDING", 4, "LOCKED")
    answer = buyer.insist(lambda: buyer.check_out("tok_kill_before", "key-1"))
    assert (answer.status, answer.body["order_id"], answer.is_repeat) == (402, order.pk, True)
    assert (MockCharge.objects.get(pk=order.number).status, stock_of(offer)) == ("VOIDED", 5)
    assert Cart.objects.get(user=buyer.user).status == "ACTIVE"
    assert buyer.insist(lambda: buyer.check_out("tok_ok", "key-2")).status == 201
    assert all_is_well(buyer.shop)


def test_killed_before_the_charge_the_sweep_gives_everything_back(buyer: Buyer, turn: int):
    offer = offer_of(5)
    fill(buyer.user, offer)
    assert buyer.check_out("tok_kill_before", "key-1") is None
    assert all_is_well(buyer.shop)
    assert (Order.objects.get(user=buyer.user).status, stock_of(offer)) == ("PAYMENT_FAILED", 5)
    assert Cart.objects.get(user=buyer.user).status == "ACTIVE"


@pytest.mark.parametrize("is_swept", [False, True])
def test_killed_after_the_charge_the_order_is_the_shoppers_for_one_charge(buyer: Buyer, turn: int, is_swept: bool):
    offer = offer_of(5)
    fill(buyer.user, offer)
    assert buyer.check_out("tok_kill_after", "key-1") is None
    order = Order.objects.get(user=buyer.user)
    assert (order.status, MockCharge.objects.get(pk=order.number).status) == ("PENDING", "SUCCEEDED")
    if is_swept:
        assert all_is_well(buyer.shop)
    answer = buyer.insist(lambda: buyer.check_out("tok_kill_after", "key-1"))
    assert (answer.status, answer.body["id"], answer.is_repeat) == (201, order.pk, True)
    assert (answer.body["status"], stock_of(offer)) == ("CONFIRMED", 4)
    assert list(OrderEvent.objects.filter(order=order).values_list("kind", flat=True)) == ["PENDING", "CONFIRMED"]
    assert all_is_well(buyer.shop)


def test_killed_after_settling_and_before_the_answer_a_retry_gets_that_answer(buyer: Buyer, turn: int):
    offer = offer_of(5)
    fill(buyer.user, offer)
    lost: list[Answer | None] = []
    mine = Order.objects.filter(user=buyer.user)
    with transaction.atomic(), connection.cursor() as cursor:
        with held_at_the_charge(lambda: lost.append(buyer.check_out("tok_ok", "key-1"))) as request:
            assert mine.get().status == "PENDING"
            # Only the answer reads books: who waits for this table has settled the order.
            cursor.execute("LOCK TABLE catalog_book IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: somebody_waits("relation", "catalog_book"))
        assert mine.get().status == "CONFIRMED"
        buyer.shop.kill_web_workers()
    request.join(60)
    assert lost == [None]
    answer = buyer.insist(lambda: buyer.check_out("tok_ok", "key-1"))
    assert (answer.status, answer.body["id"], answer.is_repeat) == (201, mine.get().pk, True)
    assert (MockCharge.objects.filter(pk=mine.get().number).count(), stock_of(offer)) == (1, 4)
    assert all_is_well(buyer.shop)


def test_killed_in_the_middle_of_settling_nothing_of_it_has_happened(buyer: Buyer, turn: int):
    offer = offer_of(5)
    fill(buyer.user, offer)
    mine = Order.objects.filter(user=buyer.user)
    with transaction.atomic():
        with held_at_the_charge(lambda: buyer.check_out("tok_ok", "key-1")) as request:
            list(Cart.objects.filter(user=buyer.user).locked())  # which it comes to after the order
        wait_until(lambda: somebody_waits("transactionid"))
        assert mine.get().status == "PENDING"
        buyer.shop.kill_web_workers()
    request.join(60)
    assert buyer.insist(lambda: buyer.check_out("tok_ok", "key-1")).status == 201
    assert all_is_well(buyer.shop)


# The worker


@contextmanager
def a_worker_to_kill(shop: StandingShop) -> Iterator[None]:
    """Start a worker, kill it once it waits for what the caller has locked, and have another clean up after it."""
    worker = shop.worker()
    try:
        yield
    finally:
        worker.kill()
        worker.wait()
    in_the_background(clean_up).join(60)  # the caller's transaction would keep it to itself


def clean_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    async_to_sync(retry_stalled_jobs.func)(timestamp=0)


def test_a_worker_killed_while_it_recovers_an_order_leaves_it_to_the_next(shop: StandingShop, turn: int):
    buyer, offer = shopper_with(offer_of(5)), Offer.objects.order_by("pk").last()
    order = reserve(buyer, paying()).order
    MockCharge.objects.create(
        key=order.number, status="SUCCEEDED", amount=order.total_price, currency="EUR", reference="ch_1"
    )
    Order.objects.filter(pk=order.pk).update(created_at="2026-01-01T00:00Z")
    jobs.sweep_orders()
    with transaction.atomic():
        lock_shoppers(Shopper(user_id=buyer.pk))
        with a_worker_to_kill(shop):
            wait_until(lambda: somebody_waits("advisory"))
    assert Order.objects.get(pk=order.pk).status == "PENDING"
    assert all_is_well(shop)
    assert (Order.objects.get(pk=order.pk).status, stock_of(offer)) == ("CONFIRMED", 4)


def test_a_worker_killed_after_a_refund_and_before_its_note_refunds_once(shop: StandingShop, turn: int):
    order = check_out(shopper_with(offer_of(5)), paying()).order
    cancel_order(order.pk, actor=None)
    refund = Refund.objects.get(order=order)
    with transaction.atomic():
        list(Refund.objects.filter(pk=refund.pk).locked())
        with a_worker_to_kill(shop):
            wait_until(lambda: MockRefund.objects.filter(pk=refund.key).exists() and somebody_waits("transactionid"))
    assert Refund.objects.get(pk=refund.pk).status == "PENDING"
    assert all_is_well(shop)
    assert Refund.objects.get(pk=refund.pk).status == "DONE"
    assert MockRefund.objects.filter(charge_id=order.number).count() == 1


def test_a_worker_killed_while_it_asks_for_a_refund_leaves_it_to_the_next(shop: StandingShop, turn: int):
    order = check_out(shopper_with(offer_of(5)), paying()).order
    refund = refund_order(order.pk, actor=None, amount=Decimal("4.00"))
    with transaction.atomic():
        list(MockCharge.objects.filter(pk=order.number).locked())  # the provider takes its time
        with a_worker_to_kill(shop):
            wait_until(lambda: somebody_waits("transactionid"))
    assert not MockRefund.objects.filter(pk=refund.key).exists()
    assert all_is_well(shop)
    assert Refund.objects.get(pk=refund.pk).status == "DONE"
    assert MockRefund.objects.get(charge_id=order.number).amount == Decimal("4.00")


def test_a_worker_killed_while_it_tells_a_shopper_leaves_it_to_the_next(shop: StandingShop, turn: int):
    order = check_out(shopper_with(offer_of(5)), paying()).order
    mails, notices = Mail.objects.filter(to=order.user.email), Notification.objects.filter(user=order.user)
    with transaction.atomic():
        list(OrderEvent.objects.filter(order=order).locked())
        with a_worker_to_kill(shop):
            wait_until(lambda: somebody_waits("transactionid"))
    assert (mails.count(), notices.count()) == (0, 0)
    assert all_is_well(shop)
    assert (mails.count(), notices.count(), order.invoice.order_id) == (1, 1, order.pk)


# The database


class Regular(Buyer):
    """A buyer who buys again and again, with a new key each time, until told to stop."""

    tokens = ["tok_ok", "tok_slow:50", "tok_declined", "tok_ok"]

    def __init__(self, shop: StandingShop, offers: list[Offer]):
        super().__init__(shop)
        self.offers, self.answers, self.is_done = offers, dict[str, Answer](), threading.Event()

    def buy_on(self) -> None:
        while not self.is_done.is_set():
            number = len(self.answers)
            key, token = f"key-{number}", self.tokens[number % len(self.tokens)]
            line = {"book_id": self.offers[number % len(self.offers)].book_id}
            self.insist(lambda line=line, key=key: self.post("/api/v1/cart/items", line, f"add-{key}"))
            self.answers[key] = self.insist(lambda token=token, key=key: self.check_out(token, key))


def test_the_database_restarts_while_many_buy_and_everybody_gets_what_was_paid(shop: StandingShop, turn: int):
    wait_until(shop.answers)
    offers = [offer_of(900, "5.00") for _each in range(3)]
    buyers = [Regular(shop, offers) for _each in range(6)]
    threads = [in_the_background(buyer.buy_on) for buyer in buyers]
    for _turn in range(2):
        before = [len(buyer.answers) for buyer in buyers]
        wait_until(
            lambda before=before: all(len(buyer.answers) > was for buyer, was in zip(buyers, before, strict=True))
        )
        restart(shop.server)
        connection.close()
    for buyer in buyers:
        buyer.is_done.set()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert all_is_well(shop)
    for buyer in buyers:
        found = dict(Order.objects.filter(user=buyer.user).values_list("checkout_key", "status"))
        status = {"CONFIRMED": 201, "PAYMENT_FAILED": 402}
        assert {key: status[found[key]] for key in found} == {key: one.status for key, one in buyer.answers.items()}
