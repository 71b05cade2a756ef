"""Everybody's accounts, for staff."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.auth import Private
from accounts.api.serializers import ReasonSerializer, UserSerializer
from accounts.models import User
from bookstore.core.errors import Invalid
from bookstore.core.openapi import PAGING, listed
from bookstore.core.pagination import Sort, body, paginate
from bookstore.core.permissions import IsStaff

LONGEST_QUESTION = 200
ROLES = {
    "user": Q(is_staff=False, is_service=False),
    "admin": Q(is_staff=True),
    "service": Q(is_service=True),
}
ANSWERS = {"true": True, "false": False}
FILTERS = [
    OpenApiParameter("role", str, enum=list(ROLES)),
    OpenApiParameter("is_active", bool),
    OpenApiParameter("q", {"type": "string", "maxLength": LONGEST_QUESTION}, description="Part of e-mail or name."),
]


class UserViewSet(Private, viewsets.ViewSet):
    """Staff find accounts, lock them out and let them in again."""

    permission_classes = [IsStaff]
    rights = {
        "list": "accounts.view_user",
        "deactivate": "accounts.change_user",
        "reactivate": "accounts.change_user",
    }
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(parameters=[*PAGING, *FILTERS], responses=listed(UserSerializer))
    def list(self, request: Request) -> Response:
        page = paginate(found(request.query_params), request.query_params, sort=Sort("email"))
        return Response(body(page, [user_body(user) for user in page.items]))

    @extend_schema(request=ReasonSerializer, responses=UserSerializer)
    @action(detail=True, methods=["patch"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Lock an account out; its tokens and sessions end at once. Accounts of the staff are refused."""
        return Response(user_body(services.deactivate_user(int(pk), actor=request.user, reason=reason_in(request))))

    @extend_schema(request=ReasonSerializer, responses=UserSerializer)
    @action(detail=True, methods=["patch"])
    def reactivate(self, request: Request, pk: str) -> Response:
        """Let an account in again."""
        return Response(user_body(services.reactivate_user(int(pk), actor=request.user, reason=reason_in(request))))


def reason_in(request: Request) -> str:
    given = ReasonSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data["reason"]


def found(params: Mapping[str, str]) -> QuerySet[User]:
    """Return the users that fit every parameter given; an empty one is none. Raises: Invalid."""
    role, is_active, q = (params.get(name, "") for name in ("role", "is_active", "q"))
    faults = {
        "role": _("Give one of user, admin, service.") if role and role not in ROLES else "",
        "is_active": _("Either true or false, please.") if is_active and is_active not in ANSWERS else "",
        "q": _("That is too long to search for.") if len(q) > LONGEST_QUESTION else "",
    }
    if any(faults.values()):
        raise Invalid(fields={name: sentence for name, sentence in faults.items() if sentence})
    users = User.objects.all()
    if role:
        users = users.filter(ROLES[role])
    if is_active:
        users = users.filter(is_active=ANSWERS[is_active])
    if q:
        users = users.filter(Q(email__icontains=q) | Q(full_name__icontains=q))
    return users


def user_body(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "full_name": user.full_name,
        "role": user.role,
        "is_active": user.is_active,
        "created_at": user.created_at,
    }
