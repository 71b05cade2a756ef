"""What has become of one book, across the apps: sold, waited for, wished for, come and gone."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from bookstore.staff.charts import Bar, BarChart
from catalog.models import Offer, StockMovement
from orders.models import OrderItem
from orders.services.sales import COPIES_LEFT, Period, begin_of, first_day, shop_zone, sold

WEEKS = 52
LATEST = 8  # movements


def sales_by_week(book_id: int) -> BarChart:
    """Chart the copies sold in each of the last 52 weeks, this one included, as the dashboard counts them."""
    zone = shop_zone()
    monday = first_day(Period.WEEK, timezone.now().astimezone(zone).date())
    mondays = [monday - timedelta(weeks=number) for number in reversed(range(WEEKS))]
    lines = OrderItem.objects.filter(book=book_id, order__in=sold(), order__created_at__gte=begin_of(mondays[0]))
    weeks = lines.order_by().annotate(week=TruncWeek("order__created_at", tzinfo=zone)).values("week")
    copies = {row["week"].date(): row["copies"] for row in weeks.annotate(copies=Sum(COPIES_LEFT))}
    bars = [
        Bar(date_format(day, "DATE_FORMAT"), copies.get(day, 0), number_format(copies.get(day, 0))) for day in mondays
    ]
    total = sum(copies.values())
    title = _("Copies sold by week: %(total)s in a year") % {"total": number_format(total, force_grouping=True)}
    return BarChart(title, (_("Week from"), _("Copies")), bars)


def latest_movements(book_id: int) -> Sequence[StockMovement]:
    """Return the last movements of all the book's offers, withdrawn ones too."""
    offers = list(Offer.objects.filter(book=book_id).values_list("pk", flat=True))
    return (
        StockMovement.objects.filter(offer__in=offers).select_related("offer__seller", "actor").order_by("-pk")[:LATEST]
    )
