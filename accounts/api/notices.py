"""What the shop told the caller."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.auth import Private
from accounts.models import Kind, Notification
from bookstore.core.errors import Invalid
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate

ANSWERS = {"true": True, "false": False}
UNREAD = OpenApiParameter("unread", bool, description="Only those not read yet, or only those read.")


class NotificationSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    body = serializers.CharField(allow_blank=True)
    url = serializers.CharField(help_text="Path of the page that it is about.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


SHOWN = tuple(NotificationSerializer().fields)


class NotificationViewSet(Private, viewsets.ViewSet):
    """The caller's in-app notices."""

    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=[*PAGING, UNREAD], responses=listed(NotificationSerializer))
    def list(self, request: Request) -> Response:
        """List notices, newest first."""
        notices = Notification.objects.of(request.user)
        unread = request.query_params.get("unread", "")
        if unread and unread not in ANSWERS:
            raise Invalid(fields={"unread": _("Either true or false, please.")})
        if unread:
            notices = notices.filter(read_at__isnull=ANSWERS[unread])
        page = paginate(notices, request.query_params, sort=Sort("id", descending=True))
        return Response(body(page, [notice_body(notice) for notice in page.items]))

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark a notice as read; one that is read already stays as it is."""
        return Response(notice_body(services.read_notice(request.user, int(pk))))

    @extend_schema(request=None, responses={204: None})
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark all notices as read."""
        services.read_all_notices(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def notice_body(notice: Notification) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in SHOWN}
