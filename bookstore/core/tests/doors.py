"""A few doors to knock at: the URLconf of core's own tests."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from procrastinate.contrib.django import app
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from bookstore.core import fields
from bookstore.core.api import PublicRead
from bookstore.core.errors import Busy, Conflict, Denied, Invalid, NotFound, TooMany
from bookstore.core.idempotency import idempotent
from bookstore.core.openapi import PAGING, listed

handler400 = "bookstore.core.problems.bad_request"
handler403 = "bookstore.core.problems.forbidden"
handler404 = "bookstore.core.problems.not_found"
handler500 = "bookstore.core.problems.server_error"


class SoldOut(Conflict):
    code = "SOLD_OUT"
    message = "None is left."


def time_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 50; SELECT pg_sleep(1)")


def fail(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def write_job() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    app.configure_task("somewhere.else", allow_unknown=True).defer()


FAILURES: dict[str, Callable[[], None]] = {
    "conflict": fail(SoldOut(items=[{"book_id": 7}], status="PENDING")),
    "invalid": fail(Invalid(fields={"price": "Too low."})),
    "denied": fail(Denied()),
    "nothing": fail(NotFound()),
    "busy": fail(Busy()),
    "too-many": fail(TooMany(retry_after=90)),
    "http404": fail(Http404("the secret list of routes")),
    "forbidden": fail(PermissionDenied("inner workings")),
    "throttled": fail(exceptions.Throttled(wait=12.3)),
    "bad-token": fail(exceptions.AuthenticationFailed("This token is not ours.")),
    "away": fail(OperationalError("connection refused")),
    "bug": fail(RuntimeError("the secret of the bug")),
    "timeout": time_out,
    "no-job": write_job,
}


class Line(serializers.Serializer):
    quantity = fields.CountField()


class Order(serializers.Serializer):
    title = fields.TextField(max_length=20)
    price = fields.MoneyField(required=False)
    is_gift = fields.StrictBooleanField(required=False)
    book_id = fields.IdField(required=False)
    lines = Line(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["title"] == "contradiction":
            raise serializers.ValidationError("These do not go together.")
        return attrs


class PlacedOrder(serializers.Serializer):
    title = serializers.CharField()
    price = fields.MoneyField()


class Orders(ViewSet):
    permission_classes = [AllowAny]

    @extend_schema(request=Order, responses={201: PlacedOrder})
    def create(self, request: Request) -> Response:
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        return Response(Order(order.validated_data).data, status=201)

    @extend_schema(parameters=PAGING, responses=listed(PlacedOrder))
    def list(self, request: Request) -> Response:
        return Response()

    @extend_schema(request=Order, responses=None)
    def echo(self, request: Request) -> Response:
        return Response({"title": repr(request.data)})

    @extend_schema(exclude=True)
    def fail(self, request: Request, how: str) -> Response:
        FAILURES[how]()
        return Response()


class Members(ViewSet):
    permission_classes = [IsAuthenticated]

    @extend_schema(responses=Line)
    def list(self, request: Request) -> Response:
        return Response({"id": request.user.pk})


class Public(PublicRead, ViewSet):
    permission_classes = [AllowAny]

    @extend_schema(responses=Line(many=True))
    def list(self, request: Request) -> Response:
        return Response({"groups": Group.objects.count()})


class Groups(ViewSet):
    """Creates a row, so that it shows how often something happened."""

    permission_classes = [AllowAny]

    @extend_schema(request=Line, responses={201: Line})
    @idempotent
    def create(self, request: Request) -> Response:
        group = Group.objects.create(name=request.data["name"])
        status = request.data.get("answer", 201)
        if status == "error":
            raise SoldOut
        return Response({"id": group.pk}, status=status)


def page(request: HttpRequest, **_kwargs: str) -> HttpResponse:
    return HttpResponse("; ".join(str(message) for message in get_messages(request)))


def failing_page(request: HttpRequest, how: str) -> HttpResponse:
    FAILURES[how]()
    return HttpResponse()


api = [
    path("orders", Orders.as_view({"get": "list", "post": "create"})),
    path("echo", Orders.as_view({"post": "echo"})),
    path("fail/<how>", Orders.as_view({"get": "fail"})),
    path("members", Members.as_view({"get": "list"})),
    path("public", Public.as_view({"get": "list"})),
    path("groups", Groups.as_view({"post": "create"})),
    path("other/groups", Groups.as_view({"post": "create"})),
]

urlpatterns = [
    path("", include("bookstore.core.urls")),
    path("api/v1/", include(api)),
    path("pages/", page),
    path("pages/fail/<how>/", failing_page),
    path("reset/<uidb64>/<token>/", page, name="reset"),
    path("", page, name="home"),
]
