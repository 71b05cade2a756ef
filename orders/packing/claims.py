"""Who packs which order."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Packing(models.Model):
    """
    One order in the hands of one packer, so that no other packs it; it stays as a record once the order is sent.

    `printed_at` is when its slip was last printed. Without a packer it is nobody's: their account is gone.
    """

    order = models.OneToOneField("orders.Order", models.CASCADE, related_name="packing", verbose_name=_("order"))
    packer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("packer")
    )
    claimed_at = models.DateTimeField(_("taken"), default=timezone.now)
    printed_at = models.DateTimeField(_("slip printed"), null=True, blank=True)

    class Meta:
        verbose_name = _("packing")
        verbose_name_plural = _("packings")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.order_id} {self.packer}"
