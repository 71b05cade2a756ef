"""
A payment provider that moves no money, and otherwise behaves as one does: it keeps books of its own, may be slow,
may not answer although it has charged, and says of a key what became of it, however often it is asked.
"""

import os
import random
import re
import signal
import time
from decimal import Decimal
from threading import Timer
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from bookstore.core.connections import release_connection
from bookstore.core.prepared import run_prepared
from orders.models import MockCharge, MockRefund
from orders.payment import Charge, ChargeStatus, Means, NoAnswer, RefundRefused

SLOWEST = 10_000  # milliseconds
TEST_TOKEN = re.compile(r"tok_(slow:\d{1,9}|timeout|kill_before|kill_after)", re.ASCII)

# One statement, so that of two who ask for the same key at once one decides.
LAND = """
    INSERT INTO orders_mockcharge (key, status, amount, currency, reference, created_at)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING key
"""


class MockProvider:
    """
    Succeeds with PAYMENT_SUCCESS_RATE; `tok_ok` always does, `tok_declined` never.

    With PAYMENT_TEST_TOKENS, also `tok_slow:<ms>` (succeeds after so long), `tok_timeout` (charges, and says nothing),
    `tok_kill_before` and `tok_kill_after` (this process dies by SIGKILL before or after the charge).
    """

    name = "mock"

    def charge(self, key: str, amount: Decimal, currency: str, means: Means) -> Charge:
        landing = MockCharge(key=key, amount=amount, currency=currency, reference=_reference("ch"))
        token = means.token if settings.PAYMENT_TEST_TOKENS and TEST_TOKEN.fullmatch(means.token) else ""
        succeeds = not means.must_fail and (bool(token) or _succeeds(means.token))
        landing.status = ChargeStatus.SUCCEEDED if succeeds else ChargeStatus.DECLINED
        if token.startswith("tok_slow:"):
            _take(min(int(token.removeprefix("tok_slow:")), SLOWEST) / 1000, landing)
        elif token == "tok_kill_before":  # noqa: S105  no password, here and below
            os.kill(os.getpid(), signal.SIGKILL)
        charge = _land(landing)
        if token == "tok_kill_after":  # noqa: S105
            os.kill(os.getpid(), signal.SIGKILL)
        elif token == "tok_timeout":  # noqa: S105
            _wait(settings.PAYMENT_TIMEOUT)
            raise NoAnswer
        return charge

    def find(self, key: str) -> Charge | None:
        found = MockCharge.objects.filter(pk=key).first()
        return _shown(found) if found else None

    def void(self, key: str) -> Charge:
        return _land(MockCharge(key=key, status=ChargeStatus.VOIDED, amount=Decimal(0), reference=_reference("vo")))

    @transaction.atomic
    def refund(self, key: str, charge_key: str, amount: Decimal) -> str:
        charge = MockCharge.objects.filter(pk=charge_key, status=ChargeStatus.SUCCEEDED).locked().first()
        if charge is None:
            raise RefundRefused
        if known := charge.refunds.filter(pk=key).first():
            return known.reference
        given = charge.refunds.aggregate(given=Sum("amount", default=Decimal(0)))["given"]
        if given + amount > charge.amount:
            raise RefundRefused
        return MockRefund.objects.create(key=key, charge=charge, amount=amount, reference=_reference("re")).reference


def _succeeds(token: str) -> bool:
    if token in {"tok_ok", "tok_declined"}:
        return token == "tok_ok"  # noqa: S105
    return random.random() < settings.PAYMENT_SUCCESS_RATE  # noqa: S311  nothing hangs on its secrecy


def _take(seconds: float, landing: MockCharge) -> None:
    """Let time pass. Who asked waits PAYMENT_TIMEOUT at most; the charge then lands later. Raises: NoAnswer."""
    if seconds > settings.PAYMENT_TIMEOUT:
        late = Timer(seconds, _land_late, [landing])
        late.daemon = True
        late.start()
        _wait(settings.PAYMENT_TIMEOUT)
        raise NoAnswer
    _wait(seconds)


def _wait(seconds: float) -> None:
    release_connection()
    time.sleep(seconds)


def _land_late(landing: MockCharge) -> None:
    _land(landing)
    release_connection()


def _land(landing: MockCharge) -> Charge:
    """Write what became of a key unless it is written already, and return what stands."""
    columns = [landing.key, landing.status, landing.amount, landing.currency, landing.reference, landing.created_at]
    is_first = run_prepared(LAND, columns)
    return _shown(landing if is_first else MockCharge.objects.get(pk=landing.key))


def _shown(charge: MockCharge) -> Charge:
    return Charge(charge.key, ChargeStatus(charge.status), charge.amount, charge.reference)


def _reference(kind: str) -> str:
    return f"{kind}_{uuid4().hex[:20]}"
