"""Who may call; what a seller's member may do is the catalogue's to say."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class IsStaff(BasePermission):
    """
    Active staff who may do the same in the admin.

    The view's `rights` name Django's permission for each action; what it does not name is for superusers only.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user, action = request.user, getattr(view, "action", request.method)
        if not (user.is_active and user.is_staff):
            return False
        # No action: a method that is not there, which is for the view to say.
        return action in {None, "metadata"} or user.has_perm(getattr(view, "rights", {}).get(action, ""))


class IsStaffOrReadOnly(IsStaff):
    """Anyone reads, staff who may write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)


class IsServiceAccount(BasePermission):
    """A partner's program."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_active and getattr(request.user, "role", None) == "service")
