"""What an invoice says, for the page that prints and for the PDF alike."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from catalog.isbn import hyphenated
from catalog.prices import format_price
from orders.models import Invoice, Order, OrderItem, Refund

LONGEST_BYLINE = 160  # characters; title and ISBN say which book it is, and fifty names would fill a page


@dataclass(frozen=True)
class Sum:
    """A line below the books: what it is, and how much in words of money."""

    label: str
    amount: str
    is_total: bool = False


@dataclass(frozen=True)
class Line:
    """Copies of one book."""

    title: str
    details: list[str]
    quantity: int
    unit_price: str
    total: str


@dataclass(frozen=True)
class Content:
    """All of an invoice, in the order in which it is printed."""

    number: int
    issued_at: datetime
    order_number: str
    ordered_at: datetime
    issuer: list[str]
    recipient: list[str]
    lines: list[Line]
    sums: list[Sum]
    refunds: list[Sum]

    @property
    def title(self) -> str:
        return _("Invoice %(number)d") % {"number": self.number}


def content_of(invoice: Invoice) -> Content:
    """
    Return what an invoice says; what was given back since stands below it, as there are no credit notes.

    Of somebody who has closed the account there is no name any more.
    """
    refunds = Prefetch("refunds", Refund.objects.order_by("pk"))
    order = Order.objects.select_related("user").prefetch_related("items", refunds).get(pk=invoice.order_id)
    issuer, items = invoice.issuer.splitlines(), list(order.items.all())
    names_sellers = {item.seller_name for item in items} != {issuer[0]}
    return Content(
        number=invoice.number,
        issued_at=invoice.issued_at,
        order_number=order.number,
        ordered_at=order.created_at,
        issuer=issuer,
        recipient=order.address_lines or ([order.user.get_full_name()] if order.user else []),
        lines=[_line(order, item, names_sellers) for item in items],
        sums=_sums(order),
        refunds=_refunds(order),
    )


def _line(order: Order, item: OrderItem, names_seller: bool) -> Line:
    details = [Truncator(item.byline).chars(LONGEST_BYLINE), item.isbn and f"ISBN {hyphenated(item.isbn)}"]
    if names_seller:
        details.append(_("Sold by %(seller)s") % {"seller": item.seller_name})
    return Line(
        item.title,
        [detail for detail in details if detail],
        item.quantity,
        format_price(item.unit_price, order.currency),
        format_price(item.line_total, order.currency),
    )


def _sums(order: Order) -> list[Sum]:
    def money(amount: Decimal) -> str:
        return format_price(amount, order.currency)

    sums = [Sum(_("Books"), money(order.items_total)), Sum(_("Delivery"), money(order.shipping_total))]
    sums.append(Sum(_("Total, paid"), money(order.total_price), is_total=True))
    if order.tax_rate:
        rate = f"{order.tax_rate.normalize():f}"
        sums.append(Sum(_("Tax contained, %(rate)s %%") % {"rate": rate}, money(order.tax_total)))
    return sums


def _refunds(order: Order) -> list[Sum]:
    refunds = [
        Sum(
            _("Refund of %(date)s") % {"date": date_format(refund.created_at)},
            f"−{format_price(refund.amount, order.currency)}",
        )
        for refund in order.refunds.all()
    ]
    if refunds:
        left = format_price(order.refundable_amount, order.currency)
        refunds.append(Sum(_("Paid, less refunds"), left, is_total=True))
    return refunds
