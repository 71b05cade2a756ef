"""What becomes of an order that is paid: it is sent, and arrives, or is cancelled."""

import structlog
from django.db import transaction

from accounts.models import User
from orders.exceptions import OrderNotCancellable, OrderStatusTransition
from orders.models import Order, OrderStatus, RefundReason
from orders.services.refunds import add_refund, copies_left, cover, put_back
from orders.services.timeline import lock_order, move

log = structlog.get_logger(__name__)


@transaction.atomic
def ship_order(order_id: int, *, actor: User | None, carrier: str = "", tracking: str = "") -> Order:
    """
    Note that an order is on its way: CONFIRMED → SHIPPED.

    Locks: the order. Raises: OrderNotFound, OrderStatusTransition.
    """
    order = lock_order(order_id)
    if order.status != OrderStatus.CONFIRMED:
        raise OrderStatusTransition(order_status=order.status)
    order.carrier, order.tracking = carrier, tracking
    return _done(move(order, OrderStatus.SHIPPED, actor=actor), actor)


@transaction.atomic
def deliver_order(order_id: int, *, actor: User | None) -> Order:
    """
    Note that an order has arrived: SHIPPED → DELIVERED.

    Locks: the order. Raises: OrderNotFound, OrderStatusTransition.
    """
    order = lock_order(order_id)
    if order.status != OrderStatus.SHIPPED:
        raise OrderStatusTransition(order_status=order.status)
    return _done(move(order, OrderStatus.DELIVERED, actor=actor), actor)


@transaction.atomic
def cancel_order(order_id: int, *, actor: User | None) -> Order:
    """
    Cancel an order that is paid and still here: CONFIRMED → CANCELLED.

    All money that was not given back yet goes back, and the copies that it was paid for are for sale again; whoever
    refunded copies before has decided then whether they came back.
    Locks: the order; the offers by id, their books, their prebooks. Raises: OrderNotFound, OrderNotCancellable.
    """
    order = lock_order(order_id)
    if not order.is_cancellable:
        raise OrderNotCancellable(order_status=order.status)
    copies = copies_left(order)
    refund = add_refund(order, order.refundable_amount, RefundReason.CANCELLED, actor=actor)
    cover(refund, copies)
    put_back(order, copies, actor=actor)
    return _done(move(order, OrderStatus.CANCELLED, actor=actor, refund=refund), actor)


def _done(order: Order, actor: User | None) -> Order:
    log.info("order.moved", order=order.number, status=order.status, actor_id=actor.pk if actor else None)
    return order
