"""What a guest's carts become when the guest turns out to have an account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cart.models import Cart, CartItem, CartStatus, Guest
from cart.services.lines import touch
from cart.services.shoppers import Shopper, lock_shoppers

log = structlog.get_logger(__name__)


@dataclass
class Merged:
    """What an account's carts gained: copies by offer."""

    copies: dict[int, int] = field(default_factory=dict)


@transaction.atomic
def merge_guest(guest_id: int, user_id: int) -> Merged:
    """
    Bring a guest's carts into the account's and spend the guest's token; done once, a repeat does nothing.

    Copies of one offer add up, as far as one line may have; of two snapshots the later stays. No line is dropped, even
    where the cart gets more than may be added to it. Carts that are locked go over as they are.
    Locks: the two shoppers, then the guest's carts.
    """
    guest, account = Shopper(guest_id=guest_id), Shopper(user_id=user_id)
    lock_shoppers(guest, account)
    merged = Merged()
    if not Guest.objects.known().filter(pk=guest_id).update(spent_at=timezone.now()):
        return merged
    own = {cart.seller_id: cart for cart in account.carts.active().prefetch_related("items")}
    for cart in guest.carts.open().locked().prefetch_related("items"):
        if cart.status == CartStatus.ACTIVE and cart.seller_id in own:
            merge_lines(cart, own[cart.seller_id], merged)
            touch(cart, "status")
        else:
            _hand_over(cart, account, merged)
    if merged.copies:
        log.info("cart.merged", **account.for_log, guest=guest_id, copies=sum(merged.copies.values()))
    return merged


def _hand_over(cart: Cart, account: Shopper, merged: Merged) -> None:
    cart.user_id, cart.guest_id = account.user_id, None
    touch(cart, "user", "guest")
    if cart.status == CartStatus.ACTIVE:
        merged.copies |= {item.offer_id: item.quantity for item in cart.items.all()}


def merge_lines(cart: Cart, own: Cart, merged: Merged) -> None:
    """
    Bring a cart's lines into another, both prefetched, as `merge_guest` says; the cart is then CANCELLED, not saved.
    """
    lines = {item.offer_id: item for item in own.items.all()}
    for item in cart.items.all():
        line = lines.get(item.offer_id)
        if line is None:
            item.cart = own
            item.save(update_fields=["cart"])
            merged.copies[item.offer_id] = item.quantity
            continue
        before = line.quantity
        line.quantity = max(before, min(before + item.quantity, settings.CART_MOST_COPIES))
        if item.captured_at > line.captured_at:
            line.price, line.currency, line.captured_at = item.price, item.currency, item.captured_at
        line.save()
        merged.copies[item.offer_id] = line.quantity - before
    cart.status = CartStatus.CANCELLED
    touch(own)


@transaction.atomic
def undo_merge(user_id: int, copies: Mapping[int, int]) -> None:
    """
    Take out again what a merge brought, `{offer id: copies}`, as far as it is still there.

    Locks: the shopper.
    """
    account = Shopper(user_id=user_id)
    lock_shoppers(account)
    carts = account.carts.active()
    for item in _lines(carts, copies):
        item.quantity -= copies[item.offer_id]
        if item.quantity > 0:
            item.save(update_fields=["quantity"])
        else:
            CartItem.objects.filter(pk=item.pk).delete()
        touch(item.cart)
    log.info("cart.merge_undone", **account.for_log)


def _lines(carts: Iterable[Cart], copies: Mapping[int, int]) -> Iterable[CartItem]:
    return CartItem.objects.filter(cart__in=carts, offer__in=copies).select_related("cart").order_by("pk")
