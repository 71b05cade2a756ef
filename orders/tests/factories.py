"""Shoppers who have something in their cart."""

from decimal import Decimal
from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.tests.factories import UserFactory
from bookstore.core.idempotency import Call
from cart.services import Shopper, add_item
from catalog.models import Offer
from catalog.tests.factories import OfferFactory
from orders.models import Order
from orders.payment import Means
from orders.services import CheckoutRequest, check_out

PAYS = Means("tok_ok")
IS_DECLINED = Means("tok_declined")

ADDRESS = {
    "full_name": "Ada Reader",
    "line1": "1 Page Street",
    "line2": "",
    "postal_code": "10115",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "phone": "",
}


def offer_of(copies: int = 5, price: str = "10.00", **fields: Any) -> Offer:
    """Return an offer of so many copies, whose movements add up to them."""
    return OfferFactory.create(stock_quantity=copies, price=Decimal(price), **fields)


def shopper_with(*offers: Offer, quantity: int = 1) -> User:
    """Return a user with copies of these offers in the cart."""
    user = UserFactory.create()
    fill(user, *offers, quantity=quantity)
    return user


def fill(user: User, *offers: Offer, quantity: int = 1) -> None:
    """Put copies of each offer into the user's cart."""
    for offer in offers:
        add_item(Shopper(user_id=user.pk), offer.book_id, quantity, offer_id=offer.pk)


def paying(**wanted: Any) -> CheckoutRequest:
    """Return a checkout that pays."""
    return CheckoutRequest(means=PAYS, **wanted)


def call_of(user: User, key: str = "key-1") -> Call:
    """Return the request of a checkout with an idempotency key."""
    return Call(f"user:{user.pk}", key, "POST", "/api/v1/orders/checkout", "same")


def bought(*offers: Offer, quantity: int = 1, **wanted: Any) -> Order:
    """Return an order that somebody placed and paid."""
    return check_out(shopper_with(*offers, quantity=quantity), paying(**wanted)).order


def jobs(name: str) -> list[dict[str, Any]]:
    """Return what the waiting jobs of this name are about, oldest first."""
    waiting = ProcrastinateJob.objects.filter(task_name=f"orders.jobs.{name}", status="todo")
    return list(waiting.order_by("pk").values_list("args", flat=True))
