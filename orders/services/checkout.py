"""
The checkout, in three steps: reserve, charge, settle.

Reserve and settle are a transaction each; between them, while money moves, no lock and no connection is held. A process
that dies on the way loses nothing: `settling.recover` ends what it began.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from bookstore.core.connections import release_connection
from bookstore.core.errors import DomainError, as_busy
from bookstore.core.idempotency import Call, KeyReused, claim
from bookstore.core.prepared import among, prepared
from bookstore.core.writing import insert
from cart.exceptions import CartLocked, CartNotFound
from cart.models import Availability, Cart, CartItem, CartStatus, PriceChange
from cart.services import Shopper, hold_carts, lock_shoppers
from catalog.models import Offer
from catalog.services import take_stock
from orders import metrics
from orders.exceptions import CartChanged, CheckoutRefused, OrderCartEmpty
from orders.models import EventKind, Order, OrderItem, OrderStatus
from orders.payment import Means, NoAnswer, provider
from orders.services.pricing import Totals, totals_of
from orders.services.settling import recover, settle
from orders.services.timeline import record

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CheckoutRequest:
    """
    What a shopper asks for at the till.

    Without `cart_id` it is everything in the active carts. `expected_total`, in the store's currency, is the most that
    the shopper agreed to pay, `expected_copies`, by offer, all that they were shown. `call` is the request as its
    idempotency key knows it.
    """

    cart_id: int | None = None
    accepts_price_changes: bool = False
    expected_total: Decimal | None = None
    expected_copies: Mapping[int, int] | None = None
    shipping_address: Mapping[str, str] | None = None
    means: Means = Means()
    call: Call | None = None


@dataclass(frozen=True)
class Purchase:
    """An order as a checkout leaves it: CONFIRMED, PAYMENT_FAILED, or PENDING where the provider has not said yet."""

    order: Order
    is_repeat: bool = False


def check_out(user: User, wanted: CheckoutRequest) -> Purchase:
    """
    Buy what is in a shopper's carts.

    Asked again with the same key it is the same order, which is settled first where it was left undecided. Once there
    is an order it is what the shopper hears of: one that cannot be settled now, as a lock is not free or the database
    is away, is PENDING.
    Locks: as `reserve` and `settle`, one after the other; none while the provider is asked.
    Raises: CartNotFound, CartLocked, OrderCartEmpty, CartChanged, CheckoutRefused, KeyReused; InProgress while a twin
    still pays.
    """
    try:
        purchase = reserve(user, wanted)
    except DomainError:
        metrics.CHECKOUTS.labels("refused").inc()
        raise
    if purchase.order.status != OrderStatus.PENDING:
        return purchase
    try:
        return Purchase(_pay(purchase, wanted.means), purchase.is_repeat)
    except Exception as error:
        if not (isinstance(error, NoAnswer) or as_busy(error)):
            raise
        metrics.CHECKOUTS.labels("pending").inc()
        log.warning("checkout.undecided", order=purchase.order.number, user_id=user.pk, cause=repr(error))
        return purchase


def _pay(purchase: Purchase, means: Means) -> Order:
    order = purchase.order
    if purchase.is_repeat:
        return recover(order)
    release_connection()
    return settle(order, provider().charge(order.number, order.total_price, order.currency, means))


@transaction.atomic(durable=True)
def reserve(user: User, wanted: CheckoutRequest) -> Purchase:
    """
    Take the copies, write the order as PENDING and lock its carts; or return the order that this key has made.

    Locks: the shopper, the carts, the offers by id, their books. Raises: as `check_out`.
    """
    lock_shoppers(Shopper(user_id=user.pk))
    if wanted.call:
        for known in orders_with_key(user.pk, wanted.call.key):
            if known.checkout_fingerprint != wanted.call.fingerprint:
                raise KeyReused
            return Purchase(known, is_repeat=True)
        claim(wanted.call)
    items = _lines_to_buy(user, _open_carts(user.pk, wanted.cart_id))
    copies = {item.offer_id: item.quantity for item in items}
    if wanted.expected_copies not in (None, copies):
        raise CartChanged
    totals = totals_of(sum((item.current_price * item.quantity for item in items), Decimal(0)))
    _refuse_problems(items, totals, wanted)
    order = _write_order(user, wanted, totals, items)
    hold_carts(list({item.cart_id: item.cart for item in items}.values()), order.number)
    take_stock(copies, order_number=order.number, locked=[item.offer for item in items])
    log.info("checkout.reserved", order=order.number, user_id=user.pk, total=str(totals.total), lines=len(items))
    return Purchase(order)


@prepared
def orders_with_key(user_id: int, key: str) -> QuerySet[Order]:
    return Order.objects.filter(user=user_id, checkout_key=key).exclude(checkout_key="")


def _open_carts(user_id: int, cart_id: int | None) -> list[Cart]:
    """Lock and return the carts that are meant. Raises: CartNotFound."""
    if cart_id is None:
        return open_carts(user_id)
    if found := list(Cart.objects.filter(user=user_id, pk=cart_id).locked()):
        return found
    raise CartNotFound


@prepared
def open_carts(user_id: int) -> QuerySet[Cart]:
    return Cart.objects.open().filter(user=user_id).locked()


def _lines_to_buy(user: User, carts: Sequence[Cart]) -> list[CartItem]:
    """
    Return the active carts' lines with their offers as they are now that they are locked.

    Raises: OrderCartEmpty; CartLocked where what there is to buy is being paid for.
    """
    by_id = {cart.pk: cart for cart in carts if cart.status == CartStatus.ACTIVE}
    items = [item for item in active_lines(user.pk) if item.cart_id in by_id]
    if not items:
        raise CartLocked if any(cart.status == CartStatus.LOCKED for cart in carts) else OrderCartEmpty
    locked = {offer.pk: offer for offer in offers_for_sale([item.offer_id for item in items])}
    for item in items:
        offer = locked[item.offer_id]
        offer.book, offer.seller = item.offer.book, item.offer.seller
        item.cart, item.offer = by_id[item.cart_id], offer
    return items


@prepared
def active_lines(user_id: int) -> QuerySet[CartItem]:
    lines = CartItem.objects.filter(cart__user=user_id, cart__status=CartStatus.ACTIVE)
    return lines.select_related("offer__book", "offer__seller").defer("offer__book__description").order_by("pk")


@prepared
def offers_for_sale(ids: list[int]) -> QuerySet[Offer]:
    return Offer.objects.filter(among("pk", ids)).locked()


def _refuse_problems(items: Sequence[CartItem], totals: Totals, wanted: CheckoutRequest) -> None:
    """Raises: CheckoutRefused with every line that cannot be bought, and why."""
    gone = [item for item in items if item.availability == Availability.NOT_OFFERED]
    short = [item for item in items if item.availability in {Availability.SHORT, Availability.SOLD_OUT}]
    risen = [item for item in items if item.is_offered and item.price_change == PriceChange.RISEN]
    if wanted.expected_total is not None:
        costs_more = totals.total > wanted.expected_total
    else:
        costs_more = bool(risen) and not wanted.accepts_price_changes
    problems = [
        *_problem(CheckoutRefused.UNAVAILABLE, gone, lambda item: {}),
        *_problem(
            CheckoutRefused.SHORT,
            short,
            lambda item: {"requested": item.quantity, "available": item.available_quantity},
        ),
    ]
    if costs_more:
        prices = [
            _about(item, {"old_price": f"{item.price:.2f}", "new_price": f"{item.current_price:.2f}"}) for item in risen
        ]
        problems.append({"code": CheckoutRefused.PRICE, "items": prices})
    if problems:
        raise CheckoutRefused(problems, total_price=f"{totals.total:.2f}")


def _problem(code: str, items: Iterable[CartItem], say: Any) -> list[dict[str, Any]]:
    lines = [_about(item, say(item)) for item in items]
    return [{"code": code, "items": lines}] if lines else []


def _about(item: CartItem, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"book_id": item.offer.book_id, "offer_id": item.offer_id, "title": item.offer.book.title, **more}


def _write_order(user: User, wanted: CheckoutRequest, totals: Totals, items: Sequence[CartItem]) -> Order:
    order = Order(
        user=user,
        items_total=totals.items,
        shipping_total=totals.shipping,
        tax_rate=totals.tax_rate,
        tax_total=totals.tax,
        total_price=totals.total,
        currency=items[0].offer.currency,
        accepted_price_changes=wanted.accepts_price_changes,
        expected_total=wanted.expected_total,
        shipping_address=dict(wanted.shipping_address) if wanted.shipping_address else None,
        checkout_key=wanted.call.key if wanted.call else "",
        checkout_fingerprint=wanted.call.fingerprint if wanted.call else "",
        payment_provider=provider().name,
    )
    insert(order)
    lines = [
        OrderItem(
            order=order,
            offer=item.offer,
            book=item.offer.book,
            quantity=item.quantity,
            unit_price=item.current_price,
            shown_price=item.price,
            title=item.offer.book.title,
            byline=item.offer.book.byline,
            isbn=item.offer.book.isbn,
            seller_name=item.offer.seller.name,
        )
        for item in items
    ]
    insert(*lines)
    record(order, EventKind.PENDING)
    return order
