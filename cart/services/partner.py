"""One seller's cart, by its id: what partners' services and shoppers do with a cart they hold in hand."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from accounts.exceptions import UserNotFound
from accounts.models import User
from bookstore.core.errors import Denied
from cart import metrics
from cart.exceptions import CartItemNotFound, CartLocked, CartNotFound, CartStatusTransition
from cart.models import Cart, CartItem, CartQuerySet, CartStatus
from cart.services.lines import active_cart, add_item, begin, line_for, offer_to_buy, refused, tell, touch, write_line
from cart.services.shoppers import Shopper, lock_shoppers
from catalog.exceptions import SellerNotFound
from catalog.models import Seller

log = structlog.get_logger(__name__)

ALLOWED = {
    (CartStatus.ACTIVE, CartStatus.LOCKED),
    (CartStatus.LOCKED, CartStatus.ACTIVE),
    (CartStatus.LOCKED, CartStatus.CHECKED_OUT),
    (CartStatus.ACTIVE, CartStatus.CANCELLED),
    (CartStatus.ACTIVE, CartStatus.ABANDONED),
}
NOT_FOR_SHOPPERS = {CartStatus.CHECKED_OUT, CartStatus.ABANDONED}


@dataclass(frozen=True)
class Caller:
    """Who speaks: a shopper for the own carts, or somebody trusted (staff who may, a service account) for any."""

    shopper: Shopper
    is_trusted: bool = False

    @property
    def carts(self) -> CartQuerySet:
        """The carts that the caller may see."""
        return Cart.objects.all() if self.is_trusted else self.shopper.carts

    def named(self, user_id: int | None) -> Shopper:
        """Return whom the caller means: itself, or an account. Raises: Denied for another's unless trusted."""
        if user_id is None or user_id == self.shopper.user_id:
            return self.shopper
        if not self.is_trusted:
            raise Denied
        return Shopper(user_id=user_id)


def caller_for(user: Any, shopper: Shopper) -> Caller:
    """Return who speaks, as an account or, where nobody is signed in, as a guest."""
    if getattr(user, "is_staff", False):
        return Caller(shopper, is_trusted=user.has_perm("cart.change_cart"))
    return Caller(shopper, is_trusted=getattr(user, "is_service", False))


def shopper_for(caller: Caller, user_id: int | None) -> Shopper:
    """
    Return the shopper for whom a caller begins something: itself, or an account that is there.

    Raises: Denied for another's id unless the caller is trusted, UserNotFound.
    """
    shopper = caller.named(user_id)
    if shopper != caller.shopper and not User.objects.filter(pk=user_id, is_active=True).exists():
        raise UserNotFound
    return shopper


def add_product(
    shopper: Shopper, seller_id: int, book_id: int, quantity: int, *, expected_price: Decimal | None = None
) -> CartItem:
    """
    Put copies of a book into the shopper's cart at this seller.

    Locks: the shopper. Raises: SellerNotFound, and as `add_item` does.
    """
    if not Seller.objects.filter(pk=seller_id).exists():
        raise SellerNotFound
    return add_item(shopper, book_id, quantity, seller_id=seller_id, expected_price=expected_price)


@transaction.atomic
def upsert_cart(shopper: Shopper, seller_id: int) -> tuple[Cart, bool]:
    """
    Return the shopper's active cart at a seller, and whether it was begun now.

    Locks: the shopper. Raises: SellerNotFound.
    """
    if not Seller.objects.filter(pk=seller_id).exists():
        raise SellerNotFound
    lock_shoppers(shopper)
    cart = active_cart(shopper, seller_id)
    is_new = cart.pk is None
    if is_new:
        begin(cart)
    return cart, is_new


def set_line(
    caller: Caller, cart_id: int, book_id: int, quantity: int, *, expected_price: Decimal | None = None
) -> Cart:
    """
    Make the cart's line of a book one of so many copies, whether there was one or not.

    Locks: the shopper, the cart. Raises: CartNotFound, CartLocked, CartStatusTransition, BookNotFound, OfferNotFound,
    CartBookOutOfStock for a new line, CartOfferInactive, CartQuantityLimit, CartItemLimit, CartPriceChanged.
    """

    def act(cart: Cart) -> None:
        item = _find_line(cart, book_id)
        event, counter = ("cart.updated", metrics.UPDATED) if item else ("cart.added", metrics.ADDED)
        item = item or line_for(cart, offer_to_buy(book_id, seller_id=cart.seller_id))
        write_line(item, quantity, expected_price)
        tell(event, owner_of(cart), item, counter)

    return _change(caller, cart_id, act)


def set_line_quantity(caller: Caller, cart_id: int, book_id: int, quantity: int) -> Cart:
    """
    Give a line that is there another number of copies, and renew its snapshot.

    Locks: the shopper, the cart. Raises: CartNotFound, CartLocked, CartStatusTransition, CartItemNotFound,
    CartOfferInactive, CartQuantityLimit.
    """

    def act(cart: Cart) -> None:
        item = _line_of(cart, book_id)
        write_line(item, quantity)
        tell("cart.updated", owner_of(cart), item, metrics.UPDATED)

    return _change(caller, cart_id, act)


def remove_line(caller: Caller, cart_id: int, book_id: int) -> Cart:
    """
    Take the line of a book out.

    Locks: the shopper, the cart. Raises: CartNotFound, CartLocked, CartStatusTransition, CartItemNotFound.
    """

    def act(cart: Cart) -> None:
        item = _line_of(cart, book_id)
        CartItem.objects.filter(pk=item.pk).delete()
        touch(cart)
        tell("cart.removed", owner_of(cart), item, metrics.REMOVED)

    return _change(caller, cart_id, act)


@transaction.atomic
def change_status(caller: Caller, cart_id: int, status: CartStatus) -> Cart:
    """
    Set a cart's status by hand.

    Locks: the shopper, the cart. Raises: CartNotFound; CartLocked for one that an order holds; Denied for what only
    staff and service accounts may set; CartStatusTransition for a change that is none of ALLOWED, and for unlocking
    beside a newer active cart.
    """
    cart = _locked(caller, cart_id)
    if cart.held_by:
        raise refused(CartLocked())
    if status in NOT_FOR_SHOPPERS and not caller.is_trusted:
        raise Denied
    if (cart.status, status) not in ALLOWED:
        raise CartStatusTransition(cart_status=cart.status)
    cart.status = status
    try:
        with transaction.atomic():
            touch(cart, "status")
    except IntegrityError as error:  # the shopper has begun another
        raise CartStatusTransition(cart_status=CartStatus.LOCKED) from error
    log.info("cart.status", **owner_of(cart).for_log, cart_id=cart.pk, status=status)
    return cart


def owner_of(cart: Cart) -> Shopper:
    return Shopper(user_id=cart.user_id, guest_id=cart.guest_id)


@transaction.atomic
def _change(caller: Caller, cart_id: int, act: Callable[[Cart], None]) -> Cart:
    cart = _locked(caller, cart_id)
    if cart.status == CartStatus.LOCKED:
        raise refused(CartLocked())
    if cart.status != CartStatus.ACTIVE:
        raise CartStatusTransition(cart_status=cart.status)
    act(cart)
    return cart


def _locked(caller: Caller, cart_id: int) -> Cart:
    """Lock a cart and whose it is; a guest's may become an account's while we wait, and is then looked at again."""
    while True:
        cart = caller.carts.filter(pk=cart_id).first()
        if cart is None:
            raise CartNotFound
        lock_shoppers(owner_of(cart))
        again = caller.carts.filter(pk=cart_id).locked().first()
        if again and owner_of(again) == owner_of(cart):
            return again


def _line_of(cart: Cart, book_id: int) -> CartItem:
    item = _find_line(cart, book_id)
    if item is None:
        raise CartItemNotFound
    return item


def _find_line(cart: Cart, book_id: int) -> CartItem | None:
    item = cart.items.with_terms().filter(offer__book=book_id).first()
    if item:
        item.cart = cart
    return item
