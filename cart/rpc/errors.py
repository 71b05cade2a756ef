"""Every refusal and failure as a gRPC client sees it; what it is to any client is decided in `problems`."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import grpc
import structlog
from django.utils.translation import gettext as _
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from bookstore.core.errors import Invalid
from bookstore.core.problems import Problem, problem_of
from cart.rpc.call import Call

DOMAIN = "bookstore"
MOST_FIELDS = 20  # of those at fault that are told: all details travel in one header, which clients limit

CODES = {
    HTTPStatus.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.UNPROCESSABLE_ENTITY: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.UNAUTHORIZED: grpc.StatusCode.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    HTTPStatus.CONFLICT: grpc.StatusCode.FAILED_PRECONDITION,
    HTTPStatus.TOO_MANY_REQUESTS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Refusal:
    """How a call ends that has no answer: its code, and all that is told of it."""

    code: grpc.StatusCode
    status: Status


def refusal_of(error: Exception, call: Call) -> Refusal:
    """Say what an exception is to the caller; a traceback goes to the log and nowhere else."""
    if call.is_late:
        return refusal(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", _("The time of this call was over."))
    if call.is_over:
        return refusal(grpc.StatusCode.CANCELLED, "CANCELLED", _("The caller has gone."))
    problem = problem_of(Invalid() if isinstance(error, DecodeError) else error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.exception("Unhandled error")
    return of_problem(problem, call.request_id)


def of_problem(problem: Problem, request_id: str) -> Refusal:
    more: list[Message] = [details.RequestInfo(request_id=request_id)]
    if problem.errors:
        fields = [
            details.BadRequest.FieldViolation(
                field=error["field"], reason=error["code"], description=str(error["detail"])
            )
            for error in problem.errors[:MOST_FIELDS]
        ]
        more.append(details.BadRequest(field_violations=fields))
    if seconds := problem.headers.get("Retry-After"):
        more.append(details.RetryInfo(retry_delay=Duration(seconds=int(seconds))))
    code = CODES.get(problem.status, grpc.StatusCode.INTERNAL)
    return refusal(code, problem.code, str(problem.detail), *more, **problem.data)


def refusal(code: grpc.StatusCode, reason: str, sentence: str, *more: Message, **data: Any) -> Refusal:
    info = details.ErrorInfo(reason=reason, domain=DOMAIN, metadata={name: str(data[name]) for name in data})
    status = Status(code=code.value[0], message=sentence)
    for detail in (info, *more):
        status.details.add().Pack(detail)
    return Refusal(code, status)
