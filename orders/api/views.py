"""Buying, and the caller's own orders."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookstore.core.api import private
from bookstore.core.idempotency import REPLAYED, call_of, idempotent
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate
from bookstore.core.prepared import prepared
from bookstore.core.problems import as_json, problem_of
from orders import services
from orders.api.serializers import (
    CheckoutRefusal,
    CheckoutSerializer,
    OrderSerializer,
    PaymentFailed,
    body_of,
    order_body,
    read,
)
from orders.exceptions import OrderNotFound, OrderPaymentFailed
from orders.limits import check_out_within_limits
from orders.models import Order, OrderEvent, OrderItem, OrderStatus
from orders.payment import Means
from orders.services import CheckoutRequest, Purchase

NEWEST_FIRST = Sort("id", descending=True)
PROBLEM = "application/problem+json"


@private
class OrdersView(APIView):
    """A door for accounts alone: an order is somebody's."""

    permission_classes = [IsAuthenticated]

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        if not request.user.is_authenticated:
            raise NotAuthenticated(_("Orders need an account. Sign in or register; your cart comes along."))
        super().permission_denied(request, message, code)


class CheckoutView(OrdersView):
    refuses = {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}

    @extend_schema(
        operation_id="orders_checkout",
        request=CheckoutSerializer,
        responses={
            201: OrderSerializer,
            202: OrderSerializer,
            (402, PROBLEM): PaymentFailed,
            (409, PROBLEM): CheckoutRefusal,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """
        Buy what is in the cart.

        201 is an order that was paid. 202 is one whose payment nobody knows of yet: ask again with the same key, or
        look at the order later. 402 is a payment that was declined; the cart is as it was.
        """
        given = read(CheckoutSerializer, request.data)
        wanted = CheckoutRequest(
            cart_id=given["cart_id"],
            accepts_price_changes=given["accept_price_changes"],
            expected_total=given["expected_total"],
            shipping_address=given["shipping_address"],
            means=Means(given["payment_token"] or "", must_fail=given["force_payment_failure"]),
            call=call_of(request),
        )
        return answer(check_out_within_limits(request, wanted), request)

    post.is_idempotent = True  # type: ignore[attr-defined]  # for the OpenAPI document; the order keeps the key


def answer(purchase: Purchase, request: Request) -> HttpResponse:
    response: HttpResponse
    order = purchase.order
    if order.status == OrderStatus.PAYMENT_FAILED:
        response = as_json(problem_of(OrderPaymentFailed(order_id=order.pk, number=order.number)))
    else:
        status = HTTPStatus.ACCEPTED if order.status == OrderStatus.PENDING else HTTPStatus.CREATED
        response = Response(body_of(order, lines_with_books(order.pk), timeline(order.pk), request), status=status)
    if purchase.is_repeat:
        response.headers[REPLAYED] = "true"
    return response


@prepared
def lines_with_books(order_id: int) -> QuerySet[OrderItem]:
    return OrderItem.objects.filter(order=order_id).select_related("book", "offer__seller").defer("book__description")


@prepared
def timeline(order_id: int) -> QuerySet[OrderEvent]:
    return OrderEvent.objects.filter(order=order_id).public()


def shown(orders: Any, request: Request) -> dict[str, Any]:
    """Return the JSON of the one order that these are. Raises: OrderNotFound."""
    order = orders.with_lines().first()
    if order is None:
        raise OrderNotFound
    return order_body(order, request)


class OrderViewSet(OrdersView, viewsets.ViewSet):
    """The caller's own orders."""

    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=PAGING, responses=listed(OrderSerializer))
    def list(self, request: Request) -> Response:
        """All the caller's orders, whatever became of them, newest first."""
        orders = Order.objects.placed_by(request.user).with_lines()
        page = paginate(orders, request.query_params, sort=NEWEST_FIRST)
        return Response(body(page, [order_body(order, request) for order in page.items]))

    @extend_schema(responses=OrderSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(shown(Order.objects.placed_by(request.user).filter(pk=pk), request))

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an order that is paid and not on its way yet. All its money goes back."""
        mine = Order.objects.placed_by(request.user).filter(pk=pk)
        if not mine.exists():
            raise OrderNotFound
        services.cancel_order(int(pk), actor=request.user)
        return Response(shown(mine, request))


class OrderByKeyView(OrdersView):
    @extend_schema(operation_id="orders_by_key_retrieve", responses=OrderSerializer)
    def get(self, request: Request, key: str) -> Response:
        """The order that the caller's checkout with this idempotency key made, where its answer was lost."""
        # The path has lost a slash at its end by now, which may have been the key's.
        keys = [f"{key}/", key] if request.META["PATH_INFO"].endswith("/") else [key]
        mine = Order.objects.placed_by(request.user)
        found = {order.checkout_key: order.pk for order in mine.filter(checkout_key__in=keys)}
        return Response(shown(mine.filter(pk=next((found[key] for key in keys if key in found), 0)), request))
