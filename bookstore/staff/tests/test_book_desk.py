"""The admin's page of a book: how it sells, who wants it, what came and went."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.factories import StaffFactory, UserFactory
from bookstore.staff.books import WEEKS, sales_by_week
from bookstore.staff.charts import Bar, BarChart
from catalog import services
from catalog.models import Book
from orders.models import Order, OrderStatus
from orders.services.sales import shop_zone
from orders.tests.factories import bought, offer_of
from prebooking.models import Prebook
from wishlist.models import Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory())
    client.get("/admin/")
    return client


def page_of(book: Book) -> str:
    return f"/admin/catalog/book/{book.pk}/change/"


def at(order: Order, moment: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(created_at=moment)


def test_copies_are_counted_in_the_week_of_their_order_by_the_shops_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    offer, zone = offer_of(50, "10.00"), shop_zone()
    now = datetime.now(zone)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    for copies, moment in ((1, monday), (2, monday - timedelta(seconds=1)), (4, monday - timedelta(weeks=51))):
        at(bought(offer, quantity=copies), moment)
    at(bought(offer, quantity=8), monday - timedelta(weeks=51, seconds=1))
    monkeypatch.setattr(timezone, "now", lambda: now)  # a week may end meanwhile
    bars = sales_by_week(offer.book_id).bars
    assert len(bars) == WEEKS
    assert {number: bar.value for number, bar in enumerate(bars) if bar.value} == {0: 4, 50: 2, 51: 1}


def test_copies_of_orders_that_were_cancelled_or_refunded_are_not_sold() -> None:
    offer = offer_of(50, "10.00")
    bought(offer, quantity=1)
    order = bought(offer, quantity=2)
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.CANCELLED)
    returned = bought(offer, quantity=4)
    returned.items.update(refunded_quantity=3)
    assert sum(bar.value for bar in sales_by_week(offer.book_id).bars) == 2


def test_the_page_shows_sales_movements_waiting_prebooks_and_wishes(staff: Client) -> None:
    offer = offer_of(5, "10.00")
    bought(offer, quantity=2)
    services.correct_stock(offer.pk, 7)
    Prebook.objects.create(user=UserFactory(), book=offer.book)
    Wish.objects.create(user=UserFactory(), book=offer.book)
    page = " ".join(staff.get(page_of(offer.book)).text.split())
    for words in ("Copies sold by week: 2 in a year", "1 prebook waits", "On 1 wishlist", "+7", "-2"):
        assert words in page


def test_staff_see_of_a_book_only_what_they_may(client: Client) -> None:
    offer = offer_of(5, "10.00")
    bought(offer)
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_book", "view_stockmovement"]))
    client.force_login(clerk)
    page = client.get(page_of(offer.book)).text
    assert "Latest stock movements" in page
    for words in ("Copies sold by week", "prebooks wait", "wishlist"):
        assert words not in page


def test_the_queries_of_a_books_page_do_not_grow_with_its_history(staff: Client) -> None:
    offer, counts = offer_of(500, "10.00"), []
    staff.get(page_of(offer.book))
    for size in (1, 8):
        for _number in range(size):
            bought(offer)
            Prebook.objects.create(user=UserFactory(), book=offer.book)
        with CaptureQueriesContext(connection) as queries:
            staff.get(page_of(offer.book))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_chart_has_a_bar_for_what_is_above_nothing_and_a_row_for_all() -> None:
    numbers = [Decimal("-1.00"), Decimal(0), Decimal("0.01"), Decimal("50.00"), Decimal("100.00")]
    chart = BarChart("Revenue", ("Day", "€"), [Bar(f"Day {n}", value, str(value)) for n, value in enumerate(numbers)])
    assert [(bar.x, bar.height, bar.title) for bar in chart.drawn] == [
        ("21", "10", "Day 2: 0.01"), ("31", "500", "Day 3: 50.00"), ("41", "1000", "Day 4: 100.00"),
    ]  # fmt: skip
    assert (chart.width, chart.tallest) == ("50", chart.bars[4])


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_a_chart_of_nothing_says_so(values: list[int]) -> None:
    chart = BarChart("Nothing", ("Day", "Copies"), [Bar("Day", value, "0") for value in values])
    assert (chart.tallest, list(chart.drawn)) == (None, [])
