"""What staff may want to order, for programs."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookstore.core.api import private
from bookstore.core.fields import MAX_COUNT, CountField, IdField, MoneyField
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate
from bookstore.core.permissions import IsStaff
from catalog.api.serializers import NamedSerializer
from catalog.models import Offer

LOWEST_FIRST = Sort("stock_quantity")


class ThresholdSerializer(serializers.Serializer[Any]):
    threshold = serializers.IntegerField(
        min_value=0, max_value=MAX_COUNT, required=False, help_text="Copies; without it the shop's own setting."
    )


class LowStockSerializer(serializers.Serializer[Any]):
    """An active offer of which few copies are left, or none."""

    offer_id = IdField()
    book_id = IdField()
    title = serializers.CharField()
    author = serializers.CharField()
    isbn = serializers.CharField(allow_null=True)
    seller = NamedSerializer()
    price = MoneyField()
    currency = serializers.CharField()
    stock_quantity = CountField()


@private
class LowStockView(APIView):
    permission_classes = [IsStaff]
    rights = {"GET": "catalog.view_offer"}

    @extend_schema(
        operation_id="admin_inventory_low_stock",
        parameters=[*PAGING, ThresholdSerializer],
        responses=listed(LowStockSerializer),
    )
    def get(self, request: Request) -> Response:
        """The active offers of which `threshold` copies or fewer are left, sold out ones too, fewest first."""
        given = ThresholdSerializer(data={name: value for name, value in request.query_params.items() if value})
        given.is_valid(raise_exception=True)
        threshold = given.validated_data.get("threshold", settings.LOW_STOCK)
        offers = Offer.objects.running_low(threshold).select_related("book", "seller").defer("book__description")
        page = paginate(offers, request.query_params, sort=LOWEST_FIRST)
        return Response(body(page, list(map(low_stock_body, page.items))))


def low_stock_body(offer: Offer) -> dict[str, Any]:
    book, seller = offer.book, offer.seller
    return {
        "offer_id": offer.pk,
        "book_id": book.pk,
        "title": book.title,
        "author": book.byline,
        "isbn": book.isbn or None,
        "seller": {"id": seller.pk, "name": seller.name, "slug": seller.slug},
        "price": f"{offer.price:.2f}",
        "currency": offer.currency,
        "stock_quantity": offer.stock_quantity,
    }
