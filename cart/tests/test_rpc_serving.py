"""How the gRPC server lives: deadlines, many callers, a database that comes and goes, logs, counters, the end."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any
from urllib.parse import urlencode

import grpc
import psutil
import pytest
from django.conf import settings
from django.db import connection, transaction
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2_grpc
from prometheus_client import REGISTRY

from accounts.tests.api import tokens_of
from accounts.tests.factories import UserFactory
from bookstore.core.tests import processes
from bookstore.core.tests.processes import PIPE, Process, spare_port
from bookstore.core.tests.racing import PATIENCE, race
from cart import services
from cart.models import Cart, CartItem
from cart.rpc import cart_pb2 as pb
from cart.rpc.interceptor import SERVICE
from cart.rpc.server import Server
from cart.services import Shopper
from cart.tests.partner_doors import Grpc, Who, metadata_of, refusal_of
from catalog.models import Offer
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)

wait_until = partial(processes.wait_until, seconds=PATIENCE)

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture(autouse=True)
def patient_health(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the look at the database take its time: a machine may stand still."""
    monkeypatch.setattr("bookstore.core.health.PATIENCE", PATIENCE)


@pytest.fixture
def offer() -> Offer:
    return OfferFactory(stock_quantity=500)


def caller() -> tuple[Shopper, Who]:
    user = UserFactory()
    return Shopper(user_id=user.pk), Who(tokens_of(user).access_token)


def adding(offer: Offer) -> pb.UpsertItemRequest:
    return pb.UpsertItemRequest(company_id=offer.seller_id, product_id=offer.book_id, quantity=1)


def calls(name: str, status: str) -> float:
    return REGISTRY.get_sample_value("grpc_calls_total", {"method": name, "status": status}) or 0


@contextmanager
def kept_waiting(shopper: Shopper) -> Iterator[None]:
    """Hold what every change of this shopper's carts has to wait for."""
    with transaction.atomic():
        services.lock_shoppers(shopper)
        yield


def waiters() -> int:
    """Count those who wait for what is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()[0]


# Deadlines


def test_a_call_whose_deadline_passes_does_nothing(partner: Grpc, offer: Offer) -> None:
    shopper, who = caller()
    before = calls("UpsertItem", "DEADLINE_EXCEEDED")
    with kept_waiting(shopper):
        call = call_that_waits_beyond_its_deadline(partner, adding(offer), who)
        wait_until(lambda: calls("UpsertItem", "DEADLINE_EXCEEDED") > before)
    assert call.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert not Cart.objects.exists()
    assert partner.call(who, "UpsertItem", {"company_id": offer.seller_id, "product_id": offer.book_id, "quantity": 1})


def call_that_waits_beyond_its_deadline(partner: Grpc, request: pb.UpsertItemRequest, who: Who) -> Any:
    """Make a call that the server is busy with as its deadline passes; one that it had no time to begin is none."""
    for seconds in (0.5, 2, 10):
        call = partner.stub.UpsertItem.future(request, metadata=metadata_of(who), timeout=seconds)
        has_waited = False
        while not call.done():
            has_waited = has_waited or waiters() > 0
        if has_waited:
            return call
    pytest.fail("the server did not begin")


def test_a_call_that_comes_up_after_its_deadline_does_nothing(offer: Offer) -> None:
    (slow, slow_who), (_late, late_who) = caller(), caller()
    server = Server("127.0.0.1", 0, threads=1)
    server.start()
    with Grpc(f"127.0.0.1:{server.port}") as partner:
        with kept_waiting(slow):
            first = partner.stub.UpsertItem.future(adding(offer), metadata=metadata_of(slow_who), timeout=20)
            wait_until(waiters)
            with pytest.raises(grpc.RpcError) as error:
                partner.stub.UpsertItem(adding(offer), metadata=metadata_of(late_who), timeout=0.3)
        assert first.result().cart.user_id == slow.user_id
    assert server.stop()
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert Cart.objects.get().user_id == slow.user_id


def test_a_caller_who_goes_leaves_nothing(partner: Grpc, offer: Offer) -> None:
    shopper, who = caller()
    before = calls("UpsertItem", "CANCELLED")
    with kept_waiting(shopper):
        call = partner.stub.UpsertItem.future(adding(offer), metadata=metadata_of(who))
        wait_until(waiters)
        call.cancel()
        assert partner.call(who, "ListByUser", {}).refusal == ""  # comes behind the cancelling, by the same connection
    wait_until(lambda: calls("UpsertItem", "CANCELLED") == before + 1)
    assert not Cart.objects.exists()


# Many callers


def test_sixty_four_calls_at_once_are_answered_on_few_connections(partner: Grpc, offer: Offer) -> None:
    callers = [caller()[1] for _each in range(64)]
    before = open_connections()
    upsert = partial(partner.stub.UpsertItem.future, adding(offer), timeout=120)
    futures = [upsert(metadata=metadata_of(who)) for who in callers]
    most = 0
    while not all(future.done() for future in futures):
        most = max(most, open_connections())
    assert [future.result().cart.items[0].quantity for future in futures] == [1] * 64
    assert 1 <= most - before <= 16 + 1  # its threads, and the look at the database's health
    wait_until(lambda: open_connections() <= before)


def open_connections(pid: int | None = None) -> int:
    """Count a process's connections where they are opened: PostgreSQL lists one for a moment after it was closed."""
    place = connection.get_connection_params()
    if str(place.get("host", "")).startswith("/"):
        return len(psutil.Process(pid).net_connections("unix"))
    port = int(place.get("port") or 5432)
    return sum(bool(one.raddr) and one.raddr.port == port for one in psutil.Process(pid).net_connections("inet"))


# Health


def test_health_follows_the_database(grpc_port: int, partner: Grpc, monkeypatch: Any) -> None:
    health = health_pb2_grpc.HealthStub(partner.channel)
    _shopper, who = caller()

    def says(status: int) -> bool:
        services = ("", SERVICE)
        return {health.Check(health_pb2.HealthCheckRequest(service=name)).status for name in services} == {status}

    assert says(SERVING)
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "nowhere")
        with pytest.raises(grpc.RpcError) as error:
            partner.stub.ListByUser(pb.ListByUserRequest(), metadata=metadata_of(who))
        assert refusal_of(error.value) == "UNAVAILABLE UNAVAILABLE"
        wait_until(lambda: says(NOT_SERVING))
    assert partner.call(who, "ListByUser", {}).refusal == ""
    wait_until(lambda: says(SERVING))


def test_health_of_what_there_is_not_is_not_found(partner: Grpc) -> None:
    with pytest.raises(grpc.RpcError) as error:
        health_pb2_grpc.HealthStub(partner.channel).Check(health_pb2.HealthCheckRequest(service="x"))
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_answers_while_callers_wait_and_who_listens_takes_nobodys_place(offer: Offer) -> None:
    shopper, who = caller()
    server = Server("127.0.0.1", 0, threads=1)
    server.start()
    with Grpc(f"127.0.0.1:{server.port}") as partner:
        health = health_pb2_grpc.HealthStub(partner.channel)
        reflection = reflection_pb2_grpc.ServerReflectionStub(partner.channel)
        listening = listeners(partner)
        is_over = Event()
        listening.append(reflection.ServerReflectionInfo(iter(is_over.wait, True)))
        assert partner.call(who, "ListByUser", {}).refusal == ""
        with kept_waiting(shopper):
            waiting = partner.stub.UpsertItem.future(adding(offer), metadata=metadata_of(who), timeout=20)
            wait_until(waiters)
            assert health.Check(health_pb2.HealthCheckRequest(), timeout=10).status == SERVING
        assert waiting.result().cart.user_id == shopper.user_id
        is_over.set()
        for stream in listening:
            stream.cancel()
    assert server.stop()


def test_listeners_who_go_while_others_are_told_keep_nobody_waiting() -> None:
    server = Server("127.0.0.1", 0, threads=1)
    server.start()
    with Grpc(f"127.0.0.1:{server.port}") as partner:
        listening = listeners(partner)
        with server._health._lock:  # as it is until the last has been told
            for stream in listening:
                stream.cancel()
            assert partner.call(caller()[1], "ListByUser", {}).refusal == ""
    assert server.stop()


def listeners(partner: Grpc) -> list[Any]:
    """Listen to the health five times; all have heard that it serves."""
    watch = health_pb2_grpc.HealthStub(partner.channel).Watch
    streams = [watch(health_pb2.HealthCheckRequest(), timeout=60) for _each in range(5)]
    assert {next(stream).status for stream in streams} == {SERVING}
    return streams


def test_a_lock_that_is_not_free_in_time_is_unavailable(partner: Grpc, offer: Offer, monkeypatch: Any) -> None:
    shopper, who = caller()
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", f"{options['options']} -c lock_timeout=100ms")
    with kept_waiting(shopper), pytest.raises(grpc.RpcError) as error:
        partner.stub.UpsertItem(adding(offer), metadata=metadata_of(who))
    assert refusal_of(error.value) == "UNAVAILABLE UNAVAILABLE"
    assert RetryInfo.DESCRIPTOR.full_name in str(error.value.trailing_metadata())


# What operators see


def test_every_call_is_one_line_in_the_log_without_secrets(partner: Grpc, caplog: pytest.LogCaptureFixture) -> None:
    shopper, who = caller()
    guest = Who(guest_token=services.new_token())
    caplog.clear()
    with caplog.at_level("DEBUG"):
        partner.stub.ListByUser(pb.ListByUserRequest(), metadata=[*metadata_of(who), ("x-request-id", "abc")])
        partner.call(guest, "GetCart", {"cart_id": 1})
        partner.call(Who("forged.token"), "GetCart", {"cart_id": 1})
    lines = [record.msg for record in caplog.records if record.name == "bookstore.access"]
    assert [(line["path"].rpartition("/")[2], line["status"], line["user_id"]) for line in lines] == [
        ("ListByUser", "OK", shopper.user_id),
        ("GetCart", "NOT_FOUND", None),
        ("GetCart", "UNAUTHENTICATED", None),
    ]
    assert lines[0]["request_id"] == "abc"
    written = str([(record.msg, record.args) for record in caplog.records])
    assert [secret for secret in (who.token, guest.guest_token, "forged.token") if secret in written] == []


def test_calls_are_counted_and_timed(partner: Grpc) -> None:
    _shopper, who = caller()
    before = calls("ListByUser", "OK"), calls("GetCart", "NOT_FOUND")
    partner.call(who, "ListByUser", {})
    partner.call(who, "GetCart", {"cart_id": 1})
    assert (calls("ListByUser", "OK"), calls("GetCart", "NOT_FOUND")) == (before[0] + 1, before[1] + 1)
    assert REGISTRY.get_sample_value("grpc_call_duration_seconds_count", {"method": "ListByUser"})


# The process


@contextmanager
def process(port: int) -> Iterator[Process]:
    """Run `manage.py grpcserver` on the test's database."""
    place = connection.get_connection_params()
    address = {name: place[name] for name in ("host", "port", "user", "password") if place.get(name)}
    environment = {
        "DATABASE_URL": f"postgresql:///{place['dbname']}?{urlencode(address)}",
        "DEBUG": "on",
        "SECRET_KEY": settings.SECRET_KEY,
        "GRPC_PORT": str(port),
        "GRPC_HOST": "127.0.0.1",
        "LOCK_TIMEOUT": str(PATIENCE),
    }
    server = Process("manage.py", "grpcserver", env=os.environ | environment, stderr=PIPE)
    try:
        yield server
    finally:
        server.end()


def is_listening(port: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_lets_running_calls_finish(offer: Offer, number: signal.Signals) -> None:
    shopper, who = caller()
    port = spare_port()
    with process(port) as server, Grpc(f"127.0.0.1:{port}") as partner:
        assert str(port) in server.line()
        with kept_waiting(shopper):
            running = partner.stub.UpsertItem.future(adding(offer), metadata=metadata_of(who), timeout=20)
            wait_until(waiters)
            server.send_signal(number)
            wait_until(lambda: not is_listening(port))
        assert running.result().cart.user_id == shopper.user_id
        assert server.wait() == 0
    assert CartItem.objects.get().quantity == 1


def test_a_taken_port_is_told_in_one_sentence(grpc_port: int) -> None:
    with process(grpc_port) as server:
        _said, complaint = server.communicate()
    assert re.search(rf"^CommandError: Port {grpc_port} of 127.0.0.1 is taken .+ GRPC_PORT\.$", complaint, re.MULTILINE)
    assert server.returncode == 1


def test_its_process_keeps_few_connections_and_mends_them(offer: Offer) -> None:
    callers = [caller()[1] for _each in range(32)]
    fields = {"company_id": offer.seller_id, "product_id": offer.book_id, "quantity": 1}
    port = spare_port()
    with process(port) as server, Grpc(f"127.0.0.1:{port}") as partner:
        assert server.line()
        outcomes = race(*[partial(partner.call, who, "UpsertItem", fields) for who in callers])
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception) or outcome.refusal] == []
        assert 1 <= open_connections(server.pid) <= 16 + 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 1
        for who in callers:
            assert partner.call(who, "UpsertItem", fields).carts[0]["items"][0]["quantity"] == 2
