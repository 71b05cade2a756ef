"""What happens to every call: its id, its caller, its connections, its deadline, its errors, one line in the log."""

from functools import partial
from time import perf_counter
from typing import Any

import grpc
import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import close_old_connections, connection
from google.protobuf.message import Message
from grpc_status import rpc_status
from structlog.contextvars import bound_contextvars

from cart import metrics
from cart.rpc.call import Call
from cart.rpc.cart_pb2 import DESCRIPTOR
from cart.rpc.errors import Refusal, refusal_of

SERVICE = DESCRIPTOR.services_by_name["CartService"].full_name

access = structlog.get_logger("bookstore.access")


class Interceptor(grpc.ServerInterceptor):
    """Stand before the cart's calls; health and reflection need neither a caller nor the database."""

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = continuation(details)
        if handler is None or not details.method.startswith(f"/{SERVICE}/"):
            return handler
        # Messages are read here and not by gRPC, to which an unreadable one is an error of ours.
        return grpc.unary_unary_rpc_method_handler(
            partial(answer, handler, details.method), response_serializer=handler.response_serializer
        )


def answer(handler: Any, name: str, raw: bytes, context: grpc.ServicerContext) -> Message:
    """Answer one call, or abort it with what was wrong."""
    call, started = Call(name, context), perf_counter()
    with bound_contextvars(request_id=call.request_id), metrics.CALLS_IN_PROGRESS.track_inprogress():
        outcome = attempt(handler, raw, call)
        code = outcome.code if isinstance(outcome, Refusal) else grpc.StatusCode.OK
        record(call, code, perf_counter() - started)
    context.send_initial_metadata(call.initial_metadata)
    if isinstance(outcome, Refusal):
        context.abort_with_status(rpc_status.to_status(outcome.status))
    return outcome


def attempt(handler: Any, raw: bytes, call: Call) -> Message | Refusal:
    try:
        close_old_connections()
        with connection.execute_wrapper(call.watch):
            if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise RequestDataTooBig
            request = handler.request_deserializer(raw)
            call.limit_statements()
            call.identify(request.guest_token)
            return handler.unary_unary(request, call)
    except Exception as error:
        return refusal_of(error, call)
    finally:
        close_old_connections()


def record(call: Call, code: grpc.StatusCode, seconds: float) -> None:
    method = call.name.rpartition("/")[2]
    metrics.CALLS.labels(method, code.name).inc()
    metrics.CALL_DURATION.labels(method).observe(seconds)
    access.info(
        "call",
        method="gRPC",
        path=call.name,
        status=code.name,
        milliseconds=round(seconds * 1000, 1),
        user_id=call.user.pk,
    )
