"""
How every act on offers is done.

Lock the offers, let the act decide on what was read under the lock, write what changed, bring the books' price
and availability up to date under their own lock, and write the movements last, so that whoever hears a
movement's `post_save` sees the truth.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookstore.core.trail import Values, record_all
from bookstore.core.writing import insert, write_columns
from catalog.exceptions import BookNotFound, FieldsInvalid, OfferNotFound
from catalog.models import Book, Delivery, MovementReason, Offer, StockMovement, store_currency

MOST_COPIES = 1_000_000
HIGHEST_PRICE = Decimal("99999999.99")
TOLD = ("price", "currency", "is_active", "withdrawn_at")  # in an offer's trail; of its stock its movements tell
SHORT_ABSENCE = timedelta(hours=1)  # longer than a payment takes that fails and gives the last copy back


@dataclass(frozen=True)
class Cause:
    """Why a stock changes, as its movements will say."""

    reason: MovementReason
    actor: User | None = None
    order_number: str = ""
    reference: str = ""
    delivery: Delivery | None = None


class _Terms(NamedTuple):
    """What of an offer its book's price and availability depend on."""

    price: Decimal
    is_active: bool
    is_shown: bool
    has_stock: bool

    @classmethod
    def of(cls, offer: Offer) -> "_Terms":
        return cls(offer.price, offer.is_active, offer.is_shown, offer.stock_quantity > 0)


def change(
    offer_ids: Iterable[int],
    alter: Callable[[Offer], None],
    cause: Cause,
    *,
    check: Callable[[], None] = lambda: None,
    is_new: bool = False,
    locked: Iterable[Offer] | None = None,
) -> list[Offer]:
    """
    Lock offers, `alter` each, `check` the whole, then write offers, books and movements, in that order.

    With `is_new` the books are brought up to date whatever was altered. `locked` are the offers as the caller has read
    them under their lock, to decide more than their stock; all is then done in the caller's transaction.
    """
    if locked is not None:
        return _change(list(locked), alter, cause, check, is_new)
    wanted = set(offer_ids)
    with transaction.atomic():
        offers = list(Offer.objects.filter(pk__in=wanted).locked())
        if len(offers) < len(wanted):
            raise OfferNotFound
        return _change(offers, alter, cause, check, is_new)


def _change(
    offers: list[Offer], alter: Callable[[Offer], None], cause: Cause, check: Callable[[], None], is_new: bool
) -> list[Offer]:
    books_to_refresh: set[int] = set()
    altered: list[Offer] = []
    told: list[tuple[Offer, Values]] = []
    movements: list[StockMovement] = []
    for offer in offers:
        terms, stock, row = _Terms.of(offer), offer.stock_quantity, _row(offer)
        asked = {name: getattr(offer, name) for name in TOLD}
        alter(offer)
        if _row(offer) != row:
            altered.append(offer)
        told.append((offer, asked))
        if is_new or (_Terms.of(offer) != terms and (offer.is_active or terms.is_active)):
            books_to_refresh.add(offer.book_id)
        movements += _movements(offer, stock, terms, cause)
    check()
    _save_offers(altered)
    record_all(told, cause.actor)
    _refresh_books(books_to_refresh)
    _record(movements)
    return offers


def _row(offer: Offer) -> tuple[object, ...]:
    return (offer.price, offer.currency, offer.stock_quantity, offer.is_active, offer.withdrawn_at)


def _save_offers(offers: list[Offer]) -> None:
    now = timezone.now()
    for offer in offers:
        offer.updated_at = now
    write_columns(offers, ["price", "currency", "stock_quantity", "is_active", "withdrawn_at", "updated_at"])


def _refresh_books(book_ids: Collection[int]) -> None:
    """
    Bring books' price and availability up to date with their offers, read after the books are locked.

    Locks: the books by id. Raises: BookNotFound where an archived one has an active offer.
    """
    if not book_ids:
        return
    books = list(Book.objects.filter(pk__in=book_ids).locked())
    active: set[int] = set()
    best: dict[int, Offer] = {}
    for offer in Offer.objects.filter(book__in=book_ids).active().best_first():
        active.add(offer.book_id)
        if offer.is_shown:
            best.setdefault(offer.book_id, offer)
    if any(book.archived_at and book.pk in active for book in books):
        raise BookNotFound
    changed, now = [], timezone.now()
    for book in books:
        top = best.get(book.pk)
        price, in_stock = (top.price, top.in_stock) if top else (None, False)
        if (book.price, book.in_stock) != (price, in_stock):
            if book.in_stock != in_stock:
                book.turned_at = _turned_at(book, now)
            book.price, book.in_stock, book.updated_at = price, in_stock, now
            changed.append(book)
    write_columns(changed, ["price", "in_stock", "turned_at", "updated_at"])


def _turned_at(book: Book, now: datetime) -> datetime | None:
    """Say since when a book is gone, or back; first copies, and those back after a short absence, are no return."""
    is_return = book.turned_at is not None and now - book.turned_at > SHORT_ABSENCE
    return now if book.in_stock or is_return else None


def _movements(offer: Offer, stock_before: int, before: _Terms, cause: Cause) -> list[StockMovement]:
    steps = []
    if offer.stock_quantity != stock_before:
        steps.append((offer.stock_quantity - stock_before, cause.reason))
    # A price in the shop's currency, where it was in another, brings an offer back as well.
    if (offer.is_active, offer.is_shown) != (before.is_active, before.is_shown):
        steps.append((0, MovementReason.SWITCHED_ON if offer.is_active else MovementReason.SWITCHED_OFF))
    return [
        StockMovement(
            offer=offer,
            delta=delta,
            stock_after=offer.stock_quantity,
            reason=reason,
            actor=cause.actor,
            order_number=cause.order_number,
            reference=cause.reference,
            delivery=cause.delivery,
        )
        for delta, reason in steps
    ]


def _record(movements: list[StockMovement]) -> None:
    """Write movements and tell who listens, as `save()` would for each."""
    if movements:
        insert(*movements)
    for movement in movements:
        post_save.send(
            StockMovement, instance=movement, created=True, raw=False, using=movement._state.db, update_fields=None
        )


def valid_copies(count: int) -> int:
    if not 0 <= count <= MOST_COPIES:
        raise FieldsInvalid(
            fields={"stock_quantity": _("Between 0 and %(most)d copies, please.") % {"most": MOST_COPIES}}
        )
    return count


def state_price(offer: Offer, price: Decimal) -> None:
    """Ask this price for an offer, in the shop's currency whatever the old price was in. Raises: FieldsInvalid."""
    offer.price, offer.currency = valid_price(price), store_currency()


def valid_price(price: Decimal | None) -> Decimal:
    if price is None or not (price.is_finite() and 0 < price <= HIGHEST_PRICE and price == round(price, 2)):
        raise FieldsInvalid(fields={"price": _("A price is above 0 and has at most two decimal places.")})
    return price
