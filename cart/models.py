"""What a shopper means to buy, by seller, at the price that was shown."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.models import Offer, Seller

GUEST_LIFETIME = timedelta(days=60)


class GuestQuerySet(models.QuerySet["Guest"]):
    def known(self, at: datetime | None = None) -> Self:
        """Guests whose token still counts: not spent by signing in, and used in the last 60 days."""
        return self.filter(spent_at=None, used_at__gt=(at or timezone.now()) - GUEST_LIFETIME)


class Guest(models.Model):
    """A shopper without an account, known by a token of which only the hash is kept."""

    token_hash = models.CharField(_("hash of the token"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    used_at = models.DateTimeField(_("last used"), default=timezone.now, editable=False)
    spent_at = models.DateTimeField(_("merged into an account"), null=True, blank=True)

    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        indexes = [models.Index(fields=["used_at"], name="guest_by_use")]

    def __str__(self) -> str:
        return f"guest {self.pk}"


class CartStatus(models.TextChoices):
    """Where a cart stands; once it is neither ACTIVE nor LOCKED, nothing changes it any more."""

    ACTIVE = "ACTIVE", _("active")
    LOCKED = "LOCKED", _("locked")
    CHECKED_OUT = "CHECKED_OUT", _("checked out")
    CANCELLED = "CANCELLED", _("cancelled")
    ABANDONED = "ABANDONED", _("abandoned")


class CartQuerySet(LockableQuerySet["Cart"]):
    def active(self) -> Self:
        """Carts that lines may be put into."""
        return self.filter(status=CartStatus.ACTIVE)

    def open(self) -> Self:
        """Carts that the shopper still sees: active ones, and those locked while they are paid for."""
        return self.filter(status__in=[CartStatus.ACTIVE, CartStatus.LOCKED])

    def held_by(self, order_number: str) -> Self:
        """Carts that this order has locked."""
        return self.filter(status=CartStatus.LOCKED, held_by=order_number)


class Cart(models.Model):
    """
    What one shopper, an account or a guest, means to buy from one seller.

    `held_by` is the number of the order that locked it; "" where it was locked by hand, or is not locked.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="carts",
        db_index=False,
        verbose_name=_("user"),
    )
    guest = models.ForeignKey(
        Guest,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="carts",
        db_index=False,
        verbose_name=_("guest"),
    )
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", verbose_name=_("seller"))
    status = models.CharField(_("status"), max_length=12, choices=CartStatus, default=CartStatus.ACTIVE)
    held_by = models.CharField(_("held by order"), max_length=32, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = CartQuerySet.as_manager()

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, guest__isnull=False) | Q(user__isnull=False, guest=None),
                name="cart_has_one_shopper",
            ),
            models.CheckConstraint(condition=Q(held_by="") | Q(status="LOCKED"), name="cart_held_is_locked"),
            models.UniqueConstraint(
                fields=["user", "seller"], condition=Q(status="ACTIVE"), name="cart_one_active_per_user_and_seller"
            ),
            models.UniqueConstraint(
                fields=["guest", "seller"], condition=Q(status="ACTIVE"), name="cart_one_active_per_guest_and_seller"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="cart_by_user"),
            models.Index(fields=["guest", "-id"], name="cart_by_guest"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"


class Availability(models.TextChoices):
    """Whether a line could be bought now."""

    OK = "OK", _("available")
    SHORT = "SHORT", _("fewer copies left than wanted")
    SOLD_OUT = "SOLD_OUT", _("sold out")
    NOT_OFFERED = "NOT_OFFERED", _("no longer offered")


class PriceChange(models.TextChoices):
    """How the price has moved since it was shown."""

    RISEN = "RISEN", _("risen")
    FALLEN = "FALLEN", _("fallen")


class CartItemQuerySet(LockableQuerySet["CartItem"]):
    def with_terms(self) -> Self:
        """Load what is said of each line: its offer, seller, book and cart; in the order they were added."""
        return self.select_related("offer__book", "offer__seller", "cart").order_by("pk")


class CartItem(models.Model):
    """
    One line: so many copies of one offer, with the price that the shopper was shown.

    What is said of now (`current_price`, `availability`) needs the offer and its book loaded.
    """

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items", db_index=False, verbose_name=_("cart"))
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="+", verbose_name=_("offer"))
    quantity = models.PositiveIntegerField(_("copies"))
    price = models.DecimalField(_("price shown"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    captured_at = models.DateTimeField(_("shown at"), default=timezone.now)

    objects = CartItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["cart", "offer"], name="cart_item_is_one_per_offer"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="cart_item_has_copies"),
            models.CheckConstraint(condition=Q(price__gt=0), name="cart_item_price_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.offer_id}"

    @property
    def is_offered(self) -> bool:
        """Whether it can be bought; not at a price in another currency, which the shop had before."""
        return self.offer.is_shown and self.offer.book.archived_at is None

    @property
    def available_quantity(self) -> int:
        """Copies that could be bought now, of those wanted or not."""
        return self.offer.stock_quantity if self.is_offered else 0

    @property
    def availability(self) -> Availability:
        if not self.is_offered:
            return Availability.NOT_OFFERED
        if self.offer.stock_quantity == 0:
            return Availability.SOLD_OUT
        return Availability.SHORT if self.offer.stock_quantity < self.quantity else Availability.OK

    @property
    def current_price(self) -> Decimal:
        """What the seller asks now, in the store's currency."""
        return self.offer.price

    @property
    def price_change(self) -> PriceChange | None:
        """How the price compares with the one shown; a price in another currency is to be agreed to, as a risen one."""
        if self.offer.currency != self.currency:
            return PriceChange.RISEN
        if self.offer.price == self.price:
            return None
        return PriceChange.RISEN if self.offer.price > self.price else PriceChange.FALLEN

    @property
    def line_total(self) -> Decimal:
        """The line at the price that was shown."""
        return self.price * self.quantity

    @property
    def current_total(self) -> Decimal:
        """The line at the price asked now."""
        return self.offer.price * self.quantity
