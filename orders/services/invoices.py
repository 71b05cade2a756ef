"""Invoices, whose numbers follow one another without a gap."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from bookstore.core import advisory
from bookstore.core.prepared import prepared
from bookstore.core.writing import insert
from orders.exceptions import OrderNotPaid
from orders.models import Invoice, Order, PaymentStatus

LOCK = "invoice numbers"


def issue_invoice(order: Order) -> Invoice:
    """
    Return the invoice of an order that was paid, and write it where there is none yet.

    Locks: as `_write_invoice`. Raises: OrderNotPaid.
    """
    if known := invoices_of(order.pk):
        return known[0]
    if order.payment_status != PaymentStatus.SUCCEEDED:
        raise OrderNotPaid
    return _write_invoice(order)


@transaction.atomic(durable=True)
def _write_invoice(order: Order) -> Invoice:
    """Write an invoice in a transaction of its own: whoever wants a number waits for its end. Locks: the numbers."""
    advisory.lock([LOCK])
    if known := invoices_of(order.pk):
        return known[0]
    newest = newest_invoices()
    invoice = Invoice(order=order, number=newest[0].number + 1 if newest else 1, issuer=issuer())
    insert(invoice)
    return invoice


@prepared
def invoices_of(order_id: int) -> QuerySet[Invoice]:
    return Invoice.objects.filter(order=order_id)


@prepared
def newest_invoices() -> QuerySet[Invoice]:
    return Invoice.objects.order_by("-number")[:1]


def issuer() -> str:
    """Return who sells, as an invoice names it: the shop's name, address and tax number, a line each."""
    lines = [settings.STORE_NAME, *settings.STORE_ADDRESS.split("|"), settings.STORE_TAX_ID]
    return "\n".join(line.strip() for line in lines if line.strip())
