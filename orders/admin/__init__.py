"""The admin of orders: find, pack and send them, give money back, see what the provider makes of it."""

from orders.admin.money import InvoiceAdmin, RefundAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.packing import OrderToPackAdmin

__all__ = ["InvoiceAdmin", "OrderAdmin", "OrderToPackAdmin", "RefundAdmin"]
