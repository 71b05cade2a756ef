"""The shopper's cart, over all sellers."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookstore.core.idempotency import idempotent
from cart import services
from cart.api.serializers import (
    AddItemSerializer,
    ItemSerializer,
    QuantitySerializer,
    ShoppersCartSerializer,
    item_body,
    shoppers_cart_body,
)
from cart.identity import HEADER, NOBODY, key_of_shopper, remember, shopper_for_change, shopper_of
from cart.reading import cart_of

TOKEN = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A guest's token; `new` asks for one, which the answer has in the same header. Browsers use a cookie.",
)


class ShoppersView(APIView):
    """A door for accounts and guests alike; what it answers is one shopper's and nobody keeps it."""

    permission_classes = [AllowAny]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = remember(request, super().dispatch(request, *args, **kwargs))
        response.headers["Cache-Control"] = "private, no-store"
        return response


class CartView(ShoppersView):
    @extend_schema(operation_id="cart_retrieve", parameters=[TOKEN], responses=ShoppersCartSerializer)
    def get(self, request: Request) -> Response:
        return Response(shoppers_cart_body(cart_of(shopper_of(request)), request))

    @extend_schema(operation_id="cart_empty", parameters=[TOKEN], responses={204: None})
    def delete(self, request: Request) -> Response:
        services.empty_carts(shopper_of(request) or NOBODY)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CartItemsView(ShoppersView):
    refuses = {HTTPStatus.NOT_FOUND}

    @extend_schema(parameters=[TOKEN], request=AddItemSerializer, responses={201: ItemSerializer})
    @idempotent(caller_of=key_of_shopper)
    def post(self, request: Request) -> Response:
        given = AddItemSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        if shopper := shopper_of(request):
            item = services.add_item(shopper, **given.validated_data)
        else:
            with transaction.atomic():
                item = services.add_item(shopper_for_change(request), **given.validated_data)
        return Response(item_body(item, request), status=status.HTTP_201_CREATED)


class CartItemView(ShoppersView):
    @extend_schema(parameters=[TOKEN], request=QuantitySerializer, responses=ItemSerializer)
    def put(self, request: Request, pk: str) -> Response:
        given = QuantitySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        shopper = shopper_of(request) or NOBODY
        return Response(item_body(services.set_quantity(shopper, int(pk), **given.validated_data), request))

    @extend_schema(parameters=[TOKEN], request=QuantitySerializer, responses=ItemSerializer)
    def patch(self, request: Request, pk: str) -> Response:
        return self.put(request, pk)

    @extend_schema(parameters=[TOKEN], responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        services.remove_item(shopper_of(request) or NOBODY, int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
