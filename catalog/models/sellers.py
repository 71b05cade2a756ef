"""Who offers books."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.models.slugged import SluggedModel


def may_change_all_offers(user: Any) -> bool:
    """Tell whether every seller's offers are this user's to change, as one of the staff."""
    return bool(user.is_staff and user.has_perm("catalog.change_offer"))


class SellerQuerySet(LockableQuerySet["Seller"]):
    def managed_by(self, user: Any) -> Self:
        """Sellers whose offers this user may edit: all for staff who may, for others those they are a member of."""
        if not user.is_authenticated:
            return self.none()
        return self if may_change_all_offers(user) else self.filter(members=user)


class Seller(SluggedModel):
    """Who offers books. One is the store itself."""

    is_store = models.BooleanField(
        _("the store's own"), default=False, help_text=_("Prices and stock that name no seller are this one's.")
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="sellers", verbose_name=_("members")
    )

    objects = SellerQuerySet.as_manager()

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="seller_name_is_unique"),
            models.UniqueConstraint(fields=["is_store"], condition=Q(is_store=True), name="one_seller_is_the_store"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("catalog:seller", args=[self.slug])
