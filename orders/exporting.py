"""
Orders as a table for bookkeeping: a row for each line. It only goes out.

What belongs to the order as a whole stands in its first row alone, so that a column can be added up.
"""

from collections.abc import Iterator

from django.db.models import QuerySet

from bookstore.core.spreadsheets import Cell
from orders.models import Order, OrderItem

AT_ONCE = 1_000  # rows that are kept in memory
COLUMNS = (
    "order", "placed_at", "status", "payment", "email", "country", "isbn", "title", "seller", "quantity", "unit_price",
    "line_total", "refunded_quantity", "currency", "items_total", "shipping_total", "tax_rate", "tax_total",
    "total_price", "refunded_amount", "carrier", "tracking",
)  # fmt: skip
OF_THE_WHOLE = ("items_total", "shipping_total", "tax_total", "total_price", "refunded_amount")


def order_rows(orders: QuerySet[Order]) -> Iterator[list[Cell]]:
    """Yield the lines of orders, oldest order first, under COLUMNS; times are in UTC, money in the order's currency."""
    lines = OrderItem.objects.filter(order__in=orders.order_by()).select_related("order__user").order_by("order", "pk")
    order_id = None
    for line in lines.iterator(AT_ONCE):
        cells = _cells(line)
        if line.order_id == order_id:
            cells |= dict.fromkeys(OF_THE_WHOLE)
        order_id = line.order_id
        yield [cells[name] for name in COLUMNS]


def _cells(line: OrderItem) -> dict[str, Cell]:
    order = line.order
    of_line = ("isbn", "title", "quantity", "unit_price", "line_total", "refunded_quantity")
    return {
        "order": order.number,
        "placed_at": order.created_at,
        "payment": order.payment_status,
        "email": order.user.email if order.user else "",
        "country": (order.shipping_address or {}).get("country", ""),
        "seller": line.seller_name,
        **{name: getattr(line, name) for name in of_line},
        **{name: getattr(order, name) for name in ("status", "currency", "tax_rate", "carrier", "tracking")},
        **{name: getattr(order, name) for name in OF_THE_WHOLE},
    }
