"""What happened to an order, and who is told of it."""

from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from bookstore.core.writing import insert
from orders.exceptions import OrderNotFound
from orders.models import EventKind, Order, OrderEvent, OrderStatus, Refund
from orders.services.telling import TEMPLATES


def record(
    order: Order, kind: EventKind, *, actor: User | None = None, note: str = "", refund: Refund | None = None
) -> OrderEvent:
    """
    Write an entry into an order's timeline, in the transaction of what happened.

    A job tells the shopper, where that is of interest, once the transaction commits.
    """
    event = OrderEvent(order=order, kind=kind, actor=actor, note=note, refund=refund)
    insert(event)
    if kind in TEMPLATES:
        # By name, as the job calls what stands beside this; under one lock, so that what came first is told first.
        task = app.configure_task("orders.jobs.tell_shopper", allow_unknown=False, lock=f"tell-{order.number}")
        task.defer(event_id=event.pk)
    return event


def lock_order(order_id: int) -> Order:
    """Return the order as it is once it is locked. Locks: the order. Raises: OrderNotFound."""
    order = Order.objects.filter(pk=order_id).locked().first()
    if order is None:
        raise OrderNotFound
    return order


def move(order: Order, status: OrderStatus, *, actor: User | None, refund: Refund | None = None) -> Order:
    """
    Bring a locked order to another status, note who did it, and return it.

    Once nothing is left to send, the address of somebody whose account is closed goes, and what staff noted.
    """
    order.status, order.updated_at = status, timezone.now()
    if order.user_id is None and order.is_finished:
        order.shipping_address = None
        OrderEvent.objects.notes().filter(order=order).delete()
    order.save(update_fields=["status", "updated_at", "carrier", "tracking", "shipping_address"])
    record(order, EventKind(status), actor=actor, note=refund.note if refund else "", refund=refund)
    return order
