"""Packing orders: one packer takes an order, so that no other packs it, too, and gives it back or sends it."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from orders.exceptions import OrderPackedByAnother, OrderStatusTransition
from orders.models import Order, OrderStatus, Packing
from orders.services.timeline import lock_order


@transaction.atomic
def claim_order(order_id: int, *, packer: User) -> Packing:
    """
    Note that somebody packs an order now; for who packs it already, nothing changes.

    Locks: the order. Raises: OrderNotFound, OrderStatusTransition, OrderPackedByAnother.
    """
    order = lock_order(order_id)
    if order.status != OrderStatus.CONFIRMED:
        raise OrderStatusTransition(order_status=order.status)
    packing = Packing.objects.select_related("packer").filter(order=order).first()
    if packing is None:
        return Packing.objects.create(order=order, packer=packer)
    if packing.packer is None:
        packing.packer, packing.claimed_at, packing.printed_at = packer, timezone.now(), None
        packing.save(update_fields=["packer", "claimed_at", "printed_at"])
    if packing.packer != packer:
        raise OrderPackedByAnother(packing.packer.get_full_name())
    return packing


@transaction.atomic
def give_back_order(order_id: int) -> None:
    """
    Let others pack an order, whoever has taken it; without a packer nothing changes.

    Locks: the order. Raises: OrderNotFound, OrderStatusTransition.
    """
    order = lock_order(order_id)
    if order.status != OrderStatus.CONFIRMED:
        raise OrderStatusTransition(order_status=order.status)
    Packing.objects.filter(order=order).delete()


@transaction.atomic
def note_slips(order_ids: Collection[int], *, packer: User) -> set[int]:
    """
    Note that slips are printed now, and return the ids for which they may be: of what this packer has, and is to pack.

    Locks: the orders by id.
    """
    orders = Order.objects.filter(pk__in=order_ids, status=OrderStatus.CONFIRMED).locked()
    mine = Packing.objects.filter(order__in=[order.pk for order in orders], packer=packer)
    mine.update(printed_at=timezone.now())
    return set(mine.values_list("order_id", flat=True))
