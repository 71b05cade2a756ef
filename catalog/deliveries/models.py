"""One delivery of one seller's books: what of it went into stock, and what is kept aside."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet


class DeliveryQuerySet(LockableQuerySet["Delivery"]):
    def still_open(self) -> Self:
        """Deliveries that are not closed yet."""
        return self.filter(closed_at=None)


class Delivery(models.Model):
    """Copies that come together. While it is open each scan moves stock at once; once closed it never changes."""

    seller = models.ForeignKey(
        "catalog.Seller",
        models.PROTECT,
        related_name="deliveries",
        verbose_name=_("seller"),
        help_text=_("Whose stock it is."),
    )
    reference = models.CharField(
        _("reference"), max_length=200, help_text=_("What stands on the delivery note, such as its number.")
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "reference"], condition=Q(closed_at=None), name="delivery_is_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("admin:catalog_delivery_change", args=[self.pk])


class DeliveryLine(models.Model):
    """The copies of one offer that a delivery brought: the sum of the delivery's movements of that offer."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="lines", db_index=False)
    offer = models.ForeignKey("catalog.Offer", models.PROTECT, related_name="+", verbose_name=_("offer"))
    copies = models.PositiveIntegerField(_("copies"))
    stock_before = models.PositiveIntegerField(_("stock before"))
    stock_after = models.PositiveIntegerField(_("stock after"))
    scanned_at = models.DateTimeField(_("scanned"), default=timezone.now)

    class Meta:
        verbose_name = _("delivered title")
        verbose_name_plural = _("delivered titles")
        ordering = ["-scanned_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "offer"], name="delivery_has_an_offer_once"),
            models.CheckConstraint(condition=Q(copies__gt=0), name="delivery_line_has_copies"),
        ]

    def __str__(self) -> str:
        return f"{self.copies} × {self.offer}"


class KeptAside(models.Model):
    """Copies of a delivery that are in nobody's stock yet: the book is unknown, or its seller has no offer for it."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="kept_aside", db_index=False)
    isbn = models.CharField(_("ISBN"), max_length=13)
    copies = models.PositiveIntegerField(_("copies"))
    scanned_at = models.DateTimeField(_("scanned"), default=timezone.now)

    class Meta:
        verbose_name = _("kept aside")
        verbose_name_plural = _("kept aside")
        ordering = ["-scanned_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "isbn"], name="delivery_keeps_an_isbn_aside_once"),
            models.CheckConstraint(condition=Q(copies__gt=0), name="kept_aside_has_copies"),
        ]

    def __str__(self) -> str:
        return f"{self.copies} × {self.isbn}"
