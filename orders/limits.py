"""How many payments may be declined before the till closes for a while, at whichever door."""

from contextlib import suppress

from bookstore.core.errors import TooMany
from bookstore.core.rate_limits import AnyRequest, ensure_left, spend
from orders import services
from orders.models import Order, OrderStatus
from orders.services import CheckoutRequest, Purchase

RULE = "payment"


def check_out_within_limits(request: AnyRequest, wanted: CheckoutRequest) -> Purchase:
    """
    Buy what is in the carts of whoever is signed in, unless too many payments were declined lately.

    What has a key that made an order is asked again freely. Raises: TooMany, and as `services.check_out`.
    """
    try:
        ensure_left(RULE, request, str(request.user.pk))
    except TooMany:
        if not (wanted.call and Order.objects.placed_by(request.user).filter(checkout_key=wanted.call.key).exists()):
            raise
    purchase = services.check_out(request.user, wanted)
    if purchase.order.status == OrderStatus.PAYMENT_FAILED and not purchase.is_repeat:
        with suppress(TooMany):  # it is the next one that is refused
            spend(RULE, request, str(request.user.pk))
    return purchase
