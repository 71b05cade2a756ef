"""Between protobuf's messages and what serializers take and give."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from rest_framework import serializers

from bookstore.core.fields import IdField, MoneyField
from bookstore.core.idempotency import Call as OneCall
from bookstore.core.idempotency import Outcome, ensure_sane, fingerprint_of, once
from cart.api.serializers import ProductSerializer, StatusSerializer, UpsertSerializer, cart_body
from cart.identity import key_of_shopper
from cart.models import Cart
from cart.reading import Part, the_part
from cart.rpc import cart_pb2
from cart.rpc.call import Call

Method = Callable[[Any, Any, Call], Message]


# What comes in: the fields of HTTP's bodies, and the ids that HTTP has in its paths


class CartIdSerializer(serializers.Serializer[Any]):
    cart_id = IdField()


class LineIdSerializer(CartIdSerializer):
    product_id = IdField()


class QtySerializer(CartIdSerializer, ProductSerializer):
    pass


class ExpectedSerializer(ProductSerializer):
    expected_price = MoneyField(required=False, default=None)


class SetItemSerializer(CartIdSerializer, ExpectedSerializer):
    pass


class AddItemSerializer(UpsertSerializer, ExpectedSerializer):
    pass


class CartStatusSerializer(CartIdSerializer, StatusSerializer):
    pass


def fields_of(message: Message) -> dict[str, Any]:
    """Return what a message says, as a body of HTTP would; what it does not say is not there."""
    fields = {field.name: value for field, value in message.ListFields() if field.name != "guest_token"}
    if "ids" in fields:
        fields["ids"] = list(fields["ids"])
    if number := fields.pop("status", 0):
        known = cart_pb2.CartStatus.DESCRIPTOR.values_by_number.get(number)
        fields["status"] = known.name if known else str(number)
    return fields


# What goes out


def shown(cart: Cart) -> Message:
    return response(the_part(Cart.objects.filter(pk=cart.pk)))


def response(part: Part) -> Message:
    return cart_pb2.CartResponse(cart=message_of(part))


def cart_list(parts: Iterable[Part]) -> Message:
    return cart_pb2.CartList(carts=map(message_of, parts))


def message_of(part: Part) -> Message:
    """Return a cart with the very values that HTTP shows."""
    return cart_pb2.Cart(**{name: plain(value) for name, value in cart_body(part).items()})


def plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


# Sent twice, done once


def idempotent(method: Method) -> Method:
    """Make a call honour `idempotency-key`, as HTTP's POST does; all it does must be in the database."""

    @wraps(method)
    def keyed(servicer: Any, request: Message, call: Call) -> Message:
        key, caller = call.metadata.get("idempotency-key"), key_of_shopper(call)
        if key is None or caller is None:
            return method(servicer, request, call)
        ensure_sane(key)

        def act() -> Outcome:
            return Outcome(HTTPStatus.OK, json_format.MessageToJson(method(servicer, request, call)))

        outcome = once(OneCall(caller, key, "gRPC", call.name, fingerprint_of(fields_of(request))), act)
        if outcome.is_replayed:
            call.told["idempotent-replayed"] = "true"
        return json_format.Parse(outcome.body, cart_pb2.CartResponse())

    return keyed
