"""The books that the mock provider keeps for itself. The shop never reads them but to prove its own."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from orders.payment import ChargeStatus


class MockCharge(models.Model):
    """What became of one key."""

    key = models.CharField(_("key"), max_length=40, primary_key=True)
    status = models.CharField(
        _("status"), max_length=12, choices=[(status.value, status.value) for status in ChargeStatus]
    )
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    reference = models.CharField(_("reference"), max_length=40)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    objects = LockableQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge at the mock provider")
        verbose_name_plural = _("charges at the mock provider")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="mock_charge_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"


class MockRefund(models.Model):
    """Money of a charge that was given back."""

    key = models.CharField(_("key"), max_length=40, primary_key=True)
    charge = models.ForeignKey(MockCharge, models.PROTECT, related_name="refunds", verbose_name=_("charge"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    reference = models.CharField(_("reference"), max_length=40)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("refund at the mock provider")
        verbose_name_plural = _("refunds at the mock provider")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="mock_refund_is_positive")]

    def __str__(self) -> str:
        return f"{self.key} {self.amount}"
