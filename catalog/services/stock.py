"""Acts on how many copies there are."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from accounts.models import User
from catalog.exceptions import FieldsInvalid, NotEnoughStock
from catalog.models import Delivery, MovementReason, Offer
from catalog.services.ledger import Cause, change, valid_copies


def set_stock(offer_id: int, quantity: int, *, actor: User | None = None, reference: str = "") -> Offer:
    """
    Set the count of copies for sale, as after a stock-take.

    Locks: the offer, then its book. Raises: OfferNotFound, FieldsInvalid.
    """

    def count(offer: Offer) -> None:
        offer.stock_quantity = valid_copies(quantity)

    return change([offer_id], count, Cause(MovementReason.COUNTED, actor, reference=reference))[0]


def correct_stock(
    offer_id: int, delta: int, *, actor: User | None = None, reference: str = "", delivery: Delivery | None = None
) -> Offer:
    """
    Add `delta` copies (fewer than none takes away), whatever was sold since the caller looked.

    Locks: the offer, then its book. Raises: OfferNotFound, NotEnoughStock, FieldsInvalid.
    """
    return _add({offer_id: delta}, Cause(MovementReason.CORRECTED, actor, "", reference, delivery))[0]


def correct_stocks(deltas: Mapping[int, int], *, actor: User | None = None) -> list[Offer]:
    """
    Do for many offers, `{offer id: delta}`, what `correct_stock` does for one: to all of them or none.

    Locks: the offers by id, then their books. Raises: OfferNotFound, FieldsInvalid, NotEnoughStock with every short
    offer.
    """
    return _add(deltas, Cause(MovementReason.CORRECTED, actor))


def receive_stock(
    offer_id: int, copies: int, *, actor: User | None = None, reference: str = "", delivery: Delivery | None = None
) -> Offer:
    """
    Add copies that were delivered; `reference` names the delivery, `delivery` is the one at the desk.

    Locks: the offer, then its book. Raises: OfferNotFound, FieldsInvalid.
    """
    received = Cause(MovementReason.RECEIVED, actor, "", reference, delivery)
    return _add({offer_id: _at_least_one(copies)}, received)[0]


def take_stock(
    copies: Mapping[int, int],
    *,
    order_number: str,
    actor: User | None = None,
    locked: Iterable[Offer] | None = None,
) -> list[Offer]:
    """
    Take sold copies, `{offer id: copies}`, all of them or none; `locked` are the offers where the caller holds them.

    Locks: the offers by id, then their books. Raises: OfferNotFound, NotEnoughStock with every short offer.
    """
    sold = {offer_id: -_at_least_one(count) for offer_id, count in copies.items()}
    return _add(sold, Cause(MovementReason.SOLD, actor, order_number), locked)


def put_back_stock(copies: Mapping[int, int], *, order_number: str, actor: User | None = None) -> list[Offer]:
    """
    Put copies of an order back for sale, `{offer id: copies}`.

    Locks: the offers by id, then their books. Raises: OfferNotFound.
    """
    returned = {offer_id: _at_least_one(count) for offer_id, count in copies.items()}
    return _add(returned, Cause(MovementReason.PUT_BACK, actor, order_number))


def _add(deltas: Mapping[int, int], cause: Cause, locked: Iterable[Offer] | None = None) -> list[Offer]:
    short: list[dict[str, int]] = []

    def add(offer: Offer) -> None:
        delta, available = deltas[offer.pk], offer.stock_quantity
        if available + delta < 0:
            short.append({"offer_id": offer.pk, "requested": -delta, "available": available})
        else:
            # What was sold comes back however many there are by now: an order must be able to end.
            is_return = cause.reason == MovementReason.PUT_BACK
            offer.stock_quantity = available + delta if is_return else valid_copies(available + delta)

    def refuse_if_short() -> None:
        if short:
            raise NotEnoughStock(items=short)

    return change(deltas, add, cause, check=refuse_if_short, locked=locked)


def _at_least_one(count: int) -> int:
    if count < 1:
        raise FieldsInvalid(fields={"quantity": _("At least one copy, please.")})
    return count
