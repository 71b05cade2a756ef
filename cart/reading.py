"""What a shopper sees of the carts. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from cart.exceptions import CartNotFound
from cart.models import Cart, CartItem, CartQuerySet, CartStatus
from cart.services import Shopper
from catalog.models import Seller


@dataclass
class Part:
    """One seller's cart with its lines."""

    cart: Cart
    items: list[CartItem]

    @property
    def seller(self) -> Seller:
        return self.cart.seller

    @property
    def is_locked(self) -> bool:
        return self.cart.status == CartStatus.LOCKED

    @property
    def copies(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def total(self) -> Decimal:
        """What the lines cost together at the prices that were shown."""
        return sum((item.line_total for item in self.items), Decimal(0))


@dataclass
class ShoppersCart:
    """All that a shopper means to buy: active carts, and those that are being paid for."""

    parts: list[Part]

    @cached_property
    def items(self) -> list[CartItem]:
        """All lines, in the order they were added."""
        return sorted((item for part in self.parts for item in part.items), key=lambda item: item.pk)

    @property
    def copies(self) -> int:
        return sum(part.copies for part in self.parts)

    @property
    def total(self) -> Decimal:
        return sum((part.total for part in self.parts), Decimal(0))

    @property
    def has_active_lines(self) -> bool:
        """Whether something in it can be bought, and is not being paid for already."""
        return any(part.items and not part.is_locked for part in self.parts)

    @property
    def price_changes(self) -> int:
        return sum(item.price_change is not None for item in self.items)


def cart_of(shopper: Shopper | None) -> ShoppersCart:
    """Return what somebody means to buy; empty for who has no cart, or is nobody yet."""
    return ShoppersCart(parts_of(shopper.carts.open().order_by("pk")) if shopper else [])


def parts_of(carts: CartQuerySet) -> list[Part]:
    """Return these carts with their lines, in two queries, in the order they have."""
    found = list(carts.select_related("seller"))
    lines: dict[int, list[CartItem]] = {cart.pk: [] for cart in found}
    if lines:
        for item in CartItem.objects.filter(cart__in=lines).with_terms():
            lines[item.cart_id].append(item)
    return [Part(cart, lines[cart.pk]) for cart in found]


def the_part(carts: CartQuerySet) -> Part:
    """Return the one cart that this is, with its lines. Raises: CartNotFound."""
    for part in parts_of(carts):
        return part
    raise CartNotFound


def parts_by_ids(carts: CartQuerySet, ids: Iterable[int]) -> list[Part]:
    """Return those of the carts that have one of these ids, in this order, each once."""
    ids = dict.fromkeys(ids)
    found = {part.cart.pk: part for part in parts_of(carts.filter(pk__in=ids))}
    return [found[pk] for pk in ids if pk in found]


def carts_of(
    shopper: Shopper, *, company_id: int | None = None, status: str | None = None, limit: int, offset: int
) -> list[Part]:
    """Return a shopper's carts, finished ones too, newest first."""
    carts = shopper.carts.order_by("-pk")
    if company_id is not None:
        carts = carts.filter(seller=company_id)
    if status is not None:
        carts = carts.filter(status=status)
    return parts_of(carts[offset : offset + limit])
