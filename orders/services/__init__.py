"""
Every write that changes an order, from the till on.

Locks, in this order: the shopper (advisory), the order, its carts, the offers by id, their books, their prebooks.
"""

from orders.services.checkout import CheckoutRequest, Purchase, check_out, reserve
from orders.services.refunds import carry_out_refund
from orders.services.settling import recover, settle

__all__ = ["CheckoutRequest", "Purchase", "carry_out_refund", "check_out", "recover", "reserve", "settle"]
