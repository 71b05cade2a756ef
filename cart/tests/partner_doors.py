"""REST and gRPC as one thing: a call of `cart.proto` by its name, made through either door over a real port."""

import json
from http.client import HTTPConnection
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

import grpc
from google.protobuf import json_format
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from cart.rpc import cart_pb2, cart_pb2_grpc

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "FAILED_PRECONDITION",
    422: "INVALID_ARGUMENT",
    503: "UNAVAILABLE",
}
NUMBERS = {"id", "company_id", "user_id", "product_id", "quantity"}  # which JSON for protobuf writes as strings


class Who(NamedTuple):
    """What a caller proves to be by an access token or a guest's; nobody has neither."""

    token: str = ""
    guest_token: str = ""


class Answer(NamedTuple):
    """`refusal` is "" or status and code, as in "NOT_FOUND CART_NOT_FOUND"."""

    refusal: str
    carts: list[dict[str, Any]]
    is_replayed: bool = False


class Door(Protocol):
    def call(self, who: Who, name: str, fields: dict[str, Any], key: str | None = None) -> Answer: ...


def request_of(name: str, fields: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return method, path and what else is to be sent for a call by HTTP."""
    rest = {("price" if field == "expected_price" else field): value for field, value in fields.items()}
    if name == "UpsertItem" and "cart_id" not in rest:
        return "POST", "cart/add-item", rest
    if name in {"UpsertCart", "GetActiveCart", "ListByUser", "ListByIds"}:
        method, path = {
            "UpsertCart": ("POST", "cart/upsert"),
            "GetActiveCart": ("GET", "cart/active"),
            "ListByUser": ("GET", "carts/by-user"),
            "ListByIds": ("POST", "carts/by-ids"),
        }[name]
        return method, path, rest
    cart = f"cart/{rest.pop('cart_id')}"
    if name in {"UpdateQty", "RemoveItem"}:
        cart += f"/item/{rest.pop('product_id')}"
    method, path = {
        "GetCart": ("GET", ""),
        "UpsertItem": ("POST", "/item"),
        "UpdateQty": ("PUT", "/quantity"),
        "RemoveItem": ("DELETE", ""),
        "ChangeStatus": ("PUT", "/status"),
    }[name]
    return method, cart + path, rest


class Rest:
    def __init__(self, address: str):
        self.address = address

    def call(self, who: Who, name: str, fields: dict[str, Any], key: str | None = None) -> Answer:
        method, path, rest = request_of(name, fields)
        headers = {"Authorization": f"Bearer {who.token}"} if who.token else {"X-Cart-Token": who.guest_token}
        if key is not None:
            headers["Idempotency-Key"] = key
        if method == "GET":
            path, body = f"{path}?{urlencode(rest)}", None
        else:
            body, headers["Content-Type"] = json.dumps(rest), "application/json"
        connection = HTTPConnection(self.address, timeout=20)
        connection.request(method, f"/api/v1/{path}", body, headers)
        response = connection.getresponse()
        said = json.loads(response.read())
        connection.close()
        if response.status >= 400:
            return Answer(f"{STATUSES[response.status]} {said['code']}", [])
        carts = said if isinstance(said, list) else [said]
        return Answer("", carts, response.headers.get("Idempotent-Replayed") == "true")


class Grpc:
    def __init__(self, address: str):
        self.channel = grpc.insecure_channel(address)
        self.stub = cart_pb2_grpc.CartServiceStub(self.channel)

    def __enter__(self) -> "Grpc":
        return self

    def __exit__(self, *error: object) -> None:
        self.channel.close()

    def call(self, who: Who, name: str, fields: dict[str, Any], key: str | None = None) -> Answer:
        request = getattr(cart_pb2, f"{name}Request")(**fields, guest_token=who.guest_token)
        try:
            answer, call = getattr(self.stub, name).with_call(request, metadata=metadata_of(who, key), timeout=20)
        except grpc.RpcError as error:
            return Answer(refusal_of(error), [])
        carts = [answer.cart] if name not in {"ListByUser", "ListByIds"} else answer.carts
        told = dict(call.initial_metadata())
        return Answer("", [as_json(cart) for cart in carts], told.get("idempotent-replayed") == "true")


def metadata_of(who: Who, key: str | None = None) -> list[tuple[str, str]]:
    metadata = [("authorization", f"Bearer {who.token}")] if who.token else []
    return metadata if key is None else [*metadata, ("idempotency-key", key)]


def refusal_of(error: Any) -> str:
    """Return status and code of a call's error, and see that both are told in the way of the standard."""
    status, info = rpc_status.from_call(error), ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.domain, status.code, status.message) == ("bookstore", error.code().value[0], error.details())
    return f"{error.code().name} {info.reason}"


def as_json(cart: Any) -> dict[str, Any]:
    """Return a message as HTTP shows a cart."""
    shown = json_format.MessageToDict(cart, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    shown.setdefault("user_id", None)
    shown["items"] = [with_numbers(item) for item in shown["items"]]
    return with_numbers(shown)


def with_numbers(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value) if name in NUMBERS and value is not None else value for name, value in shown.items()}
