"""One change of many offers' terms: what was asked for, how prices are rounded, and how far it has come."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet

CENT = Decimal("0.01")
DAYS_KEPT = 90


class Rounding(models.TextChoices):
    """What a changed price ends with."""

    CENT = "CENT", _("to the cent")
    TO_99 = "99", _("to .99")
    TO_95 = "95", _("to .95")
    TO_50 = "50", _("to .50")
    WHOLE = "WHOLE", _("to a whole amount")


ENDINGS = {
    Rounding.TO_99: Decimal("0.99"),
    Rounding.TO_95: Decimal("0.95"),
    Rounding.TO_50: Decimal("0.50"),
    Rounding.WHOLE: Decimal("1.00"),
}


def round_price(price: Decimal, rounding: str) -> Decimal:
    """
    Return the nearest price with this ending, the higher of two that are as near.

    What is above nothing comes to no less than the lowest price of that ending.
    """
    if rounding == Rounding.CENT or price < CENT / 2:
        return price.quantize(CENT, ROUND_HALF_UP)
    lowest = ENDINGS[Rounding(rounding)]
    steps = (price - lowest).quantize(Decimal(1), ROUND_HALF_UP)
    return lowest + max(steps, Decimal(0))


class BulkKind(models.TextChoices):
    """What is done to the offers."""

    PRICE = "PRICE", _("prices")
    ON = "ON", _("switched on")
    OFF = "OFF", _("switched off")


class Refusal(models.TextChoices):
    """Why an offer was left as it was."""

    GONE = "GONE", _("It was withdrawn meanwhile.")
    PRICE = "PRICE", _("A price is above 0 and has at most eight digits before the point.")


class BulkChangeQuerySet(models.QuerySet["BulkChange"]):
    def with_progress(self) -> Self:
        """Add `waiting`, how many offers are still to be done, and `changed`, how many came out different."""
        size = Func(F("parts__offer_ids"), function="cardinality", output_field=models.IntegerField())
        return self.annotate(
            waiting=Sum(size, filter=Q(parts__done_at=None), default=0), changed=Sum("parts__changed", default=0)
        )


class BulkChange(models.Model):
    """
    What somebody asked to be done to many offers at once.

    Prices change by `percent` or by `amount`, in the store's currency. `key` is that of the form that asked.
    """

    kind = models.CharField(_("what"), max_length=5, choices=BulkKind)
    percent = models.DecimalField(_("per cent"), max_digits=7, decimal_places=2, null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2, null=True, blank=True)
    rounding = models.CharField(_("rounded"), max_length=5, choices=Rounding, default=Rounding.CENT)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    offers = models.PositiveIntegerField(_("offers"), default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    key = models.CharField(_("key"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="PRICE", percent__isnull=False, amount=None)
                | Q(kind="PRICE", percent=None, amount__isnull=False)
                | Q(kind__in=["ON", "OFF"], percent=None, amount=None),
                name="bulk_change_has_its_terms",
            ),
        ]

    def __str__(self) -> str:
        if self.kind != BulkKind.PRICE:
            return str(self.get_kind_display())
        per_cent = self.percent is not None and f"{self.percent.normalize():+f}\N{NO-BREAK SPACE}%"
        difference = per_cent or f"{self.amount:+}"
        terms = {"difference": difference, "rounding": self.get_rounding_display()}
        return gettext("Prices %(difference)s, %(rounding)s") % terms

    def price_from(self, price: Decimal) -> Decimal:
        """Return what becomes of a price; nothing or less where it would fall below a cent."""
        changed = price + self.amount if self.amount is not None else price * (100 + (self.percent or 0)) / 100
        return round_price(changed, self.rounding)


class BulkPartQuerySet(LockableQuerySet["BulkPart"]):
    def undone(self) -> Self:
        """Parts that are still to be carried out."""
        return self.filter(done_at=None)


class BulkPart(models.Model):
    """
    Some offers of a bulk change, done in one transaction or not at all.

    `refused` says of each offer that was left as it was why: [{book_id, title, seller, price, reason}].
    """

    change = models.ForeignKey(BulkChange, models.CASCADE, related_name="parts", verbose_name=_("bulk change"))
    offer_ids = ArrayField(models.BigIntegerField(), verbose_name=_("offers"))
    changed = models.PositiveIntegerField(_("changed"), default=0)
    refused = models.JSONField(_("refused"), default=list, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    objects = BulkPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a bulk change")
        verbose_name_plural = _("parts of a bulk change")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.change_id}: {len(self.offer_ids)}"
