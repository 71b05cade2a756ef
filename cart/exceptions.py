"""What a cart may refuse, and why."""

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Conflict, Denied, NotFound


class CartNotFound(NotFound):
    code = "CART_NOT_FOUND"
    message = _("There is no such cart.")


class CartItemNotFound(NotFound):
    code = "CART_ITEM_NOT_FOUND"
    message = _("There is no such line in a cart.")


class CartItemForbidden(Denied):
    code = "CART_ITEM_FORBIDDEN"
    message = _("This line stands in somebody else's cart.")


class CartLocked(Conflict):
    """The cart is being paid for, or was locked by hand."""

    code = "CART_LOCKED"
    message = _("This cart is being paid for and cannot be changed now.")


class CartBookOutOfStock(Conflict):
    code = "CART_BOOK_OUT_OF_STOCK"
    message = _("There is no copy left of this book.")


class CartOfferInactive(Conflict):
    code = "CART_OFFER_INACTIVE"
    message = _("This offer no longer stands.")


class CartQuantityLimit(Conflict):
    """More copies in one line than are allowed; `limit` says how many are, `quantity` how many there are."""

    code = "CART_QUANTITY_LIMIT"
    message = _("So many copies do not go into a cart.")


class CartItemLimit(Conflict):
    """More lines in one cart than are allowed; `limit` says how many are."""

    code = "CART_ITEM_LIMIT"
    message = _("The cart is full. Buy or remove something first.")


class CartPriceChanged(Conflict):
    """The price that the caller expects is not the one asked now; `expected_price` and `current_price` say both."""

    code = "PRICE_CHANGED"
    message = _("The price of this book has changed.")


class CartStatusTransition(Conflict):
    """`status` says where the cart stands."""

    code = "CART_STATUS_TRANSITION"
    message = _("The cart cannot go from where it stands to that.")
