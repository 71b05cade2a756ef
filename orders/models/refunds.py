"""Money that goes back."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from orders.models.orders import Order, OrderItem
from orders.models.statuses import PATIENCE


class RefundStatus(models.TextChoices):
    """Whether the provider has given the money back; what it refuses is left to the staff."""

    PENDING = "PENDING", _("on its way")
    DONE = "DONE", _("given back")
    REFUSED = "REFUSED", _("refused by the provider")
    BY_HAND = "BY_HAND", _("given back by hand")


class RefundReason(models.TextChoices):
    """Why money goes back."""

    CANCELLED = "CANCELLED", _("order cancelled")
    RETURNED = "RETURNED", _("refunded by the staff")
    CHARGED_LATE = "CHARGED_LATE", _("charged after the order had failed")


class RefundQuerySet(LockableQuerySet["Refund"]):
    def pending(self) -> Self:
        """Refunds that the provider has not confirmed."""
        return self.filter(status=RefundStatus.PENDING)

    def refused(self) -> Self:
        """Refunds that the provider will not carry out, and that nobody has seen to."""
        return self.filter(status=RefundStatus.REFUSED)

    def overdue(self, at: datetime | None = None) -> Self:
        """Refunds that the provider has not confirmed for PATIENCE: their job was lost, or has given up."""
        return self.pending().filter(created_at__lte=(at or timezone.now()) - PATIENCE)


class Refund(models.Model):
    """
    Money of one order that goes back: a row first, a call to the provider after.

    `key` is what the provider knows it by, so that it happens once however often it is asked for.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    key = models.CharField(_("key"), max_length=40, unique=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    status = models.CharField(_("status"), max_length=8, choices=RefundStatus, default=RefundStatus.PENDING)
    reason = models.CharField(_("reason"), max_length=12, choices=RefundReason)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    reference = models.CharField(_("provider's reference"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("decided"), default=timezone.now, editable=False)
    done_at = models.DateTimeField(_("given back"), null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["PENDING", "REFUSED"], done_at=None)
                | Q(status__in=["DONE", "BY_HAND"], done_at__isnull=False),
                name="refund_done_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(reason="CHARGED_LATE"), name="refund_late_charge_once_per_order"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(status="PENDING"), name="refund_pending")]

    def __str__(self) -> str:
        return self.key


class RefundLine(models.Model):
    """Copies of one line for which a refund gives the money back."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines", verbose_name=_("refund"))
    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="refund_lines", verbose_name=_("line"))
    quantity = models.PositiveIntegerField(_("copies"))

    class Meta:
        verbose_name = _("refunded line")
        verbose_name_plural = _("refunded lines")
        constraints = [
            models.UniqueConstraint(fields=["refund", "item"], name="refund_line_is_one_per_item"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="refund_line_has_copies"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.item_id}"
