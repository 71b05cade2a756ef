"""
Every write that changes what shoppers mean to buy.

Locks, in this order: the shopper (advisory; of two, ascending), then carts by id. Everything about one shopper's carts
is decided under the shopper's lock, so two requests of one shopper follow one another, and those of others never wait.
"""

from cart.services.guests import add_guest, find_guest, is_new_token, new_token
from cart.services.holding import check_out_carts, give_back_carts, hold_carts
from cart.services.lines import add_item, empty_carts, remove_item, set_quantity
from cart.services.merging import Merged, merge_guest, undo_merge
from cart.services.partner import (
    Caller,
    add_product,
    caller_for,
    change_status,
    remove_line,
    set_line,
    set_line_quantity,
    shopper_for,
    upsert_cart,
)
from cart.services.shoppers import Shopper, lock_shoppers

__all__ = [
    "Caller",
    "Merged",
    "Shopper",
    "add_guest",
    "add_item",
    "add_product",
    "caller_for",
    "change_status",
    "check_out_carts",
    "empty_carts",
    "find_guest",
    "give_back_carts",
    "hold_carts",
    "is_new_token",
    "lock_shoppers",
    "merge_guest",
    "new_token",
    "remove_item",
    "remove_line",
    "set_line",
    "set_line_quantity",
    "set_quantity",
    "shopper_for",
    "undo_merge",
    "upsert_cart",
]
