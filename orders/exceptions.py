"""What a purchase may refuse, and why."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Conflict, Invalid, NotFound


class OrderNotFound(NotFound):
    code = "ORDER_NOT_FOUND"
    message = _("There is no such order.")


class RefundNotFound(NotFound):
    code = "REFUND_NOT_FOUND"
    message = _("There is no such refund.")


class OrderCartEmpty(Invalid):
    status = HTTPStatus(422)
    code = "ORDER_CART_EMPTY"
    message = _("There is nothing in the cart.")


class OrderPaymentFailed(Invalid):
    """The money was not taken; `order_id` and `number` name the order that came to nothing."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "ORDER_PAYMENT_FAILED"
    message = _("The payment was declined. Your cart is as it was, and nothing was charged.")


class OrderNotCancellable(Conflict):
    """It is not paid, on its way already, or was cancelled before; `order_status` says which."""

    code = "ORDER_NOT_CANCELLABLE"
    message = _("This order can no longer be cancelled.")


class OrderStatusTransition(Conflict):
    """What was asked for does not follow on the order's status, which `order_status` says."""

    code = "ORDER_STATUS_TRANSITION"
    message = _("This cannot be done with an order that stands where this one does.")


class OrderPackedByAnother(Conflict):
    """Somebody else has taken it to pack."""

    code = "ORDER_PACKED_BY_ANOTHER"

    def __init__(self, packer: str):
        super().__init__(_("%(packer)s packs this order already.") % {"packer": packer})


class RefundTooLarge(Conflict):
    """More money than is left (`refundable_amount`), or more copies of a line than were bought and not refunded."""

    code = "REFUND_TOO_LARGE"
    message = _("That is more than can still be refunded.")


class RefundStatusTransition(Conflict):
    """Only a refund that the provider has refused is seen to by staff."""

    code = "REFUND_STATUS_TRANSITION"
    message = _("The provider has not refused this refund.")


class OrderNotPaid(Conflict):
    code = "ORDER_NOT_PAID"
    message = _("There is an invoice only for an order that was paid.")


class CartChanged(Conflict):
    """The cart is not what the page at the till showed."""

    code = "CART_CHANGED"
    message = _("Your cart has changed since this page was made. Please look at it once more.")


class CheckoutRefused(Conflict):
    """
    Lines that cannot be bought as things are now.

    `problems` is [{code, items}], every kind that applies; `code` and `items` repeat the first.
    """

    UNAVAILABLE = "ORDER_ITEMS_UNAVAILABLE"
    SHORT = "ORDER_INSUFFICIENT_STOCK"
    PRICE = "PRICE_CHANGED"

    messages = {
        UNAVAILABLE: _("Something in the cart is no longer offered."),
        SHORT: _("There are fewer copies than you want."),
        PRICE: _("It costs more now than what you have seen."),
    }
    code = "CONFLICT"

    def __init__(self, problems: Sequence[Mapping[str, Any]], **data: Any):
        first = problems[0]
        self.code = first["code"]
        super().__init__(self.messages[self.code], items=first["items"], problems=list(problems), **data)
