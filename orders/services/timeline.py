"""What happened to an order, and who is told of it."""

from accounts.models import User
from orders.models import EventKind, Order, OrderEvent


def record(order: Order, kind: EventKind, *, actor: User | None = None, note: str = "") -> OrderEvent:
    """Write an entry into an order's timeline, in the transaction of what happened."""
    return OrderEvent.objects.create(order=order, kind=kind, actor=actor, note=note)
