"""Making many orders: in batches that are committed one by one, so that whoever stops it keeps what is there."""

from datetime import datetime, timedelta
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from bookstore.core.making import CannotMake, Tell, alone, analyze
from bookstore.core.querysets import in_batches
from catalog.making.words import Names
from catalog.models import Offer
from orders.making.inventing import ForSale, Inventor
from orders.making.writing import TABLES, write_orders
from orders.models import Order

BATCH_SIZE = 2_000
MOST_ORDERS = 10_000_000
MOST_OFFERED = 20_000  # offers that are bought from
ORDERS_OF_ONE = 4  # by one shopper, on average
SPAN = timedelta(days=730)
NEWEST = timedelta(hours=1)  # nothing that somebody might still be paying for
GROWTH = 1.6  # above 1: the shop sells more by and by
MAIL = "@readers.example"


def make_orders(count: int, *, seed: int = 0, tell: Tell = lambda made: None) -> None:
    """
    Add made-up orders to the shop; `tell` hears after each batch how many there are.

    None is PENDING: nobody is paying. Locks: one advisory lock, for all the time; as `write_orders` for each batch.
    Raises: CannotMake.
    """
    if not 0 < count <= MOST_ORDERS:
        raise CannotMake(f"Between 1 and {MOST_ORDERS:,} orders can be made.")
    with alone("orders"):
        newest = Order.objects.aggregate(pk=Max("pk"))["pk"] or 0
        random = Random(f"{seed}:{newest}")  # noqa: S311 - nothing here is secret
        now = timezone.now()
        inventor = Inventor(_offers(), _shoppers(-(-count // ORDERS_OF_ONE), now, random), now)
        made = 0
        for times in in_batches(_times(count, now, random), BATCH_SIZE):
            with transaction.atomic():
                write_orders([inventor.order(placed_at, random) for placed_at in times])
            made += len(times)
            tell(made)
        analyze((*TABLES, User))


def _times(count: int, now: datetime, random: Random) -> list[datetime]:
    """Return when orders were placed, oldest first; the more, the nearer to now."""
    begin, span = now - SPAN, SPAN - NEWEST
    return sorted(begin + span * random.random() ** (1 / GROWTH) for _each in range(count))


def _offers() -> list[ForSale]:
    offers = Offer.objects.shown().standing().order_by("-book__popularity", "pk")
    columns = ("pk", "book_id", "price", "book__title", "book__byline", "book__isbn", "seller__name")
    found = [ForSale(*row) for row in offers.values_list(*columns)[:MOST_OFFERED]]
    if not found:
        raise CannotMake("Nothing is for sale in this shop: make_books first.")
    return found


def _shoppers(needed: int, now: datetime, random: Random) -> list[tuple[int, str]]:
    """Return the made-up shoppers with their names; as many are made as are missing. Nobody signs in as one."""
    made = User.objects.filter(email__endswith=MAIL)
    missing, names = needed - made.count(), Names([])
    first = (made.aggregate(pk=Max("pk"))["pk"] or 0) + 1
    users = [
        User(
            email=f"reader-{first + number}{MAIL}",
            full_name=names.author(random),
            password=make_password(None),
            created_at=now - SPAN,
        )
        for number in range(missing)
    ]
    User.objects.bulk_create(users, batch_size=BATCH_SIZE)
    return list(made.order_by("pk").values_list("pk", "full_name")[:needed])
