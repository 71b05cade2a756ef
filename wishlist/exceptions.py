"""What a wishlist may refuse, and why."""

from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Conflict, NotFound


class WishlistDuplicate(Conflict):
    code = "WISHLIST_DUPLICATE"
    message = _("This book is on your wishlist already.")


class WishNotFound(NotFound):
    code = "WISHLIST_ITEM_NOT_FOUND"
    message = _("This book is not on your wishlist.")


class SharedWishlistNotFound(NotFound):
    """The link is none, or was revoked."""

    code = "WISHLIST_NOT_FOUND"
    message = _("There is no such wishlist, or it is no longer shared.")
