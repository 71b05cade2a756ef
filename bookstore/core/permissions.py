"""Who may call; what a seller's member may do is the catalogue's to say."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class IsStaff(BasePermission):
    """Active staff."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_active and request.user.is_staff)


class IsStaffOrReadOnly(IsStaff):
    """Anyone reads, active staff writes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)


class IsServiceAccount(BasePermission):
    """A partner's program."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_active and getattr(request.user, "role", None) == "service")
