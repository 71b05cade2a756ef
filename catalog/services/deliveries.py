"""
Acts at the delivery desk: every scan moves stock at once, and a delivery is what was scanned from its opening to its
closing.

Locks: the delivery, then the offer, then its book. So those who work at one delivery follow one another, and those at
two wait for each other only where they hold the same book.
"""

from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.exceptions import (
    BookNotFound,
    DeliveryChanged,
    DeliveryClosed,
    DeliveryNotFound,
    FieldsInvalid,
    NotEnoughStock,
    OfferNotFound,
    SellerNotFound,
)
from catalog.isbn import parse_isbn
from catalog.models import Book, Delivery, DeliveryLine, KeptAside, Offer, Seller
from catalog.services.offers import create_offer
from catalog.services.stock import correct_stock, receive_stock

LONGEST_REFERENCE = 200  # characters, as a movement's
MOST_SCANNED = 10_000  # copies at once: less than any ISBN that lands in the field for the number


class Scan(NamedTuple):
    """What became of scanned copies: they are in stock and on a line, or else kept aside."""

    copies: int
    line: DeliveryLine | None = None
    kept_aside: KeptAside | None = None


@transaction.atomic
def open_delivery(seller_id: int, reference: str, *, actor: User | None = None) -> Delivery:
    """
    Return the seller's open delivery of this reference; opened now, unless somebody has.

    Raises: SellerNotFound, FieldsInvalid.
    """
    reference = " ".join(reference.split())
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        raise FieldsInvalid(fields={"reference": _("A reference has 1 to 200 characters.")})
    if not Seller.objects.filter(pk=seller_id).exists():
        raise SellerNotFound
    found, _is_new = Delivery.objects.still_open().get_or_create(
        seller_id=seller_id, reference=reference, defaults={"opened_by": actor}
    )
    return found


@transaction.atomic
def receive_copies(delivery_id: int, isbn: str, copies: int = 1, *, actor: User | None = None) -> Scan:
    """
    Put scanned copies into the seller's stock; keep them aside where there is no such book, or no offer of it.

    Locks: the delivery, the offer, its book. Raises: DeliveryNotFound, DeliveryClosed, FieldsInvalid.
    """
    delivery = _open_one(delivery_id)
    isbn = _valid_isbn(isbn)
    if not 1 <= copies <= MOST_SCANNED:
        raise FieldsInvalid(
            fields={"copies": _("Between 1 and %(most)d copies at once, please.") % {"most": MOST_SCANNED}}
        )
    offer = _offer_of(delivery, isbn)
    return _receive(delivery, offer, copies, actor) if offer else _keep_aside(delivery, isbn, copies)


@transaction.atomic
def take_back_copies(delivery_id: int, line_id: int, copies: int, *, actor: User | None = None) -> None:
    """
    Undo so many copies of a line by a movement that corrects it; a line without copies goes.

    Locks: the delivery, the offer, its book.
    Raises: DeliveryNotFound, DeliveryClosed, DeliveryChanged, NotEnoughStock where they were sold meanwhile.
    """
    delivery = _open_one(delivery_id)
    line = delivery.lines.filter(pk=line_id).first()
    if line is None or not 1 <= copies <= line.copies:
        raise DeliveryChanged
    try:
        offer = correct_stock(line.offer_id, -copies, actor=actor, reference=delivery.reference, delivery=delivery)
    except NotEnoughStock as error:
        raise _sold_meanwhile(copies, error) from error
    line.copies -= copies
    line.stock_after, line.scanned_at = offer.stock_quantity, timezone.now()
    if line.copies:
        line.save()
    else:
        line.delete()


@transaction.atomic
def receive_kept_aside(
    delivery_id: int, kept_aside_id: int, *, price: Decimal | None = None, actor: User | None = None
) -> Scan:
    """
    Try again to put into stock what was kept aside; with a price, in the store's currency, make the missing offer.

    Locks: the delivery, the offer, its book.
    Raises: DeliveryNotFound, DeliveryClosed, DeliveryChanged, BookNotFound, OfferNotFound,
        OfferConflict, FieldsInvalid.
    """
    delivery = _open_one(delivery_id)
    kept_aside = _kept_aside(delivery, kept_aside_id)
    if (offer := _offer_of(delivery, kept_aside.isbn)) is None:
        book = Book.objects.public().filter(isbn=kept_aside.isbn).first()
        if book is None:
            raise BookNotFound(_("This book is still not in the catalogue."))
        if price is None:
            raise OfferNotFound(_("%(seller)s still has no offer for this book.") % {"seller": delivery.seller})
        offer = create_offer(book.pk, delivery.seller_id, price=price, actor=actor)
    kept_aside.delete()
    return _receive(delivery, offer, kept_aside.copies, actor)


@transaction.atomic
def drop_kept_aside(delivery_id: int, kept_aside_id: int) -> None:
    """
    Forget copies that were kept aside and are not to be received.

    Locks: the delivery. Raises: DeliveryNotFound, DeliveryClosed, DeliveryChanged.
    """
    _kept_aside(_open_one(delivery_id), kept_aside_id).delete()


@transaction.atomic
def close_delivery(delivery_id: int) -> Delivery:
    """
    End a delivery: nothing in it changes any more, and what is kept aside stays named in it.

    Locks: the delivery. Raises: DeliveryNotFound, DeliveryClosed.
    """
    delivery = _open_one(delivery_id)
    delivery.closed_at = timezone.now()
    delivery.save(update_fields=["closed_at"])
    return delivery


def _open_one(delivery_id: int) -> Delivery:
    delivery = Delivery.objects.filter(pk=delivery_id).locked().first()
    if delivery is None:
        raise DeliveryNotFound
    if delivery.closed_at:
        raise DeliveryClosed
    return delivery


def _valid_isbn(isbn: str) -> str:
    try:
        return parse_isbn(isbn)
    except ValueError as error:
        raise FieldsInvalid(fields={"isbn": str(error)}) from error


def _offer_of(delivery: Delivery, isbn: str) -> Offer | None:
    locked = Offer.objects.filter(seller=delivery.seller_id, book__isbn=isbn).locked()
    # In a statement of its own, which sees what was withdrawn or archived while this one waited for the lock.
    return Offer.objects.standing().filter(pk__in=[offer.pk for offer in locked]).first()


def _receive(delivery: Delivery, offer: Offer, copies: int, actor: User | None) -> Scan:
    offer = receive_stock(offer.pk, copies, actor=actor, reference=delivery.reference, delivery=delivery)
    line = delivery.lines.filter(offer=offer).first() or DeliveryLine(
        delivery=delivery, offer=offer, copies=0, stock_before=offer.stock_quantity - copies
    )
    line.copies += copies
    line.stock_after, line.scanned_at = offer.stock_quantity, timezone.now()
    line.save()
    return Scan(copies, line=line)


def _keep_aside(delivery: Delivery, isbn: str, copies: int) -> Scan:
    kept_aside = delivery.kept_aside.filter(isbn=isbn).first() or KeptAside(delivery=delivery, isbn=isbn, copies=0)
    kept_aside.copies += copies
    kept_aside.scanned_at = timezone.now()
    kept_aside.save()
    return Scan(copies, kept_aside=kept_aside)


def _kept_aside(delivery: Delivery, kept_aside_id: int) -> KeptAside:
    kept_aside = delivery.kept_aside.filter(pk=kept_aside_id).first()
    if kept_aside is None:
        raise DeliveryChanged
    return kept_aside


def _sold_meanwhile(copies: int, error: NotEnoughStock) -> NotEnoughStock:
    left = error.data["items"][0]["available"]
    if not left:
        return NotEnoughStock(_("Nothing can be taken back: all copies were sold meanwhile."), **error.data)
    sentence = ngettext(
        "%(copies)d copies cannot be taken back: only %(left)d is left, the others were sold meanwhile.",
        "%(copies)d copies cannot be taken back: only %(left)d are left, the others were sold meanwhile.",
        left,
    )
    return NotEnoughStock(sentence % {"copies": copies, "left": left}, **error.data)
