"""What has happened to an order."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from orders.models.statuses import OrderStatus


class EventKind(models.TextChoices):
    """What happened to an order: it came to a status, or something that changes none."""

    PENDING = OrderStatus.PENDING.value, _("placed")
    CONFIRMED = OrderStatus.CONFIRMED.value, _("paid")
    PAYMENT_FAILED = OrderStatus.PAYMENT_FAILED.value, _("payment failed")
    SHIPPED = OrderStatus.SHIPPED.value, _("shipped")
    DELIVERED = OrderStatus.DELIVERED.value, _("delivered")
    CANCELLED = OrderStatus.CANCELLED.value, _("cancelled")
    REFUNDED = OrderStatus.REFUNDED.value, _("refunded")
    PARTLY_REFUNDED = "PARTLY_REFUNDED", _("refunded in part")
    NOTED = "NOTED", _("note of the staff")


class OrderEventQuerySet(LockableQuerySet["OrderEvent"]):
    def notes(self) -> Self:
        """What staff have noted, with who did, oldest first."""
        return self.filter(kind=EventKind.NOTED).select_related("actor").order_by("pk")

    def public(self) -> Self:
        """What the shopper may know of, too: all but the staff's notes."""
        return self.exclude(kind=EventKind.NOTED)


class OrderEvent(models.Model):
    """
    One entry of an order's timeline; never changed. Without an actor it was the shop itself, or somebody gone.

    `told_at` says when its shopper was told; empty also for what nobody is told of.
    """

    order = models.ForeignKey("Order", models.PROTECT, related_name="events", verbose_name=_("order"))
    kind = models.CharField(_("what"), max_length=16, choices=EventKind)
    at = models.DateTimeField(_("at"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    refund = models.ForeignKey(
        "Refund", models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("refund")
    )
    told_at = models.DateTimeField(_("shopper told"), null=True, blank=True)

    objects = OrderEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("timeline")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"
