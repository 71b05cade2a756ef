"""The nine calls of `cart.proto`: each reads its message, has a service act, and shows the cart."""

from typing import Any

from django.db import transaction
from google.protobuf.message import Message

from cart import services
from cart.api.serializers import (
    ActiveQuerySerializer,
    ByIdsSerializer,
    ByUserQuerySerializer,
    UpsertSerializer,
    read,
)
from cart.identity import caller_of, shopper_named
from cart.models import CartStatus
from cart.reading import carts_of, parts_by_ids, the_part
from cart.rpc import cart_pb2, cart_pb2_grpc
from cart.rpc.call import Call
from cart.rpc.messages import (
    AddItemSerializer,
    CartIdSerializer,
    CartStatusSerializer,
    LineIdSerializer,
    QtySerializer,
    SetItemSerializer,
    cart_list,
    fields_of,
    idempotent,
    response,
    shown,
)


class CartServicer(cart_pb2_grpc.CartServiceServicer):
    @idempotent
    def UpsertCart(self, request: cart_pb2.UpsertCartRequest, call: Call) -> Message:
        given = read(UpsertSerializer, fields_of(request))
        with transaction.atomic():
            cart, _is_new = services.upsert_cart(shopper_named(call, given["user_id"]), given["company_id"])
        return shown(cart)

    @idempotent
    def UpsertItem(self, request: cart_pb2.UpsertItemRequest, call: Call) -> Message:
        fields = fields_of(request)
        return set_item(fields, call) if "cart_id" in fields else add_item(fields, call)

    def UpdateQty(self, request: cart_pb2.UpdateQtyRequest, call: Call) -> Message:
        given = read(QtySerializer, fields_of(request))
        cart = services.set_line_quantity(caller_of(call), given["cart_id"], given["product_id"], given["quantity"])
        return shown(cart)

    def RemoveItem(self, request: cart_pb2.RemoveItemRequest, call: Call) -> Message:
        given = read(LineIdSerializer, fields_of(request))
        return shown(services.remove_line(caller_of(call), given["cart_id"], given["product_id"]))

    def ChangeStatus(self, request: cart_pb2.ChangeStatusRequest, call: Call) -> Message:
        given = read(CartStatusSerializer, fields_of(request))
        return shown(services.change_status(caller_of(call), given["cart_id"], CartStatus(given["status"])))

    def GetCart(self, request: cart_pb2.GetCartRequest, call: Call) -> Message:
        given = read(CartIdSerializer, fields_of(request))
        return response(the_part(caller_of(call).carts.filter(pk=given["cart_id"])))

    def GetActiveCart(self, request: cart_pb2.GetActiveCartRequest, call: Call) -> Message:
        given = read(ActiveQuerySerializer, fields_of(request))
        carts = caller_of(call).named(given["user_id"]).carts.active()
        return response(the_part(carts.filter(seller=given["company_id"])))

    def ListByUser(self, request: cart_pb2.ListByUserRequest, call: Call) -> Message:
        given = read(ByUserQuerySerializer, fields_of(request))
        shopper = caller_of(call).named(given.pop("user_id"))
        return cart_list(carts_of(shopper, **given))

    def ListByIds(self, request: cart_pb2.ListByIdsRequest, call: Call) -> Message:
        ids = read(ByIdsSerializer, {"ids": [], **fields_of(request)})["ids"]
        return cart_list(parts_by_ids(caller_of(call).carts, ids))


def add_item(fields: dict[str, Any], call: Call) -> Message:
    given = read(AddItemSerializer, fields)
    with transaction.atomic():
        item = services.add_product(
            shopper_named(call, given["user_id"]),
            given["company_id"],
            given["product_id"],
            given["quantity"],
            expected_price=given["expected_price"],
        )
    return shown(item.cart)


def set_item(fields: dict[str, Any], call: Call) -> Message:
    given = read(SetItemSerializer, fields)
    cart = services.set_line(
        caller_of(call),
        given["cart_id"],
        given["product_id"],
        given["quantity"],
        expected_price=given["expected_price"],
    )
    return shown(cart)
