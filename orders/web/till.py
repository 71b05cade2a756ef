"""What the till shows before anything is bought. Nothing here writes."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from accounts.models import User
from cart.models import Availability, CartItem, PriceChange
from cart.reading import Part, cart_of
from cart.services import Shopper
from orders.services.pricing import Totals, totals_of


@dataclass
class Till:
    """A shopper's active carts as a checkout would find them, and the orders that hold the others."""

    parts: list[Part]
    held_by: list[str]
    is_locked: bool

    @cached_property
    def items(self) -> list[CartItem]:
        return [item for part in self.parts for item in part.items]

    @cached_property
    def faulty(self) -> list[CartItem]:
        """Lines that cannot be bought as they are."""
        return [item for item in self.items if item.availability != Availability.OK]

    @cached_property
    def risen(self) -> list[CartItem]:
        """Lines that cost more than the shopper was shown."""
        return [item for item in self.items if item.is_offered and item.price_change == PriceChange.RISEN]

    @cached_property
    def totals(self) -> Totals:
        """What everything costs now."""
        return totals_of(sum((item.current_total for item in self.items), Decimal(0)))

    @property
    def total_words(self) -> str:
        return f"{self.totals.total:.2f}"

    @property
    def seen(self) -> str:
        """Which copies the page shows, so that nothing else is bought by its button."""
        return " ".join(f"{offer_id}x{quantity}" for offer_id, quantity in self.copies.items())

    @cached_property
    def copies(self) -> dict[int, int]:
        """How many of which offers there are."""
        return {item.offer_id: item.quantity for item in self.items}

    def find(self, item_id: int | None) -> CartItem | None:
        return next((item for item in self.items if item.pk == item_id), None)


def till_of(user: User) -> Till:
    """Return what that user would buy now."""
    parts = cart_of(Shopper(user_id=user.pk)).parts
    locked = [part for part in parts if part.is_locked]
    held_by = list(dict.fromkeys(part.cart.held_by for part in locked if part.cart.held_by))
    return Till([part for part in parts if part.items and not part.is_locked], held_by, bool(locked))
