"""What a packer fetches from the shelves, for many orders at once, and what a slip in a parcel says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db.models import Prefetch

from catalog.isbn import hyphenated
from catalog.models import Genre
from catalog.text import sort_key
from orders.models import Order, OrderItem, OrderQuerySet


@dataclass
class Pick:
    """Copies of one seller's offer of one book; `wanted` are pairs of an order's number and its copies."""

    title: str
    byline: str
    isbn: str
    seller: str  # "" for the store's own
    genre_id: int | None
    wanted: list[tuple[str, int]] = field(default_factory=list)

    @property
    def copies(self) -> int:
        return sum(copies for _number, copies in self.wanted)


@dataclass(frozen=True)
class Shelf:
    """What is fetched from among the books of one genre, which is named with those above it; "" for none."""

    genre: str
    picks: list[Pick]


@dataclass(frozen=True)
class Slip:
    """What lies in the parcel: what it holds and for whom it is, without prices and the staff's notes."""

    number: str
    ordered_at: datetime
    language: str
    recipient: list[str]
    lines: list[tuple[int, str, list[str]]]  # copies, title, details


def with_contents(orders: OrderQuerySet) -> OrderQuerySet:
    """Load what lists and slips ask for."""
    items = OrderItem.objects.select_related("book", "offer__seller").defer("book__description")
    return orders.prefetch_related(Prefetch("items", items))


def contents_of(order: Order) -> list[tuple[OrderItem, int]]:
    """Return the lines with the copies to be sent: those whose money was given back stay here."""
    return [(item, item.refundable_quantity) for item in order.items.all() if item.refundable_quantity]


def shelves_of(orders: Iterable[Order]) -> list[Shelf]:
    """Return what these orders need, in the order of a walk along the shelves: by genre, byline and title."""
    picks: dict[int, Pick] = {}
    for order in orders:
        for item, copies in contents_of(order):
            picks.setdefault(item.offer_id, _pick_of(item)).wanted.append((order.number, copies))
    names = _names_of_genres()
    places = {genre_id: place for place, genre_id in enumerate(names)}
    places[None] = len(places)  # what has no genre stands last

    def way(pick: Pick) -> tuple[int, str, str, str]:
        return places[pick.genre_id], sort_key(pick.byline), sort_key(pick.title), pick.isbn

    walk = groupby(sorted(picks.values(), key=way), key=lambda pick: pick.genre_id)
    return [Shelf(names[genre_id] if genre_id else "", list(picked)) for genre_id, picked in walk]


def _pick_of(item: OrderItem) -> Pick:
    seller = "" if item.offer.seller.is_store else item.seller_name
    return Pick(item.title, item.byline, item.isbn and hyphenated(item.isbn), seller, item.book.genre_id)


def _names_of_genres() -> dict[int | None, str]:
    """Return the genres in the order of their tree, each named with those above it."""
    names: dict[int | None, str] = {}
    for _depth, genre in Genre.objects.in_tree_order():
        above = names.get(genre.parent_id)
        names[genre.pk] = f"{above} › {genre.name}" if above else genre.name
    return names


def slips_of(orders: Sequence[Order]) -> list[Slip]:
    """Return the slips of these orders, in their shoppers' languages as far as these are known."""
    return [
        Slip(
            number=order.number,
            ordered_at=order.created_at,
            language=order.user.language if order.user else "",
            recipient=order.address_lines or ([order.user.get_full_name()] if order.user else []),
            lines=[(copies, item.title, _details(item)) for item, copies in contents_of(order)],
        )
        for order in orders
    ]


def _details(item: OrderItem) -> list[str]:
    return [detail for detail in (item.byline, item.isbn and f"ISBN {hyphenated(item.isbn)}") if detail]
