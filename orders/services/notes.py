"""What staff note on an order for one another; no shopper sees it."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.errors import Invalid
from orders.models import EventKind, OrderEvent
from orders.services.timeline import lock_order, record


@transaction.atomic
def add_note(order_id: int, *, actor: User, text: str) -> OrderEvent:
    """
    Write a note of the staff into an order's timeline.

    Locks: the order. Raises: OrderNotFound; Invalid without a text.
    """
    if not text.strip():
        raise Invalid(fields={"text": _("Please write something.")})
    return record(lock_order(order_id), EventKind.NOTED, actor=actor, note=text.strip())
