"""What an order does with the carts it was made from. An order's number is theirs from reserve to settle."""

from collections.abc import Sequence

from django.utils import timezone

from cart.models import Cart, CartStatus
from cart.services.lines import touch
from cart.services.merging import Merged, merge_lines
from cart.services.shoppers import Shopper


def hold_carts(carts: Sequence[Cart], order_number: str) -> None:
    """
    Lock carts for an order, so that nobody's hand touches them until the payment is decided.

    For a transaction that holds the shopper's lock and has read the carts under theirs.
    """
    held = Cart.objects.filter(pk__in=[cart.pk for cart in carts])
    held.update(status=CartStatus.LOCKED, held_by=order_number, updated_at=timezone.now())


def check_out_carts(shopper: Shopper, order_number: str) -> None:
    """End the carts of an order that was paid. Locks: the carts."""
    held = shopper.carts.held_by(order_number)
    held.update(status=CartStatus.CHECKED_OUT, held_by="", updated_at=timezone.now())


def give_back_carts(shopper: Shopper, order_number: str) -> None:
    """
    Let the shopper go on with the carts of an order that came to nothing.

    Where a newer active cart of that seller exists, their lines go over into it and they are cancelled.
    For a transaction that holds the shopper's lock. Locks: the carts.
    """
    held = list(shopper.carts.held_by(order_number).locked().prefetch_related("items"))
    active = shopper.carts.active().filter(seller__in=[cart.seller_id for cart in held])
    newer = {cart.seller_id: cart for cart in active.prefetch_related("items")}
    for cart in held:
        cart.held_by = ""
        if cart.seller_id in newer:
            merge_lines(cart, newer[cart.seller_id], Merged())
        else:
            cart.status = CartStatus.ACTIVE
        touch(cart, "status", "held_by")
