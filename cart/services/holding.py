"""What an order does with the carts it was made from. An order's number is theirs from reserve to settle."""

from collections.abc import Sequence

from django.utils import timezone

from bookstore.core.prepared import run_prepared
from bookstore.core.writing import write_columns
from cart.models import Cart, CartStatus
from cart.services.lines import touch
from cart.services.merging import Merged, merge_lines
from cart.services.shoppers import Shopper

CHECK_OUT = """
    UPDATE cart_cart SET status = 'CHECKED_OUT', held_by = '', updated_at = %(now)s
    WHERE user_id = %(user)s AND status = 'LOCKED' AND held_by = %(order)s
"""


def hold_carts(carts: Sequence[Cart], order_number: str) -> None:
    """
    Lock carts for an order, so that nobody's hand touches them until the payment is decided.

    For a transaction that holds the shopper's lock and has read the carts under theirs.
    """
    now = timezone.now()
    for cart in carts:
        cart.status, cart.held_by, cart.updated_at = CartStatus.LOCKED, order_number, now
    write_columns(carts, ["status", "held_by", "updated_at"])


def check_out_carts(shopper: Shopper, order_number: str) -> None:
    """End the carts of an order that was paid. Locks: the carts."""
    values = {"user": shopper.user_id, "order": order_number, "now": timezone.now()}
    run_prepared(CHECK_OUT, values)


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
