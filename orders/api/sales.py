"""What the shop has sold, for staff."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookstore.core.api import private
from bookstore.core.fields import CountField, IdField
from bookstore.core.permissions import IsStaff
from orders.api.serializers import Total, money, read
from orders.services.sales import Figures, Period, Span, Summary, TopBook, last_days, spans, summarise, top_books

MOST_BOOKS = 100
DAYS = 90  # that best sellers are of, as popularity is


class PeriodSerializer(serializers.Serializer[Any]):
    period = serializers.ChoiceField(
        choices=Period.choices,
        default=Period.TODAY,
        help_text="From the beginning of the day, of the week (Monday) or of the month until now, by the shop's clock.",
    )


class RankingSerializer(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=["revenue", "copies"], default="revenue")
    limit = serializers.IntegerField(min_value=1, max_value=MOST_BOOKS, default=10)
    period = serializers.ChoiceField(
        choices=Period.choices, required=False, help_text=f"As in the summary; without it the last {DAYS} days."
    )


class FiguresSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    revenue = Total()
    order_count = CountField()
    aov = Total()
    new_customers = CountField(help_text="Shoppers whose first order that counts was placed in this time.")


class SalesSummarySerializer(FiguresSerializer):
    period = serializers.ChoiceField(choices=Period.choices)
    currency = serializers.CharField()
    delta_percentage = serializers.FloatField(
        allow_null=True, help_text="By how much the revenue is above the one before; null where that was 0."
    )
    before = FiguresSerializer(help_text="The period before, until the same time of the same day in it.")


class TopBookSerializer(serializers.Serializer[Any]):
    book_id = IdField()
    title = serializers.CharField()
    author = serializers.CharField()
    isbn = serializers.CharField(allow_null=True)
    copies = CountField()
    revenue = Total()
    currency = serializers.CharField()


@extend_schema_serializer(many=False)
class TopBooksSerializer(serializers.Serializer[Any]):
    items = TopBookSerializer(many=True)  # type: ignore[assignment]  # as in every list


def given(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    return read(serializer, {name: value for name, value in request.query_params.items() if value})


@private
class SalesSummaryView(APIView):
    permission_classes = [IsStaff]
    rights = {"GET": "orders.view_sales"}

    @extend_schema(operation_id="admin_sales_summary", parameters=[PeriodSerializer], responses=SalesSummarySerializer)
    def get(self, request: Request) -> Response:
        """
        Revenue, orders, their average and new customers of a period, beside the one before.

        An order counts once it is paid, unless it is cancelled or refunded as a whole: CONFIRMED, SHIPPED, DELIVERED.
        It counts when it was placed, with what was paid, shipping and tax included, less what was given back since.
        """
        (summary,) = summarise([Period(given(request, PeriodSerializer)["period"])])
        return Response(summary_body(summary))


@private
class TopBooksView(APIView):
    permission_classes = [IsStaff]
    rights = {"GET": "orders.view_sales"}

    @extend_schema(operation_id="admin_sales_top_books", parameters=[RankingSerializer], responses=TopBooksSerializer)
    def get(self, request: Request) -> Response:
        """
        The books that sold best, by what they brought in or by copies.

        Copies that were refunded do not count; money given back without naming copies belongs to no book.
        """
        wanted = given(request, RankingSerializer)
        span = spans(Period(wanted["period"]), timezone.now())[0] if "period" in wanted else last_days(DAYS)
        return Response({"items": list(map(top_book_body, top_books(wanted["by"], wanted["limit"], span)))})


def summary_body(summary: Summary) -> dict[str, Any]:
    delta = summary.delta_percentage
    return {
        "period": summary.period.value,
        **figures_body(summary.span, summary.figures),
        "currency": settings.STORE_CURRENCY,
        "delta_percentage": None if delta is None else float(delta),
        "before": figures_body(summary.span_before, summary.before),
    }


def figures_body(span: Span, figures: Figures) -> dict[str, Any]:
    return {
        "since": span.since,
        "until": span.until,
        "revenue": money(figures.revenue),
        "order_count": figures.order_count,
        "aov": money(figures.average),
        "new_customers": figures.new_customers,
    }


def top_book_body(top: TopBook) -> dict[str, Any]:
    return {
        "book_id": top.book.pk,
        "title": top.book.title,
        "author": top.book.byline,
        "isbn": top.book.isbn or None,
        "copies": top.copies,
        "revenue": money(top.revenue),
        "currency": settings.STORE_CURRENCY,
    }
