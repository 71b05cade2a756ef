"""Who sells a book, and on what terms."""

from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.models.books import Book
from catalog.models.sellers import Seller


def store_currency() -> str:
    """Return the one currency of the shop. Source: ISO 4217."""
    return settings.STORE_CURRENCY


class OfferQuerySet(LockableQuerySet["Offer"]):
    def standing(self) -> Self:
        """Offers that were not withdrawn, active or not, of books that are not archived."""
        return self.filter(withdrawn_at=None, book__archived_at=None)

    def managed_by(self, user: Any) -> Self:
        """Offers that this user may edit."""
        return self.filter(seller__in=Seller.objects.managed_by(user))

    def active(self) -> Self:
        """Offers that are switched on."""
        return self.filter(is_active=True)

    def shown(self, currency: Any = "") -> Self:
        """Offers that shoppers see: active ones, priced in the shop's currency, which a prepared read is given."""
        return self.active().filter(currency=currency or store_currency())

    def running_low(self, threshold: int) -> Self:
        """Offers that shoppers see and of which so many copies or fewer are left, sold out ones too."""
        return self.shown().filter(stock_quantity__lte=threshold)

    def best_first(self) -> Self:
        """Order as a shopper would choose: in stock first, then cheapest."""
        return self.order_by(models.Case(models.When(stock_quantity__gt=0, then=0), default=1), "price", "id")


class Offer(models.Model):
    """
    One seller's terms for one book.

    `currency` is the shop's at the time when the price was last stated. What was priced in one that the shop had
    before is not for sale until its price is stated anew.
    """

    book = models.ForeignKey(Book, models.PROTECT, related_name="offers", verbose_name=_("book"))
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="offers", verbose_name=_("seller"))
    price = models.DecimalField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    currency = models.CharField(_("currency"), max_length=3, default=store_currency, editable=False)
    stock_quantity = models.PositiveIntegerField(_("copies for sale"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["book", "seller"], name="offer_is_one_per_book_and_seller"),
            models.CheckConstraint(condition=Q(stock_quantity__gte=0), name="offer_stock_is_not_negative"),
            models.CheckConstraint(condition=Q(price__gt=0), name="offer_price_is_positive"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(is_active=False), name="offer_withdrawn_is_inactive"
            ),
        ]
        indexes = [models.Index(fields=["stock_quantity", "id"], condition=Q(is_active=True), name="offer_by_stock")]

    def __str__(self) -> str:
        return f"{self.book} · {self.seller}"

    @property
    def is_shown(self) -> bool:
        """Whether shoppers see it, as `shown()` says."""
        return self.is_active and self.currency == store_currency()

    @property
    def in_stock(self) -> bool:
        return self.is_shown and self.stock_quantity > 0


class OfferRunningLow(Offer):
    """An offer as staff see it who think of ordering more."""

    class Meta:
        proxy = True
        verbose_name = _("offer running low")
        verbose_name_plural = _("offers running low")
