"""Making up what somebody bought, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from catalog.making.words import Choice, Skew
from orders.models import LETTERS, EventKind, OrderStatus, as_number
from orders.services.pricing import Totals, totals_of

LINES = Choice({"1": 60, "2": 22, "3": 11, "5": 5, "9": 2})
COPIES = Choice({"1": 88, "2": 9, "5": 3})
FATES = Choice({"kept": 86, "refunded in part": 3, "cancelled": 4, "refunded": 2, "not paid": 5})
CARRIERS = ("DHL", "UPS", "DPD", "Royal Mail")
TOWNS = (
    ("10115", "Berlin", "DE"),
    ("20095", "Hamburg", "DE"),
    ("75004", "Paris", "FR"),
    ("1011 AB", "Amsterdam", "NL"),
    ("28013", "Madrid", "ES"),
    ("WC1B 3DG", "London", "GB"),
    ("00-001", "Warszawa", "PL"),
    ("115 27", "Αθήνα", "GR"),
)
STREETS = ("Mill Lane", "Station Road", "Church Street", "Garden Row", "Harbour Walk", "Orchard Way")
BESTSELLERS = 40  # of that many each sells about as often
REGULARS = 200  # and of that many each buys about as often


class ForSale(NamedTuple):
    """An offer as it is written on a line."""

    offer_id: int
    book_id: int
    price: Decimal
    title: str
    byline: str
    isbn: str
    seller_name: str


@dataclass
class MadeLine:
    """Copies of one offer; `returned` were refunded, `restocked` put back on sale, too."""

    sold: ForSale
    quantity: int
    returned: int = 0
    restocked: int = 0


@dataclass
class MadeRefund:
    """Money that went back, and the copies that it was for."""

    amount: Decimal
    at: datetime
    reason: str
    kind: EventKind
    copies: list[tuple[MadeLine, int]]


@dataclass
class MadeOrder:
    """An order before it has an id. `events` are what happened until now, oldest first."""

    number: str
    user_id: int
    placed_at: datetime
    lines: list[MadeLine]
    totals: Totals
    address: dict[str, str]
    status: OrderStatus = OrderStatus.PENDING
    events: list[tuple[EventKind, datetime]] = field(default_factory=list)
    refund: MadeRefund | None = None
    carrier: str = ""
    tracking: str = ""

    @property
    def is_paid(self) -> bool:
        return self.status != OrderStatus.PAYMENT_FAILED

    @property
    def paid_at(self) -> datetime:
        return self.events[1][1]

    def come_to(self, status: OrderStatus, at: datetime) -> None:
        self.status = status
        self.events.append((EventKind(status), at))


@dataclass(frozen=True)
class Inventor:
    """Makes up orders of these offers, bestsellers first, by these shoppers (id and name), regulars first."""

    offers: Sequence[ForSale]
    shoppers: Sequence[tuple[int, str]]
    now: datetime

    def order(self, placed_at: datetime, random: Random) -> MadeOrder:
        """Return an order that was placed then, and stands where orders stand by now."""
        user_id, name = self.shoppers[Skew(len(self.shoppers), REGULARS).pick(random)]
        lines = self._lines(random)
        order = MadeOrder(
            number=as_number("".join(random.choices(LETTERS, k=12))),
            user_id=user_id,
            placed_at=placed_at,
            lines=lines,
            totals=totals_of(sum((line.sold.price * line.quantity for line in lines), Decimal(0))),
            address=_address(name, random),
        )
        order.come_to(OrderStatus.PENDING, placed_at)
        self._live(order, FATES.pick(random), random)
        return order

    def _lines(self, random: Random) -> list[MadeLine]:
        skew = Skew(len(self.offers), BESTSELLERS)
        places = {skew.pick(random) for _line in range(int(LINES.pick(random)))}
        return [MadeLine(self.offers[place], int(COPIES.pick(random))) for place in sorted(places)]

    def _live(self, order: MadeOrder, fate: str, random: Random) -> None:
        """Let happen to an order what has happened by now."""
        paid_at = order.placed_at + timedelta(seconds=random.uniform(1, 20))
        if fate == "not paid":
            order.come_to(OrderStatus.PAYMENT_FAILED, paid_at)
            for line in order.lines:
                line.restocked = line.quantity
            return
        order.come_to(OrderStatus.CONFIRMED, paid_at)
        if fate == "cancelled":
            cancelled_at = paid_at + timedelta(hours=random.uniform(0.1, 4))
            self._give_back(order, cancelled_at, OrderStatus.CANCELLED, restock=True)
            return
        sent_at = paid_at + timedelta(hours=random.uniform(4, 60))
        arrived_at = sent_at + timedelta(hours=random.uniform(20, 140))
        if sent_at < self.now:
            order.carrier = random.choice(CARRIERS)
            order.tracking = f"{order.carrier[:2].upper()}{random.randrange(10**10):010}"
            order.come_to(OrderStatus.SHIPPED, sent_at)
        if arrived_at < self.now:
            order.come_to(OrderStatus.DELIVERED, arrived_at)
        back_at = arrived_at + timedelta(days=random.uniform(1, 20))
        if fate == "refunded":
            self._give_back(order, back_at, OrderStatus.REFUNDED, restock=random.random() < 0.7)
        elif fate == "refunded in part":
            self._give_part_back(order, back_at, random)

    def _give_back(self, order: MadeOrder, at: datetime, status: OrderStatus, *, restock: bool) -> None:
        if at >= self.now:
            return
        reason = "CANCELLED" if status == OrderStatus.CANCELLED else "RETURNED"
        copies = [(line, line.quantity) for line in order.lines]
        order.refund = MadeRefund(order.totals.total, at, reason, EventKind(status), copies)
        for line in order.lines:
            line.returned, line.restocked = line.quantity, line.quantity if restock else 0
        order.come_to(status, at)

    def _give_part_back(self, order: MadeOrder, at: datetime, random: Random) -> None:
        """Refund one copy of an order that has more, or a cent's worth of apology."""
        line = random.choice(order.lines)
        is_whole = line.sold.price == order.totals.total
        amount = Decimal("0.01") if is_whole else line.sold.price
        if at >= self.now or amount == order.totals.total:
            return
        if not is_whole:
            line.returned, line.restocked = 1, random.randrange(2)
        order.refund = MadeRefund(amount, at, "RETURNED", EventKind.PARTLY_REFUNDED, [] if is_whole else [(line, 1)])
        order.events.append((EventKind.PARTLY_REFUNDED, at))


def _address(name: str, random: Random) -> dict[str, str]:
    postal_code, city, country = random.choice(TOWNS)
    return {
        "full_name": name,
        "line1": f"{random.randint(1, 120)} {random.choice(STREETS)}",
        "line2": "",
        "postal_code": postal_code,
        "city": city,
        "region": "",
        "country": country,
        "phone": "",
    }
