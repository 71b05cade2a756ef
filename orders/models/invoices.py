"""Invoices of what was paid."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order


class Invoice(models.Model):
    """
    The invoice of an order that was paid. Numbers follow one another without a gap.

    `issuer` is the shop's name, address and tax number as they were then, a line each.
    """

    order = models.OneToOneField(Order, models.PROTECT, related_name="invoice", verbose_name=_("order"))
    number = models.PositiveIntegerField(_("number"), unique=True)
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    issuer = models.TextField(_("issued by"))

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="invoice_numbers_start_at_one")]

    def __str__(self) -> str:
        return str(self.number)
