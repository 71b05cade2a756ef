"""Every write of wishlists that has a rule."""

from wishlist.services.drops import tell_price_drops
from wishlist.services.sharing import find_shared, share_wishlist, unshare_wishlist
from wishlist.services.wishes import (
    add_wish,
    keep_wish,
    put_back_wish,
    read_removal,
    removal_token,
    remove_wish,
)

__all__ = [
    "add_wish",
    "find_shared",
    "keep_wish",
    "put_back_wish",
    "read_removal",
    "removal_token",
    "remove_wish",
    "share_wishlist",
    "tell_price_drops",
    "unshare_wishlist",
]
