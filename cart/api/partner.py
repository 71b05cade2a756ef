"""One seller's cart: for partners' services, and for shoppers who hold one in hand."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bookstore.core.idempotency import idempotent
from cart import services
from cart.api.serializers import (
    ActiveQuerySerializer,
    AddProductSerializer,
    ByIdsSerializer,
    ByUserQuerySerializer,
    CartSerializer,
    QuantitySerializer,
    SetProductSerializer,
    StatusSerializer,
    UpsertSerializer,
    cart_body,
    read,
)
from cart.api.views import TOKEN, ShoppersView
from cart.identity import caller_of, key_of_shopper, offer_token, shopper_named, shopper_of, token_of
from cart.models import Cart, CartStatus
from cart.reading import carts_of, parts_by_ids, the_part


def shown(cart: Cart) -> dict[str, Any]:
    return cart_body(the_part(Cart.objects.filter(pk=cart.pk)))


class ActiveCartView(ShoppersView):
    refuses = {HTTPStatus.NOT_FOUND}

    @extend_schema(parameters=[ActiveQuerySerializer, TOKEN], responses=CartSerializer)
    def get(self, request: Request) -> Response:
        given = read(ActiveQuerySerializer, request.query_params)
        if shopper_of(request) is None and not token_of(request):
            offer_token(request)
        shopper = caller_of(request).named(given["user_id"])
        return Response(cart_body(the_part(shopper.carts.active().filter(seller=given["company_id"]))))


class UpsertView(ShoppersView):
    refuses = {HTTPStatus.NOT_FOUND}

    @extend_schema(parameters=[TOKEN], request=UpsertSerializer, responses={200: CartSerializer, 201: CartSerializer})
    @idempotent(caller_of=key_of_shopper)
    def post(self, request: Request) -> Response:
        given = read(UpsertSerializer, request.data)
        with transaction.atomic():
            cart, is_new = services.upsert_cart(shopper_named(request, given["user_id"]), given["company_id"])
        return Response(shown(cart), status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class AddItemView(ShoppersView):
    refuses = {HTTPStatus.NOT_FOUND}

    @extend_schema(parameters=[TOKEN], request=AddProductSerializer, responses={201: CartSerializer})
    @idempotent(caller_of=key_of_shopper)
    def post(self, request: Request) -> Response:
        given = read(AddProductSerializer, request.data)
        with transaction.atomic():
            item = services.add_product(
                shopper_named(request, given["user_id"]),
                given["company_id"],
                given["product_id"],
                given["quantity"],
                expected_price=given["expected_price"],
            )
        return Response(shown(item.cart), status=status.HTTP_201_CREATED)


class OneCartView(ShoppersView):
    @extend_schema(operation_id="cart_one_retrieve", parameters=[TOKEN], responses=CartSerializer)
    def get(self, request: Request, cart_id: str) -> Response:
        return Response(cart_body(the_part(caller_of(request).carts.filter(pk=cart_id))))


class LineView(ShoppersView):
    @extend_schema(parameters=[TOKEN], request=SetProductSerializer, responses=CartSerializer)
    @idempotent(caller_of=key_of_shopper)
    def post(self, request: Request, cart_id: str) -> Response:
        given = read(SetProductSerializer, request.data)
        cart = services.set_line(
            caller_of(request),
            int(cart_id),
            given["product_id"],
            given["quantity"],
            expected_price=given["expected_price"],
        )
        return Response(shown(cart))


class QuantityView(ShoppersView):
    @extend_schema(parameters=[TOKEN], request=QuantitySerializer, responses=CartSerializer)
    def put(self, request: Request, cart_id: str, product_id: str) -> Response:
        given = read(QuantitySerializer, request.data)
        cart = services.set_line_quantity(caller_of(request), int(cart_id), int(product_id), given["quantity"])
        return Response(shown(cart))


class RemoveView(ShoppersView):
    @extend_schema(parameters=[TOKEN], responses=CartSerializer)
    def delete(self, request: Request, cart_id: str, product_id: str) -> Response:
        return Response(shown(services.remove_line(caller_of(request), int(cart_id), int(product_id))))


class StatusView(ShoppersView):
    @extend_schema(parameters=[TOKEN], request=StatusSerializer, responses=CartSerializer)
    def put(self, request: Request, cart_id: str) -> Response:
        wanted = CartStatus(read(StatusSerializer, request.data)["status"])
        return Response(shown(services.change_status(caller_of(request), int(cart_id), wanted)))


class ByUserView(ShoppersView):
    refuses = {HTTPStatus.NOT_FOUND}

    @extend_schema(parameters=[ByUserQuerySerializer, TOKEN], responses=CartSerializer(many=True))
    def get(self, request: Request) -> Response:
        given = read(ByUserQuerySerializer, request.query_params)
        shopper = caller_of(request).named(given.pop("user_id"))
        return Response([cart_body(part) for part in carts_of(shopper, **given)])


class ByIdsView(ShoppersView):
    @extend_schema(parameters=[TOKEN], request=ByIdsSerializer, responses=CartSerializer(many=True))
    def post(self, request: Request) -> Response:
        ids = read(ByIdsSerializer, request.data)["ids"]
        return Response([cart_body(part) for part in parts_by_ids(caller_of(request).carts, ids)])
