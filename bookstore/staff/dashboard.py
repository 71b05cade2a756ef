"""The first page of the admin: how the shop does, what is wanted of it, and what went wrong."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from bookstore.core.failures import failed_jobs
from bookstore.core.models import AuditRun, Mail
from bookstore.core.pagination import COUNT_CAP, counted
from bookstore.staff.charts import Bar, BarChart
from catalog.models import MissedSearch, Offer
from catalog.prices import format_price
from orders.services.sales import Day, Period, Summary, last_days, sales_by_day, selling_out, summarise, top_books
from prebooking.models import Prebook

DAYS = 30  # that charts and lists are of, but for those of today, the week and the month
MOST = 5  # rows of a list
AUDIT_IS_LATE = timedelta(days=2)  # it runs every night

Panel = dict[str, Any]


def add_panels(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the reader may see of the shop to the admin's first page."""
    may = request.user.has_perm
    panels = {name: panel(request) for name, (right, panel) in PANELS.items() if may(right)}
    return context | {"panels": panels, "low_stock": settings.LOW_STOCK}


# Sales


def sales(request: HttpRequest) -> Panel:
    days = sales_by_day(DAYS)
    return {
        "figures": [period_figures(summary) for summary in summarise(list(Period))],
        "charts": [revenue_chart(days), orders_chart(days)],
        "by_revenue": top_books("revenue", MOST, last_days(DAYS)),
        "by_copies": top_books("copies", MOST, last_days(DAYS)),
    }


def period_figures(summary: Summary) -> Panel:
    """Return a period's figures as they are shown, each with what it was in the period before."""
    now, before = summary.figures, summary.before
    return {
        "name": summary.period.label,
        "before_name": {
            Period.TODAY: _("Yesterday by this time"),
            Period.WEEK: _("Last week by this time"),
            Period.MONTH: _("Last month by this time"),
        }[summary.period],
        "delta": summary.delta_percentage,
        "delta_words": percentage(summary.delta_percentage),
        "rows": [
            (_("Revenue"), format_price(now.revenue), format_price(before.revenue)),
            (_("Orders"), whole(now.order_count), whole(before.order_count)),
            (_("Average order"), format_price(now.average), format_price(before.average)),
            (_("New customers"), whole(now.new_customers), whole(before.new_customers)),
        ],
    }


def percentage(delta: Decimal | None) -> str:
    if delta is None:
        return ""
    sign = {1: "+", 0: "±", -1: "−"}[(delta > 0) - (delta < 0)]
    return _("%(number)s%%") % {"number": sign + number_format(abs(delta), 1, force_grouping=True)}


def whole(number: int) -> str:
    return number_format(number, force_grouping=True)


def revenue_chart(days: list[Day]) -> BarChart:
    bars = [Bar(day_words(day), day.revenue, format_price(day.revenue)) for day in days]
    return BarChart(_("Revenue of the last 30 days"), (_("Day"), _("Revenue")), bars)


def orders_chart(days: list[Day]) -> BarChart:
    bars = [Bar(day_words(day), day.order_count, whole(day.order_count)) for day in days]
    return BarChart(_("Orders of the last 30 days"), (_("Day"), _("Orders")), bars)


def day_words(day: Day) -> str:
    return date_format(day.date, "MONTH_DAY_FORMAT")


# What to order


def stock(request: HttpRequest) -> Panel:
    sold_out = counted(Offer.objects.running_low(0), COUNT_CAP + 1)
    low = counted(Offer.objects.running_low(settings.LOW_STOCK).filter(stock_quantity__gt=0), COUNT_CAP + 1)
    may_see_sales = request.user.has_perm("orders.view_sales")
    return {
        "sold_out": up_to_cap(sold_out),
        "low": up_to_cap(low),
        "selling_out": selling_out(settings.LOW_STOCK, MOST, last_days(DAYS)) if may_see_sales else [],
        "may_list": request.user.has_perm("catalog.view_offerrunninglow"),
    }


def up_to_cap(number: int) -> str:
    return f"{whole(COUNT_CAP)}+" if number > COUNT_CAP else whole(number)


def demand(request: HttpRequest) -> Panel:
    of_each = Prebook.objects.in_demand().order_by().values("book", "book__title", "book__byline")
    return {
        "waiting": whole(Prebook.objects.in_demand().count()),
        "books": of_each.annotate(waiting=Count("pk")).order_by("-waiting", "book")[:MOST],
    }


def searches(request: HttpRequest) -> Panel:
    recent = MissedSearch.objects.filter(last_at__gte=timezone.now() - timedelta(days=DAYS))
    return {
        "count": recent.aggregate(count=Sum("count"))["count"] or 0,
        "rows": recent.order_by("-count", "words")[:MOST],
    }


# What went wrong


def jobs(request: HttpRequest) -> Panel:
    failed = failed_jobs()
    return {
        "count": failed.count(),
        "rows": [(job, job.task_name.rpartition(".")[2], job.args) for job in failed[:MOST]],
        "may_retry": request.user.has_perm("procrastinate.change_procrastinatejob"),
    }


def mails(request: HttpRequest) -> Panel:
    failed = Mail.objects.failed()
    return {
        "count": failed.count(),
        "rows": failed.order_by("-failed_at").only("to", "subject", "failed_at", "error")[:MOST],
        "may_retry": request.user.has_perm("core.change_mail"),
    }


def audit(request: HttpRequest) -> Panel:
    run = AuditRun.objects.order_by("-id").first()
    return {"run": run, "is_late": run is not None and run.finished_at < timezone.now() - AUDIT_IS_LATE}


PANELS: dict[str, tuple[str, Callable[[HttpRequest], Panel]]] = {
    "sales": ("orders.view_sales", sales),
    "stock": ("catalog.view_offer", stock),
    "demand": ("prebooking.view_bookindemand", demand),
    "searches": ("catalog.view_missedsearch", searches),
    "jobs": ("procrastinate.view_procrastinatejob", jobs),
    "mails": ("core.view_mail", mails),
    "audit": ("core.view_auditrun", audit),
}
