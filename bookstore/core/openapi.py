"""The OpenAPI document: what every operation has beyond its own serializers, said once."""

from functools import cache
from http import HTTPStatus
from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from bookstore.core.api import PublicRead
from bookstore.core.fields import MoneyField
from bookstore.core.pagination import COUNT_CAP, DEFAULT_SIZE, MAX_SIZE


class FieldError(serializers.Serializer):
    field = serializers.CharField(help_text="Where it is in the body, such as `items.0.quantity`.")
    code = serializers.CharField()
    detail = serializers.CharField(help_text="A sentence for a person.")


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457). Some codes bring further members."""

    type = serializers.CharField(help_text="Always `about:blank`.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for a person.")
    code = serializers.CharField(help_text="For a program.")
    request_id = serializers.CharField(allow_null=True)
    errors = FieldError(  # type: ignore[assignment]  # the member has the name of a property of serializers
        many=True, required=False, help_text="The fields at fault, where it is about fields."
    )


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description="With the same key, the same request happens once and is answered alike, for 24 hours.",
)
REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    description="The answer was given before, to the same key.",
    response=[200, 201, 202, 204],
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of a copy that is at hand."
)
ETAG = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200])

PAGING = [
    OpenApiParameter(
        "page",
        {"type": "integer", "minimum": 1, "default": 1},
        description=f"From 1, and as far as {COUNT_CAP} rows reach.",
    ),
    OpenApiParameter(
        "size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}, description="Per page."
    ),
    OpenApiParameter("cursor", str, description="The `next` of the page before; reaches to the end of any list."),
]


@cache
def listed(item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Describe a page of these items, as `pagination.body` returns it."""
    fields = {
        "items": item(many=True),
        "total": serializers.IntegerField(help_text="Counted up to a cap; from 1,000 on it may be some seconds old."),
        "total_is_capped": serializers.BooleanField(required=False, help_text="Only there when there are more."),
        "page": serializers.IntegerField(),
        "size": serializers.IntegerField(),
        "next": serializers.CharField(allow_null=True, help_text="The `cursor` of the next page; null at the end."),
    }
    name = item.__name__.removesuffix("Serializer")
    return extend_schema_serializer(many=False)(type(f"{name}List", (serializers.Serializer,), fields))


class Schema(AutoSchema):
    """An operation with the answers and headers that its view's base, method and decorators imply."""

    def get_override_parameters(self) -> list[Any]:
        parameters = super().get_override_parameters()
        if self.is_idempotent:
            parameters += [IDEMPOTENCY_KEY, REPLAYED]
        if self.is_public_read:
            parameters += [IF_NONE_MATCH, ETAG]
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        answers = super()._get_response_bodies(direction)
        if self.is_public_read:
            answers["304"] = {"description": "The copy at hand still holds."}
        for status in self.refusals():
            answers.setdefault(str(status.value), self.refusal(status))
        return answers

    def refusals(self) -> list[HTTPStatus]:
        writes = self.method != "GET"
        has_body = self.method in {"POST", "PUT", "PATCH"}
        is_open = all(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        applies = {
            HTTPStatus.BAD_REQUEST: True,
            HTTPStatus.UNAUTHORIZED: bool(self.view.get_authenticators()),
            HTTPStatus.FORBIDDEN: writes or not is_open,
            HTTPStatus.NOT_FOUND: "{" in self.path,
            HTTPStatus.NOT_ACCEPTABLE: True,
            HTTPStatus.CONFLICT: writes,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: has_body,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE: has_body,
            HTTPStatus.UNPROCESSABLE_ENTITY: self.is_idempotent,
            HTTPStatus.TOO_MANY_REQUESTS: bool(self.view.get_throttles()),
            HTTPStatus.SERVICE_UNAVAILABLE: True,
        }
        # What only this view refuses, such as a way in, which has no authenticators and still answers 401.
        more = getattr(self.view, "refuses", ())
        return [status for status, does in applies.items() if does or status in more]

    def refusal(self, status: HTTPStatus) -> dict[str, Any]:
        schema = self.resolve_serializer(Problem, "response").ref
        return {"description": status.phrase, "content": {"application/problem+json": {"schema": schema}}}

    @property
    def is_idempotent(self) -> bool:
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)
        return self.method == "POST" and getattr(handler, "is_idempotent", False)

    @property
    def is_public_read(self) -> bool:
        return self.method == "GET" and isinstance(self.view, PublicRead)


class AnySessionScheme(SessionScheme):
    """Our session authentication is a subclass, which drf-spectacular would not recognise."""

    match_subclasses = True
    priority = 0


class MoneyFieldExtension(OpenApiSerializerFieldExtension):
    """Money is shown as a string, and taken as a number too."""

    target_class = MoneyField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        written = {"type": "string", "format": "decimal", "pattern": r"^\d{1,8}\.\d{2}$", "example": "14.99"}
        if direction == "response":
            return written
        taken = {"type": "string", "format": "decimal", "pattern": r"^\d{1,8}(\.\d{1,2})?$"}
        lowest = float(self.target.min_value)
        number = {"type": "number", "minimum": lowest, "maximum": 99999999.99, "multipleOf": 0.01}
        return {"oneOf": [taken, number], "example": "14.99"}
