"""Acts on the terms of many offers: looked at first, done in parts, each part once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from procrastinate.contrib.django import app

from bookstore.core.querysets import in_batches
from catalog.bulk import DAYS_KEPT, BulkChange, BulkKind, BulkPart, Refusal
from catalog.exceptions import FieldsInvalid
from catalog.models import Book, MovementReason, Offer, OfferQuerySet, store_currency
from catalog.services.ledger import Cause, change, state_price, valid_price

PART_SIZE = 500  # offers that are locked at once, for as long as it takes to change them


@dataclass(frozen=True)
class Preview:
    """
    What new prices would do: to how many offers, and between which prices they would then lie.

    `restated` offers are priced in a currency that the shop had before: they get prices in its own.
    """

    count: int
    changed: int
    restated: int
    refused: int
    lowest: Decimal | None
    highest: Decimal | None
    refused_prices: list[Decimal]


def preview_prices(offers: OfferQuerySet, wanted: BulkChange) -> Preview:
    """Work out what a change of prices would do; it is not saved. A million offers have a few thousand prices."""
    counts: Counter[Decimal] = Counter()
    others: Counter[Decimal] = Counter()
    for price, currency, number in offers.order_by().values_list("price", "currency").annotate(number=Count("pk")):
        counts[price] += number
        others[price] += number if currency != store_currency() else 0
    becomes = {price: wanted.price_from(price) for price in counts}
    refused = [price for price, new in becomes.items() if not _is_price(new)]
    fitting = [new for new in becomes.values() if _is_price(new)]
    return Preview(
        count=sum(counts.values()),
        changed=sum(
            counts[price] if new != price else others[price] for price, new in becomes.items() if _is_price(new)
        ),
        restated=sum(number for price, number in others.items() if _is_price(becomes[price])),
        refused=sum(counts[price] for price in refused),
        lowest=min(fitting, default=None),
        highest=max(fitting, default=None),
        refused_prices=refused,
    )


@transaction.atomic
def start_bulk_change(wanted: BulkChange, offer_ids: Iterable[int]) -> BulkChange:
    """
    Note a bulk change and do it: at once where it has one part, else by a job.

    One whose key is known already was asked for by the same form, and is returned as it stands.
    Locks: as `carry_on_bulk_change`, where it is done at once.
    """
    ids = sorted(offer_ids)
    wanted.offers = len(ids)
    BulkChange.objects.bulk_create([wanted], ignore_conflicts=True)
    noted = BulkChange.objects.get(key=wanted.key)
    if noted.parts.exists():
        return noted
    parts = [BulkPart(change=noted, offer_ids=list(some)) for some in in_batches(ids, PART_SIZE)]
    BulkPart.objects.bulk_create(parts, batch_size=100)
    if len(parts) == 1:
        carry_on_bulk_change(noted.pk)
    elif parts:
        task = app.configure_task("catalog.jobs.carry_on_bulk", allow_unknown=False, lock=f"bulk-{noted.pk}")
        task.defer(change_id=noted.pk)
    return noted


def carry_on_bulk_change(change_id: int) -> None:
    """
    Do all parts that are not done yet, each in a transaction of its own.

    Locks: the part; its offers by id, then their books.
    """
    for part_id in list(BulkPart.objects.undone().filter(change=change_id).values_list("pk", flat=True)):
        _do_part(part_id)


@transaction.atomic
def _do_part(part_id: int) -> None:
    part = BulkPart.objects.undone().filter(pk=part_id).select_related("change__actor").locked().first()
    if part is None:
        return
    wanted = part.change
    changed: list[int] = []
    refused: list[dict[str, Any]] = []
    offers = list(Offer.objects.filter(pk__in=part.offer_ids).select_related("seller").locked())
    # Read after the lock: whoever archives a book locks its offers first.
    books = Book.objects.only("title", "archived_at").in_bulk({offer.book_id for offer in offers})

    def alter(offer: Offer) -> None:
        book, before = books[offer.book_id], (offer.price, offer.currency, offer.is_active)
        refusal = _alter(offer, wanted, is_gone=bool(offer.withdrawn_at or book.archived_at))
        if refusal:
            refused.append(_refused(offer, book, refusal))
        if before != (offer.price, offer.currency, offer.is_active):
            changed.append(offer.pk)

    change(part.offer_ids, alter, Cause(MovementReason.COUNTED, wanted.actor, reference=wanted.reason), locked=offers)
    part.changed, part.refused, part.done_at = len(changed), refused, timezone.now()
    part.save(update_fields=["changed", "refused", "done_at"])


def _alter(offer: Offer, wanted: BulkChange, *, is_gone: bool) -> Refusal | None:
    if is_gone:
        return Refusal.GONE
    if wanted.kind == BulkKind.PRICE:
        new = wanted.price_from(offer.price)
        if not _is_price(new):
            return Refusal.PRICE
        state_price(offer, new)
    else:
        offer.is_active = wanted.kind == BulkKind.ON
    return None


def _refused(offer: Offer, book: Book, refusal: Refusal) -> dict[str, Any]:
    return {
        "book_id": book.pk,
        "title": book.title,
        "seller": str(offer.seller),
        "price": f"{offer.price:.2f}",
        "reason": refusal.value,
    }


def _is_price(amount: Decimal) -> bool:
    try:
        valid_price(amount)
    except FieldsInvalid:
        return False
    return True


def delete_old_bulk_changes() -> None:
    """Delete bulk changes of more than 90 days ago, done or not."""
    before = timezone.now() - timedelta(days=DAYS_KEPT)
    BulkChange.objects.filter(created_at__lt=before).delete()
