"""
Every write that changes an order, from the till on.

Locks, in this order: the shopper (advisory), the order, its carts, the offers by id, their books, their prebooks.
"""

from orders.services.buying_again import buy_again
from orders.services.checkout import CheckoutRequest, Purchase, check_out, reserve
from orders.services.closing import forget_shopper
from orders.services.invoices import issue_invoice
from orders.services.life import cancel_order, deliver_order, ship_order
from orders.services.notes import add_note
from orders.services.packing import claim_order, give_back_order, note_slips
from orders.services.payouts import carry_out_refund, retry_refund, settle_refund_by_hand
from orders.services.refunds import refund_order
from orders.services.settling import recover, settle
from orders.services.telling import tell_shopper
from orders.services.together import refresh_bought_together

__all__ = [
    "CheckoutRequest",
    "Purchase",
    "add_note",
    "buy_again",
    "cancel_order",
    "carry_out_refund",
    "check_out",
    "claim_order",
    "deliver_order",
    "forget_shopper",
    "give_back_order",
    "issue_invoice",
    "note_slips",
    "recover",
    "refresh_bought_together",
    "refund_order",
    "reserve",
    "retry_refund",
    "settle",
    "settle_refund_by_hand",
    "ship_order",
    "tell_shopper",
]
