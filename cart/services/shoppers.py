"""Whose cart it is."""

from dataclasses import dataclass
from typing import Any

from bookstore.core import advisory
from cart.models import Cart, CartQuerySet


@dataclass(frozen=True)
class Shopper:
    """An account or a guest, by id; neither is somebody who has nothing yet."""

    user_id: int | None = None
    guest_id: int | None = None

    @property
    def key(self) -> str:
        """The name by which idempotency keys and locks know the shopper."""
        return f"user:{self.user_id}" if self.user_id else f"guest:{self.guest_id}"

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a cart that say whose it is."""
        return {"user_id": self.user_id, "guest_id": self.guest_id}

    @property
    def carts(self) -> CartQuerySet:
        if self.user_id is None and self.guest_id is None:
            return Cart.objects.none()
        return Cart.objects.filter(**self.columns)

    def owns(self, cart: Cart) -> bool:
        return (cart.user_id, cart.guest_id) == (self.user_id, self.guest_id)

    @property
    def for_log(self) -> dict[str, Any]:
        return {"user_id": self.user_id} if self.user_id else {"guest": self.guest_id}


def lock_shoppers(*shoppers: Shopper) -> None:
    """
    Make what follows in this transaction the only change of these shoppers' carts.

    Locks: advisory, the shoppers ascending, until the transaction ends.
    Raises: OperationalError after `lock_timeout` (shown as Busy).
    """
    advisory.lock(f"shopper {shopper.key}" for shopper in shoppers)
