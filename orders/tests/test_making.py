"""Made-up orders: as uneven as real ones, and right in every respect that the audit knows."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from catalog.making import make_books
from catalog.models import Book, Offer
from orders.making import make_orders, running
from orders.models import Invoice, Order, OrderStatus, Refund
from orders.services import issue_invoice, refund_order
from orders.tests.factories import bought, offer_of
from orders.tests.faults import faults

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> None:
    make_books(200)


def make(count: int) -> str:
    out = StringIO()
    call_command("make_orders", str(count), stdout=out, stderr=StringIO())
    return out.getvalue()


def shelves() -> tuple[Any, Any]:
    return (
        list(Offer.objects.order_by("pk").values_list("stock_quantity", "updated_at")),
        list(Book.objects.order_by("pk").values_list("price", "in_stock")),
    )


def test_a_shop_with_made_orders_passes_the_audit_and_has_the_stock_it_had(books):
    before = shelves()
    assert make(1_000).startswith("Made 1,000 orders in ")
    assert (Order.objects.count(), shelves() == before, faults()) == (1_000, True, [])


def test_they_are_as_uneven_as_real_ones(books):
    make_orders(1_500)
    statuses = set(Order.objects.values_list("status", flat=True))
    assert statuses == set(OrderStatus) - {OrderStatus.PENDING}
    per_shopper = Order.objects.values("user").annotate(number=Count("pk")).values_list("number", flat=True)
    assert max(per_shopper) > 5 * min(per_shopper)
    assert set(Order.objects.annotate(lines=Count("items")).values_list("lines", flat=True)) >= {1, 2, 3, 4}
    assert Order.objects.filter(refunded_amount__gt=0, status=OrderStatus.DELIVERED).exists()
    month_ago = timezone.now() - timedelta(days=30)
    assert 60 < Order.objects.filter(created_at__gt=month_ago).count() < 200


def test_they_lie_in_the_past_oldest_first(books):
    make_orders(300)
    times = list(Order.objects.order_by("pk").values_list("created_at", flat=True))
    assert times == sorted(times)
    assert timezone.now() - timedelta(days=731) < times[0] < times[-1] < timezone.now()
    assert not Order.objects.filter(events__at__gt=timezone.now()).exists()
    assert not Refund.objects.filter(created_at__gt=timezone.now()).exists()


def test_more_are_added_beside_real_ones_and_life_goes_on(books):
    real = bought(offer_of(5))
    issue_invoice(real)
    for _time in range(2):
        make_orders(100)
    assert (Order.objects.count(), User.objects.filter(email__endswith=running.MAIL).count()) == (201, 25)
    assert issue_invoice(bought(offer_of())).number == Invoice.objects.count()
    refund_order(Order.objects.filter(status="DELIVERED").latest("pk").pk, actor=None, restock=True)
    assert faults() == []


@pytest.mark.parametrize("count", ["0", "-1", "10000001"])
def test_a_nonsense_number_is_refused(books, count):
    with pytest.raises(CommandError, match="Between 1 and 10,000,000 orders can be made"):
        call_command("make_orders", "--", count, stdout=StringIO(), stderr=StringIO())
    assert Order.objects.count() == 0


def test_without_books_there_is_nothing_to_buy():
    with pytest.raises(CommandError, match="make_books first"):
        make(10)


def test_a_run_that_is_stopped_keeps_whole_batches(books, monkeypatch):
    def stop(made: int) -> None:
        if made == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "BATCH_SIZE", 10)
    with pytest.raises(KeyboardInterrupt):
        make_orders(50, tell=stop)
    assert (Order.objects.count(), faults()) == (20, [])
