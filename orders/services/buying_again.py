"""Putting what was bought once into the cart once more."""

from django.db import transaction

from accounts.models import User
from bookstore.core.errors import Conflict, NotFound
from cart.services import Shopper, add_item
from orders.models import Order


@transaction.atomic
def buy_again(user: User, order: Order) -> list[str]:
    """
    Put an order's books into the user's cart, each at the best offer in stock now.

    Returns the titles of those that could not be put there: no longer sold, out of stock, or the cart is full.
    Locks: the shopper.
    """
    left_out = []
    for item in order.items.all():
        try:
            add_item(Shopper(user_id=user.pk), item.book_id, item.quantity)
        except (Conflict, NotFound):
            left_out.append(item.title)
    return left_out
