"""Acts on the lines of a shopper's carts."""

from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bookstore.core.prepared import prepared
from bookstore.core.writing import insert, write_columns
from cart import metrics
from cart.exceptions import (
    CartBookOutOfStock,
    CartItemForbidden,
    CartItemLimit,
    CartItemNotFound,
    CartLocked,
    CartOfferInactive,
    CartPriceChanged,
    CartQuantityLimit,
)
from cart.models import Cart, CartItem, CartStatus
from cart.services.guests import note_use
from cart.services.shoppers import Shopper, lock_shoppers
from catalog.exceptions import BookNotFound, OfferNotFound
from catalog.models import Book, Offer, OfferQuerySet

log = structlog.get_logger(__name__)


@transaction.atomic
def add_item(
    shopper: Shopper,
    book_id: int,
    quantity: int = 1,
    *,
    offer_id: int | None = None,
    seller_id: int | None = None,
    expected_price: Decimal | None = None,
) -> CartItem:
    """
    Put copies of a book into the shopper's cart at its seller; a line that is there grows, its snapshot is renewed.

    Without `offer_id` or `seller_id` it is the best offer in stock. More copies than are in stock are kept, and told.
    Locks: the shopper. Raises: BookNotFound, OfferNotFound, CartOfferInactive, CartBookOutOfStock, CartQuantityLimit,
    CartItemLimit; CartPriceChanged where the price is not the one expected; Busy where a sign-in was quicker.
    """
    lock_shoppers(shopper)
    offer = offer_to_buy(book_id, offer_id, seller_id)
    item = line_for(active_cart(shopper, offer.seller_id), offer)
    is_new = item.pk is None
    write_line(item, item.quantity + quantity, expected_price)
    if not is_new:
        metrics.CONFLICTS.inc()
    tell("cart.added", shopper, item, metrics.ADDED)
    return item


@transaction.atomic
def set_quantity(shopper: Shopper, item_id: int, quantity: int) -> CartItem:
    """
    Make a line one of so many copies, and renew its snapshot.

    Locks: the shopper. Raises: CartItemNotFound, CartItemForbidden, CartLocked, CartOfferInactive, CartQuantityLimit.
    """
    lock_shoppers(shopper)
    item = _line(shopper, item_id)
    write_line(item, quantity)
    tell("cart.updated", shopper, item, metrics.UPDATED)
    return item


@transaction.atomic
def remove_item(shopper: Shopper, item_id: int) -> None:
    """
    Take a line out.

    Locks: the shopper. Raises: CartItemNotFound, CartItemForbidden, CartLocked.
    """
    lock_shoppers(shopper)
    item = _line(shopper, item_id)
    CartItem.objects.filter(pk=item.pk).delete()
    touch(item.cart)
    tell("cart.removed", shopper, item, metrics.REMOVED)


@transaction.atomic
def empty_carts(shopper: Shopper) -> None:
    """
    Cancel the shopper's active carts; those being paid for stay.

    Locks: the shopper, then the carts.
    """
    lock_shoppers(shopper)
    for cart in shopper.carts.active().locked():
        cart.status = CartStatus.CANCELLED
        touch(cart, "status")
        log.info("cart.cancelled", **shopper.for_log, cart_id=cart.pk)


def active_cart(shopper: Shopper, seller_id: int) -> Cart:
    """
    Return the shopper's active cart at a seller, one that is still to `begin` where there is none.

    The shopper's lock must be held. Raises: Busy for a guest who has signed in meanwhile.
    """
    if shopper.user_id:
        found = active_carts_of_user(shopper.user_id, seller_id)
    else:
        found = list(shopper.carts.active().filter(seller=seller_id))
    if shopper.guest_id:
        note_use(shopper.guest_id)
    return found[0] if found else Cart(**shopper.columns, seller_id=seller_id)


@prepared
def active_carts_of_user(user_id: int, seller_id: int) -> QuerySet[Cart]:
    return Cart.objects.active().filter(user=user_id, seller=seller_id)


def begin(cart: Cart) -> None:
    """Write a new cart."""
    insert(cart)
    transaction.on_commit(metrics.CREATED.inc)


def line_for(cart: Cart, offer: Offer) -> CartItem:
    """Return the cart's line of an offer, not saved yet where there is none. Raises: CartItemLimit."""
    lines = {item.offer_id: item for item in lines_of(cart.pk)} if cart.pk else {}
    if offer.pk not in lines and len(lines) >= settings.CART_MOST_LINES:
        raise refused(CartItemLimit(limit=settings.CART_MOST_LINES))
    item = lines.get(offer.pk) or CartItem(quantity=0)
    item.cart, item.offer = cart, offer
    return item


@prepared
def lines_of(cart_id: int) -> QuerySet[CartItem]:
    return CartItem.objects.filter(cart=cart_id)


def write_line(item: CartItem, quantity: int, expected_price: Decimal | None = None) -> None:
    """
    Save a line with so many copies, at the price asked now, and its cart. The shopper's lock must be held.

    Raises: CartOfferInactive, CartQuantityLimit; CartPriceChanged where the price is not the one expected.
    """
    if not item.is_offered:
        raise refused(CartOfferInactive())
    if expected_price is not None and expected_price != item.offer.price:
        raise refused(CartPriceChanged(expected_price=f"{expected_price:.2f}", current_price=f"{item.offer.price:.2f}"))
    if quantity > settings.CART_MOST_COPIES:
        raise refused(CartQuantityLimit(limit=settings.CART_MOST_COPIES, quantity=item.quantity))
    item.quantity = quantity
    item.price, item.currency, item.captured_at = item.offer.price, item.offer.currency, timezone.now()
    cart = item.cart
    if cart.pk is None:
        begin(cart)
    else:
        touch(cart)
    if item.pk is None:
        item.cart = cart  # which has its id by now
        insert(item)
    else:
        write_columns([item], ["quantity", "price", "currency", "captured_at"])


def touch(cart: Cart, *fields: str) -> None:
    """Save these fields of a cart, and that it has changed."""
    cart.updated_at = timezone.now()
    write_columns([cart], [*fields, "updated_at"])


def offer_to_buy(book_id: int, offer_id: int | None = None, seller_id: int | None = None) -> Offer:
    """
    Return the offer that a new line is of: the one that is named or that seller's, else the best in stock.

    Raises: BookNotFound, OfferNotFound, CartOfferInactive, CartBookOutOfStock.
    """
    if offer_id is None and seller_id is None:
        offer = next(iter(best_offers(book_id, settings.STORE_CURRENCY)), None)
    else:
        named = Q() if offer_id is None else Q(pk=offer_id)
        offer = standing_offers(book_id).filter(named if seller_id is None else named & Q(seller=seller_id)).first()
        if offer and not offer.is_shown:
            raise refused(CartOfferInactive())
    if offer is None:
        if not Book.objects.public().filter(pk=book_id).exists():
            raise BookNotFound
        raise CartBookOutOfStock if offer_id is None and seller_id is None else OfferNotFound
    if offer.stock_quantity == 0:
        raise CartBookOutOfStock
    return offer


def standing_offers(book_id: int) -> OfferQuerySet:
    offers = Offer.objects.standing().filter(book=book_id)
    return offers.select_related("book", "seller").defer("book__description")


@prepared
def best_offers(book_id: int, currency: str) -> QuerySet[Offer]:
    return standing_offers(book_id).shown(currency).best_first()[:1]


def _line(shopper: Shopper, item_id: int) -> CartItem:
    item = CartItem.objects.with_terms().filter(pk=item_id).first()
    if item is None:
        raise CartItemNotFound
    if not shopper.owns(item.cart):
        raise CartItemForbidden
    if item.cart.status == CartStatus.LOCKED:
        raise refused(CartLocked())
    if item.cart.status != CartStatus.ACTIVE:
        raise CartItemNotFound
    return item


def refused(error: Any) -> Any:
    """Count a refusal that the state of the cart is the reason for."""
    metrics.CONFLICTS.inc()
    return error


def tell(event: str, shopper: Shopper, item: CartItem, counter: Any) -> None:
    """Log and count a change of a line, once it is committed."""

    def write() -> None:
        counter.inc()
        log.info(
            event,
            **shopper.for_log,
            cart_id=item.cart_id,
            book_id=item.offer.book_id,
            offer_id=item.offer_id,
            quantity=item.quantity,
        )

    transaction.on_commit(write)
