"""What is left of orders once their shopper is gone: what was bought, and no name."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from bookstore.core.errors import Denied
from cart.services import Shopper, lock_shoppers
from orders.models import FINISHED, Order, OrderEvent, OrderStatus


def forget_shopper(user: User) -> None:
    """
    Take from an account's orders what tells who it was, the staff's notes with it, as these may name anybody.

    Address and notes of what is still to be sent go once it is.
    For the transaction that deletes the account. Locks: the shopper, the orders by id. Raises: Denied while a payment
    is open, as the shop then could not say what became of the money.
    """
    lock_shoppers(Shopper(user_id=user.pk))
    mine = Order.objects.placed_by(user)
    statuses = set(mine.locked().values_list("status", flat=True))
    if OrderStatus.PENDING in statuses:
        raise Denied(_("A payment of yours is not decided yet. Please close the account in a few minutes."))
    mine.update(checkout_key="", checkout_fingerprint="")
    finished = mine.filter(status__in=FINISHED)
    OrderEvent.objects.notes().filter(order__in=finished).delete()
    finished.update(shipping_address=None)
