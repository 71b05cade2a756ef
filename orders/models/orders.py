"""What was bought, and on what terms."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Prefetch, Q
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import User
from accounts.naming import name_query, name_vector
from bookstore.core.pagination import COUNT_CAP
from bookstore.core.querysets import LockableQuerySet
from catalog.isbn import parse_isbn
from catalog.models import Book, Offer
from orders.models.events import OrderEvent
from orders.models.numbers import LETTERS, as_number, new_number
from orders.models.statuses import FINISHED, PATIENCE, OrderStatus, PaymentStatus

RECIPIENT = name_vector(KT("shipping_address__full_name"))
MOST_FOUND = COUNT_CAP + 1  # by a search; one more than is ever counted


def address_lines(address: Mapping[str, str]) -> list[str]:
    """Return an address as it is written on a parcel."""
    town = " ".join(filter(None, [address.get("postal_code"), address.get("city")]))
    country = countries.name(address.get("country", ""))
    named = [address.get(name) for name in ("full_name", "line1", "line2")]
    return [line for line in (*named, town, address.get("region"), country) if line]


class OrderQuerySet(LockableQuerySet["Order"]):
    def placed_by(self, user: Any) -> Self:
        """That user's orders, whatever became of them."""
        return self.filter(user=user)

    def undecided(self, at: datetime | None = None) -> Self:
        """Orders whose payment nobody has heard of for PATIENCE."""
        return self.filter(status=OrderStatus.PENDING, created_at__lte=(at or timezone.now()) - PATIENCE)

    def to_pack(self) -> Self:
        """Orders that are paid and still here, the one that has waited longest first, with who packs it."""
        return self.filter(status=OrderStatus.CONFIRMED).select_related("user", "packing__packer").order_by("pk")

    def matching(self, text: str) -> Self:
        """
        Of these orders those whose number begins so, whose shopper's e-mail has this in it, in whose shopper's or
        recipient's name its words begin some, or which hold the book of this ISBN; of each kind the newest MOST_FOUND.

        Of what has an @ only the e-mail is looked at.
        """
        number, words = as_number(text), name_query(text)
        known = User.objects.reached_at(text) if "@" in text else User.objects.known_as(text)
        # Each in a query of its own, as either-or would read all orders; and only for what it could be.
        kinds = [Q(user__in=known)]
        if number and set(number) <= {*LETTERS, "-"}:
            kinds.append(Q(number__startswith=number))
        if words is not None and "@" not in text:
            kinds.append(Q(recipient=words))
        with suppress(ValueError):
            kinds.append(Q(pk__in=OrderItem.objects.filter(isbn=parse_isbn(text)).values("order")))
        newest = self.alias(recipient=RECIPIENT).order_by("-pk").values("pk")
        first, *others = [newest.filter(kind)[:MOST_FOUND] for kind in kinds]
        return self.filter(pk__in=first.union(*others) if others else first)

    def with_lines(self) -> Self:
        """Load what is said of an order: its lines with their books and sellers, and its timeline."""
        lines = OrderItem.objects.select_related("book", "offer__seller").defer("book__description")
        return self.prefetch_related(Prefetch("items", lines), Prefetch("events", OrderEvent.objects.public()))


class Order(models.Model):
    """
    One purchase, as it was agreed: nothing of it changes but what becomes of it.

    Prices contain tax: `total_price` is `items_total` and `shipping_total`, of which `tax_total` is tax. `number` is
    the provider's key for the charge. All money is in `currency`.
    """

    number = models.CharField(_("number"), max_length=32, unique=True, default=new_number, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
        verbose_name=_("user"),
    )
    status = models.CharField(_("status"), max_length=16, choices=OrderStatus, default=OrderStatus.PENDING)
    created_at = models.DateTimeField(_("placed"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    items_total = models.DecimalField(_("books"), max_digits=14, decimal_places=2)
    shipping_total = models.DecimalField(_("shipping"), max_digits=14, decimal_places=2)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=2, help_text=_("Per cent."))
    tax_total = models.DecimalField(_("tax contained"), max_digits=14, decimal_places=2)
    total_price = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=14, decimal_places=2, default=Decimal(0))
    currency = models.CharField(_("currency"), max_length=3)

    accepted_price_changes = models.BooleanField(_("agreed to risen prices"), default=False)
    expected_total = models.DecimalField(_("agreed total"), max_digits=14, decimal_places=2, null=True, blank=True)
    shipping_address = models.JSONField(
        _("shipping address"), null=True, blank=True, encoder=DjangoJSONEncoder, help_text=_("As it was then.")
    )
    checkout_key = models.CharField(_("idempotency key"), max_length=255, blank=True)
    checkout_fingerprint = models.CharField(_("fingerprint of the checkout"), max_length=64, blank=True)

    payment_provider = models.CharField(_("payment provider"), max_length=40)
    payment_status = models.CharField(_("payment"), max_length=12, choices=PaymentStatus, default=PaymentStatus.PENDING)
    payment_reference = models.CharField(_("payment reference"), max_length=100, blank=True)

    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking = models.CharField(_("tracking number"), max_length=200, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [("view_sales", "Can see what the shop has sold")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "checkout_key"], condition=~Q(checkout_key=""), name="order_once_per_checkout_key"
            ),
            models.CheckConstraint(
                condition=Q(total_price=F("items_total") + F("shipping_total")), name="order_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(items_total__gt=0, shipping_total__gte=0, tax_total__gte=0), name="order_money_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("total_price")),
                name="order_refunds_at_most_the_total",
            ),
            models.CheckConstraint(
                condition=Q(status="PENDING", payment_status="PENDING")
                | Q(status="PAYMENT_FAILED", payment_status="FAILED")
                | Q(
                    status__in=["CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED", "REFUNDED"],
                    payment_status="SUCCEEDED",
                ),
                name="order_status_fits_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="order_by_user"),
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["created_at"], name="order_by_time"),
            models.Index(fields=["created_at"], condition=Q(status="PENDING"), name="order_undecided"),
            GinIndex(RECIPIENT, name="order_by_words_of_recipient", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:order", args=[self.number])

    @property
    def is_cancellable(self) -> bool:
        """Whether it is paid, and still here."""
        return self.status == OrderStatus.CONFIRMED

    @property
    def address_lines(self) -> list[str]:
        """Where it is sent, a line each; none once the address is gone."""
        return address_lines(self.shipping_address or {})

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to be sent."""
        return self.status in FINISHED

    @property
    def refundable_amount(self) -> Decimal:
        """What of the money that was paid has not been given back."""
        return self.total_price - self.refunded_amount


class OrderToPack(Order):
    """An order as those see it who pack it."""

    class Meta:
        proxy = True
        verbose_name = _("order to pack")
        verbose_name_plural = _("orders to pack")
        default_permissions = ()


class OrderItem(models.Model):
    """One line as it was bought. `shown_price` is what the cart had said, `unit_price` what was agreed and paid."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="items", db_index=False, verbose_name=_("order"))
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="order_items", verbose_name=_("offer"))
    book = models.ForeignKey(Book, models.PROTECT, related_name="order_items", verbose_name=_("book"))
    quantity = models.PositiveIntegerField(_("copies"))
    unit_price = models.DecimalField(_("price of one"), max_digits=10, decimal_places=2)
    shown_price = models.DecimalField(_("price shown in the cart"), max_digits=10, decimal_places=2)
    title = models.CharField(_("title"), max_length=500)
    byline = models.CharField(_("byline"), max_length=1000, blank=True)
    isbn = models.CharField(_("ISBN"), max_length=13, blank=True)
    seller_name = models.CharField(_("seller"), max_length=200)
    refunded_quantity = models.PositiveIntegerField(_("copies refunded"), default=0)
    restocked_quantity = models.PositiveIntegerField(_("copies put back"), default=0)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "offer"], name="order_item_is_one_per_offer"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_item_has_copies"),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="order_item_price_is_positive"),
            models.CheckConstraint(
                condition=Q(refunded_quantity__lte=F("quantity"), restocked_quantity__lte=F("quantity")),
                name="order_item_returns_at_most_what_was_bought",
            ),
        ]
        indexes = [models.Index(fields=["isbn"], name="order_item_by_isbn")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def line_total(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def refundable_quantity(self) -> int:
        """Copies whose money was not given back."""
        return self.quantity - self.refunded_quantity
