"""What is gRPC's own: unreadable messages, callers, metadata, what errors tell, a client that knows only the port."""

from decimal import Decimal
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2 as details
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

from accounts import services as accounts
from accounts.tests.api import tokens_of
from accounts.tests.factories import UserFactory
from cart.models import Cart
from cart.rpc import cart_pb2 as pb
from cart.rpc.cart_pb2 import DESCRIPTOR
from cart.rpc.interceptor import SERVICE
from cart.tests.partner_doors import Grpc, Rest, Who, metadata_of, refusal_of
from cart.tests.partner_stage import Stage
from catalog import services as catalogue
from catalog.tests.factories import OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)

INVALID = "INVALID_ARGUMENT VALIDATION_ERROR"
CALLS = [method.name for method in DESCRIPTOR.services_by_name["CartService"].methods]

UNREADABLE = {
    "a byte": b"\xff",
    "cut": b"\x08",
    "endless": b"\x0a\xff\xff\xff\xff\x0f",
    "text": b"<html>",
    "zeros": b"\x00" * 50,
    "no UTF-8": b"".join(bytes([number << 3 | 2, 2, 0xFF, 0xFE]) for number in range(1, 8)),  # in every field
}


@pytest.fixture
def who() -> Who:
    return Who(tokens_of(UserFactory()).access_token)


def send(partner: Grpc, name: str, raw: bytes, metadata: Any = ()) -> grpc.Call:
    """Send bytes as the message of a call; return how the call ended, which has to be badly."""
    with pytest.raises(grpc.RpcError) as error:
        partner.channel.unary_unary(f"/{SERVICE}/{name}")(raw, metadata=metadata, timeout=20)
    return error.value


def detail(error: Any, kind: type[Any]) -> Any:
    """Return the one detail of this kind that an error carries."""
    (found,) = (one for one in rpc_status.from_call(error).details if one.Is(kind.DESCRIPTOR))
    unpacked = kind()
    found.Unpack(unpacked)
    return unpacked


# Messages


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_message_is_invalid(partner: Grpc, who: Who, name: str, kind: str) -> None:
    assert refusal_of(send(partner, name, UNREADABLE[kind], metadata_of(who))) == INVALID


@pytest.mark.parametrize("token", ["\0", "a\0b", " ", "x" * 201])
def test_an_odd_guest_token_is_invalid(partner: Grpc, token: str) -> None:
    request = pb.GetCartRequest(cart_id=1, guest_token=token)
    assert refusal_of(send(partner, "GetCart", request.SerializeToString())) == INVALID


@pytest.mark.parametrize(
    ("size", "refusal"), [(2_000_000, "INVALID_ARGUMENT"), (9_000_000, "RESOURCE_EXHAUSTED")], ids=["large", "huge"]
)
def test_a_large_message_is_refused(partner: Grpc, who: Who, size: int, refusal: str) -> None:
    raw = pb.GetCartRequest(cart_id=1, guest_token="x" * size).SerializeToString()
    assert send(partner, "GetCart", raw, metadata_of(who)).code().name == refusal


@pytest.mark.parametrize("name", [name for name in CALLS if name not in {"ListByUser", "ListByIds"}])
@pytest.mark.parametrize("raw", [b"", pb.GetCartRequest(cart_id=-1).SerializeToString()], ids=["nothing", "-1"])
def test_an_id_that_is_missing_or_below_one_is_invalid(partner: Grpc, who: Who, name: str, raw: bytes) -> None:
    error = send(partner, name, raw, metadata_of(who))
    assert refusal_of(error) == INVALID
    assert detail(error, details.BadRequest).field_violations[0].field in {"cart_id", "company_id"}


@pytest.mark.parametrize("status", [0, 6, 99, -1])
def test_a_status_that_is_none_is_invalid(partner: Grpc, who: Who, status: int) -> None:
    cart = partner.stub.UpsertCart(
        pb.UpsertCartRequest(company_id=OfferFactory().seller_id), metadata=metadata_of(who)
    ).cart
    request = pb.ChangeStatusRequest(cart_id=cart.id, status=status)
    error = send(partner, "ChangeStatus", request.SerializeToString(), metadata_of(who))
    assert (refusal_of(error), Cart.objects.get().status) == (INVALID, "ACTIVE")


def test_a_call_that_there_is_not_is_unimplemented(partner: Grpc, who: Who) -> None:
    assert send(partner, "DeleteEverything", b"", metadata_of(who)).code() == grpc.StatusCode.UNIMPLEMENTED


# Callers


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("authorization", [None, "", "Basic YWRhOmFkYQ=="])
def test_nobody_is_unauthenticated(partner: Grpc, name: str, authorization: str | None) -> None:
    metadata = [] if authorization is None else [("authorization", authorization)]
    assert refusal_of(send(partner, name, b"", metadata)) == "UNAUTHENTICATED AUTH_REQUIRED"


def test_whoever_is_locked_out_is_so_at_the_next_call(partner: Grpc) -> None:
    for lock_out in (lambda user: accounts.deactivate_user(user.pk), accounts.end_all_sessions):
        user = UserFactory()
        who = Who(tokens_of(user).access_token)
        assert partner.call(who, "ListByUser", {}).refusal == ""
        lock_out(user)
        assert partner.call(who, "ListByUser", {}).refusal == "UNAUTHENTICATED AUTH_INVALID_TOKEN"


def test_an_access_token_counts_before_a_guests(partner: Grpc) -> None:
    stage = Stage()
    who = stage.callers["shopper"]._replace(guest_token=stage.callers["guest"].guest_token)
    assert (
        stage.outcome(partner.call(who, "GetCart", {"cart_id": stage.rows["guests"].pk})) == "NOT_FOUND CART_NOT_FOUND"
    )
    forged = who._replace(token="forged")
    assert partner.call(forged, "ListByUser", {}).refusal == "UNAUTHENTICATED AUTH_INVALID_TOKEN"


def test_a_new_guest_is_told_the_token(partner: Grpc) -> None:
    request = pb.UpsertCartRequest(company_id=OfferFactory().seller_id, guest_token="new")
    answer, call = partner.stub.UpsertCart.with_call(request)
    token = dict(call.initial_metadata())["x-cart-token"]
    assert partner.call(Who(guest_token=token), "GetCart", {"cart_id": answer.cart.id}).carts[0]["user_id"] is None
    assert not answer.cart.HasField("user_id")


# What is told beside the answer


@pytest.mark.parametrize(("sent", "is_taken"), [("a.B-9_", True), ("a b", False), ("x" * 129, False), ("", False)])
def test_the_requests_id_is_told(partner: Grpc, who: Who, sent: str, is_taken: bool) -> None:
    metadata = [*metadata_of(who), ("x-request-id", sent)]
    _answer, call = partner.stub.ListByUser.with_call(pb.ListByUserRequest(), metadata=metadata)
    told = dict(call.initial_metadata())["x-request-id"]
    assert (told == sent) == is_taken and len(told) in {len(sent), 32}
    error = send(partner, "GetCart", b"", metadata)
    told = dict(error.initial_metadata())["x-request-id"]
    assert (detail(error, details.RequestInfo).request_id, told == sent) == (told, is_taken)


def test_an_error_tells_what_http_tells(partner: Grpc, who: Who) -> None:
    offer = OfferFactory(price=Decimal("9.90"))
    request = pb.UpsertItemRequest(
        company_id=offer.seller_id, product_id=offer.book_id, quantity=1, expected_price="9.00"
    )
    error = send(partner, "UpsertItem", request.SerializeToString(), metadata_of(who))
    assert error.details() == "The price of this book has changed."
    info = detail(error, details.ErrorInfo)
    assert (info.reason, info.domain) == ("PRICE_CHANGED", "bookstore")
    assert dict(info.metadata) == {"expected_price": "9.00", "current_price": "9.90"}


def test_fields_at_fault_are_told_as_far_as_a_header_holds_them(partner: Grpc, who: Who) -> None:
    request = pb.ListByIdsRequest(ids=[-1] * 100)
    error = send(partner, "ListByIds", request.SerializeToString(), metadata_of(who))
    violations = detail(error, details.BadRequest).field_violations
    assert (len(violations), violations[3].field, violations[3].reason) == (20, "ids.3", "MIN_VALUE")


def test_too_many_ids_are_counted_and_not_looked_at(partner: Grpc, who: Who) -> None:
    error = send(partner, "ListByIds", pb.ListByIdsRequest(ids=[-1] * 10_000).SerializeToString(), metadata_of(who))
    assert [fault.field for fault in detail(error, details.BadRequest).field_violations] == ["ids"]


def test_a_failure_of_ours_is_internal_and_tells_nothing(partner: Grpc, who: Who, monkeypatch, caplog) -> None:
    monkeypatch.setattr("cart.rpc.servicer.carts_of", lambda *_a, **_k: 1 / 0)
    error = send(partner, "ListByUser", b"", metadata_of(who))
    assert refusal_of(error) == "INTERNAL INTERNAL_ERROR"
    assert "division" not in str(rpc_status.from_call(error))
    assert [record.levelname for record in caplog.records if "Unhandled" in str(record.msg)] == ["ERROR"]


# The carts are the same at both doors


def test_a_cart_is_the_same_by_either_door(doors: dict[str, Rest | Grpc]) -> None:
    stage = Stage()
    for cart in ("active", "guests", "held"):
        rest, rpc = (stage.call(door, "service", "GetCart", {"cart_id": f"@{cart}"}) for door in doors.values())
        assert rest.carts == rpc.carts


def test_a_client_built_from_reflection_alone_fills_a_cart(partner: Grpc, who: Who) -> None:
    offer = OfferFactory(price=Decimal("7.25"), stock_quantity=5)
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(partner.channel))
    service = pool.FindServiceByName("bookstore.cart.v1.CartService")
    assert [method.name for method in service.methods] == CALLS
    method = service.FindMethodByName("UpsertItem")
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    upsert_item = partner.channel.unary_unary(
        f"/{service.full_name}/{method.name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    message = request(company_id=offer.seller_id, product_id=offer.book_id, quantity=2)
    cart = upsert_item(message, metadata=metadata_of(who)).cart
    statuses = pool.FindEnumTypeByName("bookstore.cart.v1.CartStatus").values_by_number
    assert (statuses[cart.status].name, cart.items[0].quantity, cart.total_amount) == ("ACTIVE", 2, "14.50")


def test_the_price_of_a_line_is_what_was_shown(partner: Grpc) -> None:
    stage = Stage()
    catalogue.change_offer(stage.offers["book"].pk, price=Decimal("12.00"))
    shown = stage.call(partner, "service", "GetCart", {"cart_id": "@active"})
    assert stage.outcome(shown) == "shopper, seller, ACTIVE: 2 book = 20.00"
    renewed = stage.call(partner, "service", "UpdateQty", {"cart_id": "@active", "product_id": "@book", "quantity": 1})
    assert stage.outcome(renewed) == "shopper, seller, ACTIVE: 1 book = 12.00"
