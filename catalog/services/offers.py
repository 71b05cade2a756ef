"""Acts on what sellers ask, and whether they offer at all."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from bookstore.core.models import ChangeAct
from bookstore.core.querysets import constraint_of, in_batches
from bookstore.core.trail import record
from catalog.exceptions import BookNotFound, OfferConflict, OfferNotFound
from catalog.models import Book, MovementReason, Offer
from catalog.services.ledger import Cause, change, state_price, valid_copies, valid_price

BOOKS_AT_ONCE = 500  # that are locked, with their offers, for as long as it takes to read them anew


def change_offer(
    offer_id: int,
    *,
    price: Decimal | None = None,
    stock_quantity: int | None = None,
    is_active: bool | None = None,
    actor: User | None = None,
) -> Offer:
    """
    Change what is given of an offer's terms, price in the store's currency, and leave the rest.

    Locks: the offer, then its book. Raises: OfferNotFound, FieldsInvalid.
    """

    def alter(offer: Offer) -> None:
        _refuse_withdrawn(offer)
        if price is not None:
            state_price(offer, price)
        if stock_quantity is not None:
            offer.stock_quantity = valid_copies(stock_quantity)
        if is_active is not None:
            offer.is_active = is_active

    return change([offer_id], alter, Cause(MovementReason.COUNTED, actor))[0]


def change_prices(prices: Mapping[int, Decimal], *, actor: User | None = None) -> list[Offer]:
    """
    Set many offers' prices, `{offer id: price}`, in the store's currency and in one transaction.

    Locks: the offers by id, then their books. Raises: OfferNotFound, FieldsInvalid.
    """

    def reprice(offer: Offer) -> None:
        state_price(offer, prices[offer.pk])

    return change(prices, reprice, Cause(MovementReason.COUNTED, actor))


class OfferTerms(NamedTuple):
    """
    What a seller asks for a book, in the store's currency, and how many copies there are.

    None leaves what an offer says; a book that the seller does not offer yet needs a price.
    """

    book_id: int
    seller_id: int
    price: Decimal | None
    stock_quantity: int | None = None


@transaction.atomic
def create_offer(
    book_id: int,
    seller_id: int,
    *,
    price: Decimal,
    stock_quantity: int = 0,
    is_active: bool = True,
    actor: User | None = None,
) -> Offer:
    """
    Offer a book; one that this seller withdrew before is taken up again.

    Locks: the offer, then its book. Raises: OfferConflict, BookNotFound, FieldsInvalid.
    """
    if not Book.objects.public().filter(pk=book_id).exists():
        raise BookNotFound
    withdrawn = Offer.objects.filter(book=book_id, seller=seller_id).exclude(withdrawn_at=None).locked().first()
    offer = withdrawn or _insert_offer(book_id, seller_id, valid_price(price))

    def open_terms(offer: Offer) -> None:
        state_price(offer, price)
        offer.is_active, offer.withdrawn_at = is_active, None
        offer.stock_quantity = valid_copies(stock_quantity)

    offered = change([offer.pk], open_terms, Cause(MovementReason.COUNTED, actor), is_new=True)[0]
    if withdrawn is None:
        record(offered, actor, before={"price": None}, act=ChangeAct.ADDED)
    return offered


@transaction.atomic
def put_offers(wanted: Collection[OfferTerms], cause: Cause) -> int:
    """
    Make these the sellers' terms, creating and taking up offers as needed; return how many changed.

    An active offer is left active, an inactive one inactive. Every (book, seller) may be named once.
    Locks: the offers by id, then their books. Raises: FieldsInvalid, BookNotFound.
    """
    terms = {(one.book_id, one.seller_id): one for one in wanted}
    pairs = {"book__in": {book for book, _s in terms}, "seller__in": {seller for _b, seller in terms}}
    standing = {(offer.book_id, offer.seller_id): offer for offer in Offer.objects.filter(**pairs)}
    missing = [
        Offer(book_id=one.book_id, seller_id=one.seller_id, price=valid_price(one.price))
        for pair, one in sorted(terms.items())
        if pair not in standing
    ]
    Offer.objects.bulk_create(missing, ignore_conflicts=True)
    rows = Offer.objects.filter(**pairs).values_list("pk", "book_id", "seller_id")
    by_pk = {pk: terms[book, seller] for pk, book, seller in rows if (book, seller) in terms}
    changed: set[int] = set()

    def agree(offer: Offer) -> None:
        one, before = by_pk[offer.pk], (offer.price, offer.currency, offer.stock_quantity, offer.withdrawn_at)
        if one.price is not None:
            state_price(offer, one.price)
        if one.stock_quantity is not None:
            offer.stock_quantity = valid_copies(one.stock_quantity)
        if offer.withdrawn_at:
            offer.withdrawn_at, offer.is_active = None, True
        if before != (offer.price, offer.currency, offer.stock_quantity, offer.withdrawn_at):
            changed.add(offer.pk)

    fresh = {pk for pk, one in by_pk.items() if (one.book_id, one.seller_id) not in standing}
    change(by_pk, agree, cause, is_new=bool(fresh))
    return len(changed | fresh)


def reread_books() -> int:
    """
    Bring books' price and availability up to date where they are not what their offers say; return how many were not.

    Acts on offers keep them so; only a change of the shop's currency, which no offer follows by itself, leaves books
    behind. Locks: the offers of some books by id, then those books.
    """
    book_ids = list(Book.objects.public().at_odds().order_by("pk").values_list("pk", flat=True))
    for some in in_batches(book_ids, BOOKS_AT_ONCE):
        offer_ids = list(Offer.objects.filter(book__in=some).values_list("pk", flat=True))
        change(offer_ids, lambda offer: None, Cause(MovementReason.COUNTED), is_new=True)
    return len(book_ids)


def withdraw_offer(offer_id: int, *, actor: User | None = None) -> None:
    """
    Take an offer away for good; its movements and the orders that came of it stay.

    Locks: the offer, then its book. Raises: OfferNotFound.
    """

    def withdraw(offer: Offer) -> None:
        _refuse_withdrawn(offer)
        offer.is_active, offer.withdrawn_at = False, timezone.now()

    change([offer_id], withdraw, Cause(MovementReason.COUNTED, actor))


def switch_offers(offer_ids: Collection[int], *, is_active: bool, actor: User | None = None) -> list[Offer]:
    """
    Switch offers on or off, which a movement of 0 tells.

    Locks: the offers by id, then their books. Raises: OfferNotFound; BookNotFound where one is archived.
    """

    def switch(offer: Offer) -> None:
        _refuse_withdrawn(offer)
        offer.is_active = is_active

    return change(offer_ids, switch, Cause(MovementReason.COUNTED, actor))


def _insert_offer(book_id: int, seller_id: int, price: Decimal) -> Offer:
    try:
        with transaction.atomic():
            return Offer.objects.create(book_id=book_id, seller_id=seller_id, price=price)
    except IntegrityError as error:
        if constraint_of(error) == "offer_is_one_per_book_and_seller":
            raise OfferConflict from error
        raise


def _refuse_withdrawn(offer: Offer) -> None:
    if offer.withdrawn_at:
        raise OfferNotFound
