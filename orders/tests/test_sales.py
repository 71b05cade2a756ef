"""What the shop has sold: which orders count, when, and what the staff's calls say of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accounts.models import User
from accounts.tests.api import fields_at_fault, problem
from accounts.tests.factories import StaffFactory, UserFactory
from catalog.models import Offer
from catalog.tests.factories import BookFactory
from orders import services
from orders.models import Order, OrderItem
from orders.services.sales import (
    Period,
    Span,
    begin_of,
    last_days,
    sales_by_day,
    selling_out,
    spans,
    summarise,
    top_books,
)
from orders.tests.doors import signed_in
from orders.tests.factories import bought, offer_of

pytestmark = pytest.mark.django_db

SUMMARY = "/api/v1/admin/sales/summary"
TOP_BOOKS = "/api/v1/admin/sales/top-books"
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def staff() -> Any:
    return signed_in(StaffFactory())


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock at noon of a Wednesday."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    return NOON


def sale(
    when: datetime | str,
    *lines: tuple[Offer, int],
    user: User | None = None,
    refunded: str = "0",
    total: str = "",
    **columns: Any,
) -> Order:
    """Write an order that was paid, as it stands some time later."""
    items_total = sum((offer.price * copies for offer, copies in lines), Decimal(0)) if lines else Decimal(total)
    given = {"status": "CONFIRMED", "payment_status": "SUCCEEDED", "currency": "EUR", **columns}
    order = Order.objects.create(
        user=user,
        created_at=datetime.fromisoformat(when) if isinstance(when, str) else when,
        **dict(items_total=items_total, total_price=items_total, shipping_total=0, tax_rate=0, tax_total=0),
        refunded_amount=Decimal(refunded),
        payment_provider="mock",
        **given,
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            **dict(order=order, offer=offer, book_id=offer.book_id, quantity=copies, title="As bought"),
            **dict(unit_price=offer.price, shown_price=offer.price, seller_name="Shop"),
        )
        for offer, copies in lines
    )
    return order


# When a period begins and ends


BERLIN, CAIRO = "Europe/Berlin", "Africa/Cairo"


@pytest.mark.parametrize(
    ("zone", "local", "period", "since", "since_before", "until_before"),
    [
        ("UTC", "2026-11-18T12:00", "today", "2026-11-18T00:00", "2026-11-17T00:00", "2026-11-17T12:00"),
        ("UTC", "2026-11-18T00:00", "today", "2026-11-18T00:00", "2026-11-17T00:00", "2026-11-17T00:00"),
        ("UTC", "2026-11-18T12:00", "week", "2026-11-16T00:00", "2026-11-09T00:00", "2026-11-11T12:00"),
        ("UTC", "2026-01-01T12:00", "week", "2025-12-29T00:00", "2025-12-22T00:00", "2025-12-25T12:00"),
        ("UTC", "2026-11-18T12:00", "month", "2026-11-01T00:00", "2026-10-01T00:00", "2026-10-18T12:00"),
        ("UTC", "2026-01-31T12:00", "month", "2026-01-01T00:00", "2025-12-01T00:00", "2025-12-31T12:00"),
        # No such day in the month before: all of it.
        ("UTC", "2026-03-31T12:00", "month", "2026-03-01T00:00", "2026-02-01T00:00", "2026-02-28T23:59:59.999999"),
        # Days begin by the shop's clock, also where it was put forward or back on the way.
        (BERLIN, "2026-11-18T00:30", "today", "2026-11-17T23:00", "2026-11-16T23:00", "2026-11-16T23:30"),
        (BERLIN, "2026-03-29T10:00", "today", "2026-03-28T23:00", "2026-03-27T23:00", "2026-03-28T09:00"),
        (BERLIN, "2026-03-30T10:00", "today", "2026-03-29T22:00", "2026-03-28T23:00", "2026-03-29T08:00"),
        (BERLIN, "2026-10-25T23:30", "today", "2026-10-24T22:00", "2026-10-23T22:00", "2026-10-24T21:30"),
        (BERLIN, "2026-10-26T10:00", "today", "2026-10-25T23:00", "2026-10-24T22:00", "2026-10-25T09:00"),
        (BERLIN, "2026-04-15T10:00", "month", "2026-03-31T22:00", "2026-02-28T23:00", "2026-03-15T09:00"),
        # There the day begins at one: midnight is skipped.
        (CAIRO, "2026-04-24T10:00", "today", "2026-04-23T22:00", "2026-04-22T22:00", "2026-04-23T08:00"),
        (CAIRO, "2026-04-25T00:30", "today", "2026-04-24T21:00", "2026-04-23T22:00", "2026-04-23T22:30"),
    ],
)  # fmt: skip
def test_period_is_compared_with_the_one_before_until_the_same_time(
    settings, zone, local, period, since, since_before, until_before
):
    settings.STORE_TIME_ZONE = zone
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    wanted = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (since, since_before, until_before)]
    assert spans(Period(period), at) == ((wanted[0], at), (wanted[1], wanted[2]))


@given(
    zone=st.sampled_from(["UTC", BERLIN, CAIRO, "America/New_York", "Asia/Kathmandu", "Asia/Beirut", "Pacific/Apia"]),
    at=st.integers(0, 30 * 365 * 24 * 3600).map(
        lambda seconds: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
    ),
    period=st.sampled_from(Period),
)
@examples(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_periods_never_overlap_nor_run_backwards(settings, zone, at, period):
    settings.STORE_TIME_ZONE = zone
    now, before = spans(period, at)
    assert before.since <= before.until < now.since <= now.until == at
    assert begin_of(now.since.astimezone(ZoneInfo(zone)).date()) == now.since


# What counts


@pytest.mark.parametrize(
    ("columns", "revenue", "count"),
    [
        ({"status": "CONFIRMED"}, "10.00", 1),
        ({"status": "SHIPPED"}, "10.00", 1),
        ({"status": "DELIVERED"}, "10.00", 1),
        ({"status": "DELIVERED", "refunded": "3.33"}, "6.67", 1),
        ({"status": "REFUNDED", "refunded": "10.00"}, "0.00", 0),
        ({"status": "CANCELLED", "refunded": "10.00"}, "0.00", 0),
        ({"status": "PENDING", "payment_status": "PENDING"}, "0.00", 0),
        ({"status": "PAYMENT_FAILED", "payment_status": "FAILED"}, "0.00", 0),
        ({"currency": "CHF"}, "0.00", 0),
    ],
)
def test_an_order_counts_while_something_of_it_is_paid(staff, at, columns, revenue, count):
    sale(at - timedelta(hours=1), total="10.00", user=UserFactory(), **columns)
    shown = staff.get(SUMMARY).json()
    assert (shown["revenue"], shown["order_count"], shown["aov"]) == (revenue, count, revenue)
    assert shown["new_customers"] == count
    assert [day.order_count for day in sales_by_day(1)] == [count]


def test_midnight_belongs_to_the_new_day(staff, at, settings):
    settings.STORE_TIME_ZONE = BERLIN
    midnight = datetime(2026, 11, 17, 23, tzinfo=UTC)
    sale(midnight - datetime.resolution, total="1.00")
    sale(midnight, total="2.00")
    sale(at, total="4.00")
    sale(at + datetime.resolution, total="8.00")
    (today,) = summarise([Period.TODAY], at)
    assert (today.figures.revenue, today.figures.order_count) == (Decimal("6.00"), 2)
    assert [(day.date.day, day.revenue) for day in sales_by_day(2, at)] == [(17, Decimal(1)), (18, Decimal(6))]


def test_new_customers_are_those_whose_first_order_this_is(at):
    old, new, never_paid = UserFactory(), UserFactory(), UserFactory()
    sale("2026-09-01T00:00Z", total="1.00", user=old)
    sale("2026-11-17T09:00Z", total="1.00", user=never_paid, status="CANCELLED", refunded="1.00")
    for user in (old, new, new, never_paid, None):
        sale(at - timedelta(hours=1), total="1.00", user=user)
    sale("2026-11-17T10:00Z", total="1.00", user=UserFactory())
    today, week = summarise([Period.TODAY, Period.WEEK])
    assert (today.figures.new_customers, today.before.new_customers) == (2, 1)
    assert (week.figures.new_customers, week.before.new_customers) == (3, 0)


# By the API


def test_summary_says_all_figures_beside_those_before(staff, at):
    for when, total in [("2026-11-18T11:00Z", "10.01"), ("2026-11-18T11:30Z", "5.00"), ("2026-11-17T11:00Z", "12.00")]:
        sale(when, total=total, user=UserFactory())
    sale("2026-11-17T12:00:01Z", total="99.00")
    assert staff.get(SUMMARY, {"period": "today"}).json() == {
        "period": "today",
        "since": "2026-11-18T00:00:00Z",
        "until": "2026-11-18T12:00:00Z",
        "revenue": "15.01",
        "order_count": 2,
        "aov": "7.51",
        "new_customers": 2,
        "currency": "EUR",
        "delta_percentage": 25.1,
        "before": {
            "since": "2026-11-17T00:00:00Z",
            "until": "2026-11-17T12:00:00Z",
            "revenue": "12.00",
            "order_count": 1,
            "aov": "12.00",
            "new_customers": 1,
        },
    }


def test_without_sales_all_is_nothing_and_no_change_is_told(staff):
    shown = staff.get(SUMMARY, {"period": ""}).json()
    assert (shown["period"], shown["revenue"], shown["aov"], shown["order_count"]) == ("today", "0.00", "0.00", 0)
    assert shown["delta_percentage"] is None
    assert staff.get(TOP_BOOKS).json() == {"items": []}


@pytest.mark.parametrize(
    ("now", "before", "delta"), [("0.00", "8.00", -100.0), ("8.01", "8.00", 0.1), ("8.00", "8.00", 0.0)]
)
def test_change_is_in_per_cent_of_the_revenue_before(staff, at, now, before, delta):
    sale("2026-11-10T11:00Z", total=before)
    if Decimal(now):
        sale("2026-11-16T11:00Z", total=now)
    assert staff.get(SUMMARY, {"period": "week"}).json()["delta_percentage"] == delta


def test_order_from_the_till_is_in_the_summary_and_leaves_it_when_it_is_cancelled(staff, at):
    offer = offer_of(5, "12.50", book=BookFactory(title="Middlemarch", authors=["George Eliot"], isbn="9780141439549"))
    order = bought(offer, quantity=2)
    Order.objects.update(created_at=at)
    month = {"period": "month"}
    shown = staff.get(SUMMARY, month).json()
    assert (shown["revenue"], shown["order_count"], shown["new_customers"]) == ("25.00", 1, 1)
    (top,) = staff.get(TOP_BOOKS, month).json()["items"]
    offer.book.refresh_from_db()
    assert top == {
        **{"book_id": offer.book_id, "title": "Middlemarch", "author": offer.book.byline, "isbn": "9780141439549"},
        **{"copies": 2, "revenue": "25.00", "currency": "EUR"},
    }
    services.cancel_order(order.pk, actor=None)
    assert staff.get(SUMMARY, month).json()["order_count"] == 0
    assert staff.get(TOP_BOOKS, month).json() == {"items": []}


def test_best_sellers_are_ranked_by_revenue_or_by_copies(staff, at):
    dear, cheap = offer_of(9, "50.00"), offer_of(9, "1.00")
    sale(at, (dear, 1), (cheap, 4))
    sale(at - timedelta(days=89), (cheap, 2))
    sale(at - timedelta(days=91), (cheap, 9))

    def ranked(**params: Any) -> list[tuple[int, int, str]]:
        items = staff.get(TOP_BOOKS, params).json()["items"]
        return [(top["book_id"], top["copies"], top["revenue"]) for top in items]

    of_dear = (dear.book_id, 1, "50.00")
    assert ranked() == [of_dear, (cheap.book_id, 6, "6.00")]
    assert ranked(by="copies", period="today") == [(cheap.book_id, 4, "4.00"), of_dear]
    assert ranked(by="revenue", limit=1) == [of_dear]


def test_refunded_copies_are_not_among_the_best_sellers(at):
    one, other = offer_of(9, "5.00"), offer_of(9, "5.00")
    order = sale(at, (one, 3), (other, 1), refunded="15.00")
    order.items.filter(offer=one).update(refunded_quantity=2)
    order.items.filter(offer=other).update(refunded_quantity=1)
    assert [(top.book.pk, top.copies, top.revenue) for top in top_books("copies", 9, last_days(1))] == [
        (one.book_id, 1, Decimal(5))
    ]


def test_what_sells_and_runs_out_is_told_best_sold_first(at):
    last, gone, plenty, old = offer_of(1), offer_of(5), offer_of(50), offer_of(1)
    Offer.objects.filter(pk=gone.pk).update(stock_quantity=0)
    sale(at, (last, 1), (gone, 3), (plenty, 9))
    sale(at - timedelta(days=31), (old, 9))
    assert [(one.offer, one.copies) for one in selling_out(3, 5, last_days(30))] == [(gone, 3), (last, 1)]


@pytest.mark.parametrize("path", [SUMMARY, TOP_BOOKS])
def test_only_staff_who_may_see_sales_are_told(path):
    packer = StaffFactory(is_superuser=False)
    packer.user_permissions.add(Permission.objects.get(codename="view_order"))
    buyer = StaffFactory(is_superuser=False)
    buyer.user_permissions.add(Permission.objects.get(codename="view_sales"))
    assert problem(signed_in(UserFactory()).get(path)) == (403, "FORBIDDEN")
    assert problem(signed_in(packer).get(path)) == (403, "FORBIDDEN")
    answer = signed_in(buyer).get(path)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (SUMMARY, "period", "year"), (SUMMARY, "period", "TODAY"), (TOP_BOOKS, "by", "title"),
        (TOP_BOOKS, "limit", "0"), (TOP_BOOKS, "limit", "101"), (TOP_BOOKS, "limit", "ten"),
        (TOP_BOOKS, "period", "all"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_right_is_refused(staff, path, name, value):
    assert fields_at_fault(staff.get(path, {name: value})) == [name]


def test_queries_do_not_grow_with_orders_and_books(staff, at):
    amounts = []
    for number in (1, 4):
        for _each in range(number):
            sale(at, (offer_of(), 1), (offer_of(), 1), user=UserFactory())
        staff.get(SUMMARY)  # the first request of a session notes its use
        with CaptureQueriesContext(connection) as queries:
            staff.get(SUMMARY, {"period": "month"})
            assert len(staff.get(TOP_BOOKS, {"period": "month"}).json()["items"]) >= 2
        amounts.append(len(queries))
    assert amounts[0] == amounts[1] <= 10


# Against a naive count


PAID = {"CONFIRMED": "SUCCEEDED", "SHIPPED": "SUCCEEDED", "CANCELLED": "SUCCEEDED", "PAYMENT_FAILED": "FAILED"}
SALES = st.lists(
    st.tuples(
        st.sampled_from(sorted(PAID)),
        st.integers(0, 70 * 24 * 60),  # minutes ago
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=3, unique_by=lambda line: line[0]
        ),
        st.integers(0, 100),  # cents refunded
        st.integers(0, 2),  # shopper
    ),
    max_size=12,
)


@given(sales=SALES, period=st.sampled_from(Period), zone=st.sampled_from(["UTC", "Asia/Kathmandu", "Pacific/Apia"]))
@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_those_of_a_naive_count(settings, sales, period, zone):
    settings.STORE_TIME_ZONE = zone
    OrderItem.objects.all().delete()
    Order.objects.all().delete()
    offers = list(Offer.objects.order_by("pk")) or [offer_of(9, price) for price in ("1.01", "7.77", "20.00")]
    users = list(User.objects.order_by("pk")) or [UserFactory() for _each in range(3)]
    for status, minutes, lines, cents, user in sales:
        sale(
            NOON - timedelta(minutes=minutes),
            *[(offers[number], copies) for number, copies in lines],
            **dict(user=users[user], status=status, payment_status=PAID[status], refunded=str(Decimal(cents) / 100)),
        )
    (summary,) = summarise([period], NOON)
    for span, figures in [(summary.span, summary.figures), (summary.span_before, summary.before)]:
        assert figures[:2] == naive_money(span)
        assert figures.new_customers == naive_new_customers(span)
        assert figures.average == naive_average(*figures[:2])
    top = {one.book.pk: (one.copies, one.revenue) for one in top_books("copies", 9, summary.span)}
    assert top == naive_books(summary.span)
    by_day = sales_by_day(40, NOON)
    assert (
        sum(day.revenue for day in by_day[-NOON.astimezone(ZoneInfo(zone)).day :])
        == (naive_money(spans(Period.MONTH, NOON)[0])[0])
    )


def counting(span: Span | None = None) -> list[Order]:
    orders = [order for order in Order.objects.order_by("created_at") if order.status in {"CONFIRMED", "SHIPPED"}]
    return [order for order in orders if span is None or span.since <= order.created_at <= span.until]


def naive_money(span: Span) -> tuple[Decimal, int]:
    orders = counting(span)
    return sum((order.total_price - order.refunded_amount for order in orders), Decimal(0)), len(orders)


def naive_average(revenue: Decimal, count: int) -> Decimal:
    return (revenue / count).quantize(Decimal("0.01"), ROUND_HALF_UP) if count else Decimal(0)


def naive_new_customers(span: Span) -> int:
    first = {order.user_id: order.created_at for order in reversed(counting())}
    return sum(span.since <= at <= span.until for at in first.values())


def naive_books(span: Span) -> dict[int, tuple[int, Decimal]]:
    copies: Counter[int] = Counter()
    revenue: Counter[int] = Counter()
    for line in (line for order in counting(span) for line in order.items.all()):
        copies[line.book_id] += line.quantity
        revenue[line.book_id] += line.unit_price * line.quantity  # type: ignore[assignment]
    return {book: (copies[book], Decimal(revenue[book])) for book in copies}
