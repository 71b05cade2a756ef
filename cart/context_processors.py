from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bookstore.core.errors import DomainError
from cart.identity import known_shopper


def cart(request: HttpRequest) -> dict[str, Any]:
    """How many copies stand in the cart, for the header of every page; asked for only where it is shown."""
    return {"cart_copies": SimpleLazyObject(lambda: copies_of(request))}


def copies_of(request: HttpRequest) -> int:
    try:
        shopper = known_shopper(request) if hasattr(request, "user") else None
    except DomainError:
        return 0
    return shopper.carts.open().aggregate(copies=Sum("items__quantity", default=0))["copies"] if shopper else 0
