"""Deciding that money goes back: a row in the transaction of its cause. `payouts` has the provider do it."""

from collections.abc import Mapping
from decimal import Decimal

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from accounts.models import User
from bookstore.core.errors import Invalid
from bookstore.core.writing import write_columns
from catalog.services import put_back_stock
from orders.exceptions import OrderStatusTransition, RefundTooLarge
from orders.models import EventKind, Order, OrderItem, OrderStatus, Refund, RefundLine, RefundReason
from orders.services.timeline import lock_order, move, record

log = structlog.get_logger(__name__)

REFUNDABLE = {OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}

Copies = Mapping[OrderItem, int]


@transaction.atomic
def refund_order(
    order_id: int,
    *,
    actor: User | None,
    amount: Decimal | None = None,
    lines: Mapping[int, int] | None = None,
    restock: bool = False,
    note: str = "",
) -> Refund:
    """
    Give money of an order back: all that is left, an `amount`, or the price of copies, `lines` {item id: copies}.

    Shipping is part of all, never of lines; with `amount` and `lines` the copies are given back for that much. With
    `restock` the copies are for sale again: those named, or all that were not refunded before. The order is REFUNDED
    once nothing is left.
    Locks: the order; with `restock` the offers by id, their books, their prebooks.
    Raises: OrderNotFound, OrderStatusTransition, RefundTooLarge; Invalid for what cannot be an amount or a line.
    """
    order = lock_order(order_id)
    if order.status not in REFUNDABLE:
        raise OrderStatusTransition(order_status=order.status)
    left = copies_left(order)
    named = _named(order, lines) if lines is not None else None
    amount = _amount(order, amount, named)
    is_all = amount == order.refundable_amount
    if restock and named is None and not is_all:
        raise Invalid(fields={"restock": _("Please name the lines whose copies are back.")})
    refund = add_refund(order, amount, RefundReason.RETURNED, actor=actor, note=note)
    cover(refund, left if is_all else named or {})
    if restock:
        put_back(order, left if named is None else named, actor=actor)
    if is_all:
        move(order, OrderStatus.REFUNDED, actor=actor, refund=refund)
    else:
        record(order, EventKind.PARTLY_REFUNDED, actor=actor, note=note, refund=refund)
    log.info("order.refunded", order=order.number, amount=str(amount), actor_id=actor.pk if actor else None)
    return refund


def _named(order: Order, lines: Mapping[int, int]) -> Copies:
    """Return the lines that are meant with their copies. Raises: Invalid, RefundTooLarge."""
    items = {item.pk: item for item in order.items.all()}
    if not lines or not all(item_id in items for item_id in lines):
        raise Invalid(fields={"lines": _("Please name lines of this order.")})
    if not all(count >= 1 for count in lines.values()):
        raise Invalid(fields={"lines": _("At least one copy, please.")})
    named = {items[item_id]: count for item_id, count in lines.items()}
    if any(count > item.refundable_quantity for item, count in named.items()):
        raise RefundTooLarge(refundable_amount=f"{order.refundable_amount:.2f}")
    return named


def _amount(order: Order, amount: Decimal | None, named: Copies | None) -> Decimal:
    """Return how much goes back. Raises: Invalid, RefundTooLarge."""
    if amount is None and named is None:
        return order.refundable_amount
    if amount is None:
        amount = sum((item.unit_price * count for item, count in (named or {}).items()), Decimal(0))
    elif not (amount.is_finite() and amount > 0 and amount == round(amount, 2)):
        raise Invalid(fields={"amount": _("An amount is above 0 and has at most two decimal places.")})
    if amount > order.refundable_amount:
        raise RefundTooLarge(refundable_amount=f"{order.refundable_amount:.2f}")
    return amount


def add_refund(
    order: Order, amount: Decimal, reason: RefundReason, *, actor: User | None = None, note: str = ""
) -> Refund:
    """
    Note that money of a locked order goes back, and have a job see to it.

    `amount`, in the order's currency, must not be above what can still be refunded.
    """
    order.refunded_amount += amount
    order.updated_at = timezone.now()
    order.save(update_fields=["refunded_amount", "updated_at"])
    key = f"{order.number}-R{order.refunds.count() + 1}"
    refund = Refund.objects.create(order=order, key=key, amount=amount, reason=reason, actor=actor, note=note)
    # By name, as the job calls what stands here.
    app.configure_task("orders.jobs.carry_out_refund", allow_unknown=False).defer(refund_id=refund.pk)
    return refund


def copies_left(order: Order) -> Copies:
    """Return the copies of a locked order whose money was not given back."""
    return {item: item.refundable_quantity for item in order.items.all() if item.refundable_quantity}


def cover(refund: Refund, copies: Copies) -> None:
    """Note for which copies a refund gives the money back."""
    RefundLine.objects.bulk_create(
        RefundLine(refund=refund, item=item, quantity=count) for item, count in copies.items()
    )
    for item, count in copies.items():
        item.refunded_quantity += count
    write_columns(list(copies), ["refunded_quantity"])


def put_back(order: Order, copies: Copies, *, actor: User | None) -> None:
    """
    Put copies of a locked order back for sale, which wakes those who wait for them.

    Locks: the offers by id, their books, their prebooks.
    """
    for item, count in copies.items():
        item.restocked_quantity += count
    write_columns(list(copies), ["restocked_quantity"])
    if copies:
        by_offer = {item.offer_id: count for item, count in copies.items()}
        put_back_stock(by_offer, order_number=order.number, actor=actor)
