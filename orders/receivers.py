"""What orders do when accounts speak."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.services import account_closing, personal_data_collected
from orders import services
from orders.models import Order


@receiver(personal_data_collected)
def collect_orders(user: User, **kwargs: Any) -> dict[str, Any]:
    """Hand out what the account has bought."""
    orders = Order.objects.placed_by(user).order_by("pk").with_lines().prefetch_related("refunds")
    return {"orders": [_told(order) for order in orders]}


def _told(order: Order) -> dict[str, Any]:
    columns = (
        "number status created_at items_total shipping_total tax_rate tax_total total_price refunded_amount currency "
        "shipping_address payment_provider payment_status payment_reference carrier tracking"
    ).split()
    return {
        **{column: getattr(order, column) for column in columns},
        "items": [
            {name: getattr(item, name) for name in ("title", "byline", "isbn", "seller_name", "quantity", "unit_price")}
            for item in order.items.all()
        ],
        "timeline": [{"what": event.kind, "at": event.at} for event in order.events.all()],
        "refunds": [
            {"amount": refund.amount, "status": refund.status, "created_at": refund.created_at}
            for refund in order.refunds.all()
        ],
    }


@receiver(account_closing)
def forget_shopper(user: User, **kwargs: Any) -> None:
    """Leave no name on what was bought."""
    services.forget_shopper(user)
