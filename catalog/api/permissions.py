"""Who may act for a seller."""

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from catalog.models import Seller, may_change_all_offers


class ManagesOffers(IsAuthenticated):
    """Staff who may, and members of at least one seller; whose offers they are is for the view to look at."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        return may_change_all_offers(request.user) or Seller.objects.managed_by(request.user).exists()
