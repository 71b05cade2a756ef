"""What was bought, paid, sent and given back; models of the parts, too."""

from orders.models.events import EventKind, OrderEvent
from orders.models.invoices import Invoice
from orders.models.numbers import LETTERS, as_number, new_number
from orders.models.orders import Order, OrderItem, OrderQuerySet, OrderToPack, address_lines
from orders.models.refunds import Refund, RefundLine, RefundReason, RefundStatus
from orders.models.statuses import FINISHED, PATIENCE, OrderStatus, PaymentStatus
from orders.packing.claims import Packing
from orders.payment.ledger import MockCharge, MockRefund
from orders.together import BoughtTogether

__all__ = [
    "BoughtTogether",
    "EventKind",
    "FINISHED",
    "Invoice",
    "LETTERS",
    "MockCharge",
    "MockRefund",
    "Order",
    "OrderEvent",
    "OrderItem",
    "OrderQuerySet",
    "OrderStatus",
    "OrderToPack",
    "PATIENCE",
    "Packing",
    "PaymentStatus",
    "Refund",
    "RefundLine",
    "RefundReason",
    "RefundStatus",
    "address_lines",
    "as_number",
    "new_number",
]
