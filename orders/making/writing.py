"""Made-up orders on their way into the database, with all that a real one leaves behind."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Max

from bookstore.core import advisory
from bookstore.core.making import copy_rows, reserve_ids
from catalog.models import MovementReason, Offer, StockMovement
from orders.making.inventing import MadeLine, MadeOrder, MadeRefund
from orders.models import (
    Invoice,
    MockCharge,
    MockRefund,
    Order,
    OrderEvent,
    OrderItem,
    PaymentStatus,
    Refund,
    RefundLine,
    RefundStatus,
)
from orders.payment import ChargeStatus
from orders.payment.mock import MockProvider
from orders.services.invoices import LOCK, issuer
from orders.services.telling import TEMPLATES

TABLES = (Order, OrderItem, OrderEvent, Refund, RefundLine, Invoice, MockCharge, MockRefund, StockMovement)

ORDER = (
    *("id", "number", "user_id", "status", "created_at", "updated_at", "items_total", "shipping_total", "tax_rate"),
    *("tax_total", "total_price", "refunded_amount", "currency", "accepted_price_changes", "shipping_address"),
    *("checkout_key", "checkout_fingerprint", "payment_provider", "payment_status", "payment_reference"),
    *("carrier", "tracking"),
)
ITEM = (
    *("id", "order_id", "offer_id", "book_id", "quantity", "unit_price", "shown_price", "title", "byline", "isbn"),
    *("seller_name", "refunded_quantity", "restocked_quantity"),
)
EVENT = ("order_id", "kind", "at", "note", "refund_id", "told_at")
REFUND = ("id", "order_id", "key", "amount", "status", "reason", "note", "reference", "created_at", "done_at")
REFUND_LINE = ("refund_id", "item_id", "quantity")
INVOICE = ("order_id", "number", "issued_at", "issuer")
CHARGE = ("key", "status", "amount", "currency", "reference", "created_at")
MOCK_REFUND = ("key", "charge_id", "amount", "reference", "created_at")
MOVEMENT = ("offer_id", "delta", "stock_after", "reason", "order_number", "reference", "created_at")


class Placed(NamedTuple):
    """A made-up order with the ids that its rows get."""

    pk: int
    order: MadeOrder
    items: list[tuple[int, MadeLine]]
    refund_id: int | None

    @property
    def charge_reference(self) -> str:
        return f"ch_made_{self.pk}"

    @property
    def refund_key(self) -> str:
        return f"{self.order.number}-R1"

    @property
    def refund_reference(self) -> str:
        return f"re_made_{self.refund_id}"


def write_orders(made: Sequence[MadeOrder]) -> None:
    """
    Write orders, oldest first, in the transaction that is open.

    Locks: the offers by id, then the numbers of invoices.
    """
    placed = _with_ids(made)
    copy_rows(Order, ORDER, map(_order_row, placed))
    copy_rows(OrderItem, ITEM, (_item_row(one, pk, line) for one in placed for pk, line in one.items))
    copy_rows(MockCharge, CHARGE, map(_charge_row, placed))
    _write_refunds([one for one in placed if one.refund_id])
    copy_rows(OrderEvent, EVENT, (row for one in placed for row in _event_rows(one)))
    _move_stock(made)
    _write_invoices([one for one in placed if one.order.is_paid])


def _with_ids(made: Sequence[MadeOrder]) -> list[Placed]:
    items = iter(reserve_ids(OrderItem, sum(len(order.lines) for order in made)))
    refunds = iter(reserve_ids(Refund, sum(order.refund is not None for order in made)))
    return [
        Placed(pk, order, [(next(items), line) for line in order.lines], next(refunds) if order.refund else None)
        for pk, order in zip(reserve_ids(Order, len(made)), made, strict=True)
    ]


def _order_row(one: Placed) -> tuple[Any, ...]:
    order, totals = one.order, one.order.totals
    payment = PaymentStatus.SUCCEEDED if order.is_paid else PaymentStatus.FAILED
    return (
        *(one.pk, order.number, order.user_id, order.status.value, order.placed_at, order.events[-1][1]),
        *(totals.items, totals.shipping, totals.tax_rate, totals.tax, totals.total),
        *(order.refund.amount if order.refund else 0, settings.STORE_CURRENCY, False, json.dumps(order.address)),
        *("", "", MockProvider.name, payment.value, one.charge_reference),
        *(order.carrier, order.tracking),
    )


def _item_row(one: Placed, pk: int, line: MadeLine) -> tuple[Any, ...]:
    sold = line.sold
    return (
        *(pk, one.pk, sold.offer_id, sold.book_id, line.quantity, sold.price, sold.price),
        *(sold.title, sold.byline, sold.isbn, sold.seller_name, line.returned, line.restocked),
    )


def _charge_row(one: Placed) -> tuple[Any, ...]:
    order = one.order
    status = ChargeStatus.SUCCEEDED if order.is_paid else ChargeStatus.DECLINED
    at = order.placed_at
    return order.number, status.value, order.totals.total, settings.STORE_CURRENCY, one.charge_reference, at


def _event_rows(one: Placed) -> Iterator[tuple[Any, ...]]:
    refund = one.order.refund
    for kind, at in one.order.events:
        refund_id = one.refund_id if refund and kind == refund.kind else None
        yield one.pk, kind.value, at, "", refund_id, at if kind in TEMPLATES else None


def _write_refunds(placed: Sequence[Placed]) -> None:
    refunds = [(one, one.order.refund) for one in placed if one.order.refund]
    item_ids = {id(line): pk for one in placed for pk, line in one.items}
    copy_rows(Refund, REFUND, (_refund_row(one, refund) for one, refund in refunds))
    lines = ((one.refund_id, item_ids[id(line)], count) for one, refund in refunds for line, count in refund.copies)
    copy_rows(RefundLine, REFUND_LINE, lines)
    given = ((one.refund_key, one.order.number, made.amount, one.refund_reference, made.at) for one, made in refunds)
    copy_rows(MockRefund, MOCK_REFUND, given)


def _refund_row(one: Placed, refund: MadeRefund) -> tuple[Any, ...]:
    done_at = refund.at + timedelta(seconds=2)
    return (
        *(one.refund_id, one.pk, one.refund_key, refund.amount, RefundStatus.DONE.value, refund.reason),
        *("", one.refund_reference, refund.at, done_at),
    )


def _move_stock(made: Sequence[MadeOrder]) -> None:
    """
    Write what was sold and came back, and before it a delivery of so much; after it the stock is what it was.

    Locks: the offers by id.
    """
    sold: Counter[int] = Counter()
    back: Counter[int] = Counter()
    for line in (line for order in made for line in order.lines):
        sold[line.sold.offer_id] += line.quantity
        back[line.sold.offer_id] += line.restocked
    offers = Offer.objects.filter(pk__in=sold).locked()
    stock = dict(offers.values_list("pk", "stock_quantity"))
    copy_rows(StockMovement, MOVEMENT, _movement_rows(made, stock, sold, back))


def _movement_rows(
    made: Sequence[MadeOrder], stock: dict[int, int], sold: Counter[int], back: Counter[int]
) -> Iterator[tuple[Any, ...]]:
    def row(offer_id: int, delta: int, reason: MovementReason, at: Any, number: str = "") -> tuple[Any, ...]:
        stock[offer_id] += delta
        return offer_id, delta, stock[offer_id], reason.value, number, "", at

    first, last = made[0].placed_at - timedelta(hours=1), made[-1].events[-1][1]
    for offer_id, copies in sold.items():
        yield row(offer_id, copies, MovementReason.RECEIVED, first)
    for order in made:
        for line in order.lines:
            yield row(line.sold.offer_id, -line.quantity, MovementReason.SOLD, order.placed_at, order.number)
        for line in order.lines:
            if line.restocked:
                at = order.refund.at if order.refund else order.events[-1][1]
                yield row(line.sold.offer_id, line.restocked, MovementReason.PUT_BACK, at, order.number)
    for offer_id, copies in back.items():
        if copies:
            yield row(offer_id, -copies, MovementReason.CORRECTED, last)


def _write_invoices(placed: Sequence[Placed]) -> None:
    advisory.lock([LOCK])
    last = Invoice.objects.aggregate(last=Max("number"))["last"] or 0
    by_whom = issuer()
    rows = ((one.pk, number, one.order.paid_at, by_whom) for number, one in enumerate(placed, last + 1))
    copy_rows(Invoice, INVOICE, rows)
