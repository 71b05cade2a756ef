"""
What the shop has sold, as staff read it. Nothing is counted beforehand: every figure is read from the orders.

An order counts once it is paid, as long as it is neither cancelled nor refunded as a whole: CONFIRMED, SHIPPED,
DELIVERED. It counts at the moment in which it was placed, with what was paid, shipping and tax included, less what was
given back since; so a refund makes the day of the sale smaller, not the day of the refund. Orders in another currency
than the shop's are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum, TextChoices
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Book, Offer
from orders.models import Order, OrderItem, OrderQuerySet, OrderStatus, PaymentStatus

ALL_GONE = [OrderStatus.CANCELLED, OrderStatus.REFUNDED]
LEFT = F("total_price") - F("refunded_amount")
COPIES_LEFT = F("quantity") - F("refunded_quantity")
CENT, TENTH = Decimal("0.01"), Decimal("0.1")

By = Literal["revenue", "copies"]


class Period(TextChoices):
    """From the beginning of the day, of the week (Monday) or of the month until now, by the shop's clock."""

    TODAY = "today", _("Today")
    WEEK = "week", _("This week")
    MONTH = "month", _("This month")


class Span(NamedTuple):
    """A time with both its ends."""

    since: datetime
    until: datetime


class Figures(NamedTuple):
    """What was sold in a time; a new customer is one whose first order that counts was placed then."""

    revenue: Decimal
    order_count: int
    new_customers: int

    @property
    def average(self) -> Decimal:
        """What an order is worth on average, 0 without any."""
        return (self.revenue / max(self.order_count, 1)).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Summary:
    """A period's figures beside those of the one before, as far as that had come after the same time."""

    period: Period
    span: Span
    figures: Figures
    span_before: Span
    before: Figures

    @property
    def delta_percentage(self) -> Decimal | None:
        """By how much the revenue is above the one before, in per cent; None where that was 0."""
        if not self.before.revenue:
            return None
        delta = 100 * (self.figures.revenue - self.before.revenue) / self.before.revenue
        return delta.quantize(TENTH, ROUND_HALF_UP)


class Day(NamedTuple):
    """What was sold on a day of the shop's."""

    date: date
    revenue: Decimal
    order_count: int


class TopBook(NamedTuple):
    """A book, the copies sold of it and what they cost; copies that were refunded are not among them."""

    book: Book
    copies: int
    revenue: Decimal


class SellingOut(NamedTuple):
    """An offer of which few copies are left, and the copies that were sold of it."""

    offer: Offer
    copies: int


# Times


def shop_zone() -> ZoneInfo:
    """Return the time zone by which the shop's days begin."""
    return ZoneInfo(settings.STORE_TIME_ZONE)


def spans(period: Period, at: datetime) -> tuple[Span, Span]:
    """
    Return a period until `at`, and the one before until the same time of the same day in it.

    Where the month before has no such day, it is taken whole.
    """
    now = at.astimezone(shop_zone())
    today = now.date()
    first = first_day(period, today)
    first_before = first_day(period, first - timedelta(days=1))
    since = begin_of(first)
    same_day = first_before + (today - first)
    same_time = datetime.combine(same_day, now.timetz()).replace(fold=now.fold).astimezone(UTC)
    before = Span(begin_of(first_before), min(same_time, since - datetime.resolution))
    return Span(since, now.astimezone(UTC)), before


def last_days(days: int, at: datetime | None = None) -> Span:
    """Return the so many times 24 hours until `at` or, without it, until now."""
    until = at or timezone.now()
    return Span(until - timedelta(days=days), until)


def first_day(period: Period, day: date) -> date:
    """Return the first day of the period in which a day lies."""
    if period == Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == Period.MONTH else day


def begin_of(day: date) -> datetime:
    """Return the moment in which a day of the shop's begins, in UTC: shifts of the clock are no matter there."""
    return datetime.combine(day, time.min, shop_zone()).astimezone(UTC)


# Figures


def sold() -> OrderQuerySet:
    """Return the orders that count."""
    paid = Order.objects.filter(payment_status=PaymentStatus.SUCCEEDED, currency=settings.STORE_CURRENCY)
    return paid.exclude(status__in=ALL_GONE)


def within(span: Span, field: str = "created_at") -> Q:
    return Q(**{f"{field}__gte": span.since, f"{field}__lte": span.until})


def summarise(periods: Sequence[Period], at: datetime | None = None) -> list[Summary]:
    """Return the figures of these periods until `at` or, without it, until now; read in two statements."""
    pairs = [spans(period, at or timezone.now()) for period in periods]
    figures = iter(figures_of([span for pair in pairs for span in pair]))
    return [
        Summary(period, span, next(figures), before, next(figures))
        for period, (span, before) in zip(periods, pairs, strict=True)
    ]


def figures_of(each: Sequence[Span]) -> list[Figures]:
    """Return the figures of some times, which are read together: they should lie close to one another."""
    orders = sold().filter(within(Span(min(span.since for span in each), max(span.until for span in each))))
    money = {f"money_{number}": Sum(LEFT, filter=within(span)) for number, span in enumerate(each)}
    count = {f"count_{number}": Count("pk", filter=within(span)) for number, span in enumerate(each)}
    found = orders.aggregate(**money, **count)
    firsts = sold().filter(user__in=orders.values("user")).values("user").annotate(first=Min("created_at"))
    new = firsts.aggregate(
        **{f"new_{number}": Count("user", filter=within(span, "first")) for number, span in enumerate(each)}
    )
    return [
        Figures(found[f"money_{number}"] or Decimal("0.00"), found[f"count_{number}"], new[f"new_{number}"])
        for number in range(len(each))
    ]


def sales_by_day(days: int, at: datetime | None = None) -> list[Day]:
    """Return so many days of the shop's, the last that of `at` or, without it, today; oldest first."""
    until = at or timezone.now()
    today = until.astimezone(shop_zone()).date()
    first = today - timedelta(days=days - 1)
    orders = sold().filter(within(Span(begin_of(first), until)))
    by_day = orders.annotate(day=TruncDate("created_at", tzinfo=shop_zone())).values("day")
    rows = by_day.annotate(revenue=Sum(LEFT), count=Count("pk")).values_list("day", "revenue", "count").order_by("day")
    found = {day: Day(day, revenue, count) for day, revenue, count in rows}
    every_day = (first + timedelta(days=number) for number in range(days))
    return [found.get(day) or Day(day, Decimal("0.00"), 0) for day in every_day]


def top_books(by: By, limit: int, span: Span) -> list[TopBook]:
    """
    Return the books of which most was sold in a time, by what they brought in or by copies, best first.

    Money that was given back without naming copies belongs to no book, and shipping neither.
    """
    orders = sold().filter(within(span))
    lines = OrderItem.objects.filter(order__in=orders.values("pk"), quantity__gt=F("refunded_quantity"))
    revenue = Sum(F("unit_price") * COPIES_LEFT)
    of_each = lines.order_by().values("book").annotate(copies=Sum(COPIES_LEFT), revenue=revenue)
    other = "copies" if by == "revenue" else "revenue"
    rows = list(of_each.order_by(f"-{by}", f"-{other}", "book").values_list("book", "copies", "revenue")[:limit])
    books = Book.objects.defer("description").in_bulk([book_id for book_id, _copies, _revenue in rows])
    return [TopBook(books[book_id], copies, revenue) for book_id, copies, revenue in rows]


def selling_out(threshold: int, limit: int, span: Span) -> list[SellingOut]:
    """Return the offers that sold in a time and of which so few copies are left, best sold first."""
    orders = sold().filter(within(span))
    lines = OrderItem.objects.filter(order__in=orders.values("pk"), offer__in=Offer.objects.running_low(threshold))
    of_each = lines.order_by().values("offer").annotate(copies=Sum(COPIES_LEFT)).filter(copies__gt=0)
    rows = list(of_each.order_by("-copies", "offer").values_list("offer", "copies")[:limit])
    offers = Offer.objects.select_related("book", "seller").defer("book__description")
    by_id = offers.in_bulk([offer_id for offer_id, _copies in rows])
    return [SellingOut(by_id[offer_id], copies) for offer_id, copies in rows]
