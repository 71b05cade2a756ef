"""The admin of orders: find them, send them, give money back, see what the provider makes of it."""

from orders.admin.money import InvoiceAdmin, RefundAdmin
from orders.admin.orders import OrderAdmin

__all__ = ["InvoiceAdmin", "OrderAdmin", "RefundAdmin"]
