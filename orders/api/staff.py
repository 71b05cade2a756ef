"""Everybody's orders, for staff."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from django.db import Error as DatabaseError
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.api import private
from bookstore.core.errors import DomainError, as_busy
from bookstore.core.idempotency import idempotent
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import COUNT_CAP, body, paginate
from bookstore.core.permissions import IsStaff
from orders import services
from orders.api.serializers import (
    FoundBySerializer,
    ManySerializer,
    OrderSerializer,
    OutcomesSerializer,
    RefundSerializer,
    ShipManySerializer,
    ShipSerializer,
    order_body,
    read,
)
from orders.api.views import NEWEST_FIRST, shown
from orders.models import Order, OrderQuerySet

SEARCH_CAP = 1_000


@private
class StaffOrderViewSet(viewsets.ViewSet):
    """Staff find orders, one or many, and see to what becomes of them."""

    permission_classes = [IsStaff]
    # Whoever packs gives no money back: that is a refund's right, as in the admin.
    rights = {
        **dict.fromkeys(("list", "retrieve"), "orders.view_order"),
        **dict.fromkeys(("ship", "ship_many", "deliver", "deliver_many"), "orders.change_order"),
        **dict.fromkeys(("refund", "cancel", "cancel_many"), "orders.add_refund"),
    }
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=[*PAGING, FoundBySerializer], responses=listed(OrderSerializer))
    def list(self, request: Request) -> Response:
        """All orders that fit every parameter given, newest first."""
        given = read(FoundBySerializer, {name: value for name, value in request.query_params.items() if value})
        cap = SEARCH_CAP if given["q"] else COUNT_CAP
        page = paginate(found(**given).with_lines(), request.query_params, sort=NEWEST_FIRST, cap=cap)
        return Response(body(page, [order_body(order, request) for order in page.items]))

    @extend_schema(responses=OrderSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(one(pk, request))

    @extend_schema(request=ShipSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def ship(self, request: Request, pk: str) -> Response:
        """Note that an order is on its way."""
        services.ship_order(int(pk), actor=request.user, **read(ShipSerializer, request.data))
        return Response(one(pk, request))

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def deliver(self, request: Request, pk: str) -> Response:
        """Note that an order has arrived."""
        services.deliver_order(int(pk), actor=request.user)
        return Response(one(pk, request))

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an order that is paid and not on its way yet. All its money goes back."""
        services.cancel_order(int(pk), actor=request.user)
        return Response(one(pk, request))

    @extend_schema(request=RefundSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def refund(self, request: Request, pk: str) -> Response:
        """Give money of an order back, never more than was paid. The order is REFUNDED once nothing is left."""
        services.refund_order(int(pk), actor=request.user, **read(RefundSerializer, request.data))
        return Response(one(pk, request))

    @extend_schema(
        operation_id="admin_orders_ship_many", request=ShipManySerializer, responses={200: OutcomesSerializer}
    )
    @action(detail=False, methods=["post"], url_path="ship", url_name="ship-many")
    def ship_many(self, request: Request) -> Response:
        """Note of up to 100 orders that they are on their way, each for itself."""
        given = read(ShipManySerializer, request.data)
        return one_by_one(
            given["ids"], lambda pk: services.ship_order(pk, actor=request.user, carrier=given["carrier"])
        )

    @extend_schema(
        operation_id="admin_orders_deliver_many", request=ManySerializer, responses={200: OutcomesSerializer}
    )
    @action(detail=False, methods=["post"], url_path="deliver", url_name="deliver-many")
    def deliver_many(self, request: Request) -> Response:
        """Note of up to 100 orders that they have arrived, each for itself."""
        ids = read(ManySerializer, request.data)["ids"]
        return one_by_one(ids, lambda pk: services.deliver_order(pk, actor=request.user))

    @extend_schema(operation_id="admin_orders_cancel_many", request=ManySerializer, responses={200: OutcomesSerializer})
    @action(detail=False, methods=["post"], url_path="cancel", url_name="cancel-many")
    def cancel_many(self, request: Request) -> Response:
        """Cancel up to 100 orders, each for itself."""
        ids = read(ManySerializer, request.data)["ids"]
        return one_by_one(ids, lambda pk: services.cancel_order(pk, actor=request.user))


def found(
    *,
    q: str,
    status: str | None = None,
    user_id: int | None = None,
    placed_from: Any = None,
    placed_to: Any = None,
) -> OrderQuerySet:
    """Return the orders that fit all that is given; days are those of UTC."""
    orders = Order.objects.all()
    if status:
        orders = orders.filter(status=status)
    if user_id:
        orders = orders.filter(user=user_id)
    if placed_from:
        orders = orders.filter(created_at__gte=datetime.combine(placed_from, time.min, UTC))
    if placed_to:
        orders = orders.filter(created_at__lte=datetime.combine(placed_to, time.max, UTC))
    return orders.matching(q) if q else orders


def one(pk: str, request: Request) -> dict[str, Any]:
    return shown(Order.objects.filter(pk=pk), request)


def one_by_one(ids: list[int], act: Callable[[int], Order]) -> Response:
    """Do the same to several orders, each in its own transaction, and tell what became of each."""
    return Response({"items": [outcome_of(pk, act) for pk in dict.fromkeys(ids)]})


def outcome_of(pk: int, act: Callable[[int], Order]) -> dict[str, Any]:
    try:
        return {"id": pk, "status": act(pk).status}
    except (DomainError, DatabaseError) as error:
        refusal = error if isinstance(error, DomainError) else as_busy(error)
        if refusal is None:
            raise
        return {"id": pk, "code": refusal.code, "detail": str(refusal.message)}
