"""Every copy that came or went."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.deliveries.models import Delivery
from catalog.models.offers import Offer


class MovementReason(models.TextChoices):
    """Why a stock changed."""

    COUNTED = "COUNTED", _("counted")
    CORRECTED = "CORRECTED", _("corrected")
    RECEIVED = "RECEIVED", _("received")
    SOLD = "SOLD", _("sold")
    PUT_BACK = "PUT_BACK", _("put back")
    SWITCHED_ON = "SWITCHED_ON", _("switched on")
    SWITCHED_OFF = "SWITCHED_OFF", _("switched off")


class StockMovement(models.Model):
    """
    One change of one offer's stock; the sum of an offer's deltas is its stock.

    Written last in a stock act, after the book's price and availability, so that whoever hears its `post_save`
    sees the truth. Never changed afterwards.
    """

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="movements", db_index=False, verbose_name=_("offer"))
    delta = models.IntegerField(_("change"))
    stock_after = models.PositiveIntegerField(_("copies after"))
    reason = models.CharField(_("reason"), max_length=12, choices=MovementReason)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    order_number = models.CharField(_("order"), max_length=32, blank=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    delivery = models.ForeignKey(
        Delivery,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        db_index=False,  # most have none
        verbose_name=_("delivery"),
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["offer", "-id"], name="movement_by_offer"),
            models.Index(fields=["delivery"], condition=Q(delivery__isnull=False), name="movement_by_delivery"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(stock_after__gte=0), name="movement_leaves_no_negative_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} → {self.stock_after}"
