"""What was bought, paid, sent and given back."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
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
from orders.packing.claims import Packing as Packing  # models, too, that Django has to know
from orders.payment.ledger import MockCharge as MockCharge
from orders.payment.ledger import MockRefund as MockRefund
from orders.together import BoughtTogether as BoughtTogether

# After so long somebody asks the provider what became of a payment; far above PAYMENT_TIMEOUT.
PATIENCE = timedelta(minutes=5)

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's Base32: none is taken for another
MISREAD = str.maketrans("OIL", "011", "- ")


def new_number() -> str:
    """Return an order's number, such as 7K3Q-9XWD-0M4R; it tells nobody how many orders there are."""
    return as_number("".join(secrets.choice(LETTERS) for _letter in range(12)))


def as_number(typed: str) -> str:
    """Return a number, or its beginning, as it is written, whatever somebody made of case, hyphens and letters."""
    letters = typed.upper().translate(MISREAD)
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def address_lines(address: Mapping[str, str]) -> list[str]:
    """Return an address as it is written on a parcel."""
    town = " ".join(filter(None, [address.get("postal_code"), address.get("city")]))
    country = countries.name(address.get("country", ""))
    named = [address.get(name) for name in ("full_name", "line1", "line2")]
    return [line for line in (*named, town, address.get("region"), country) if line]


class OrderStatus(models.TextChoices):
    """Where an order stands."""

    PENDING = "PENDING", _("waiting for the payment")
    CONFIRMED = "CONFIRMED", _("confirmed")
    PAYMENT_FAILED = "PAYMENT_FAILED", _("payment failed")
    SHIPPED = "SHIPPED", _("shipped")
    DELIVERED = "DELIVERED", _("delivered")
    CANCELLED = "CANCELLED", _("cancelled")
    REFUNDED = "REFUNDED", _("refunded")


FINISHED = [OrderStatus.PAYMENT_FAILED, OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.REFUNDED]


class PaymentStatus(models.TextChoices):
    """What the provider has said of the charge."""

    PENDING = "PENDING", _("not decided yet")
    SUCCEEDED = "SUCCEEDED", _("paid")
    FAILED = "FAILED", _("failed")


RECIPIENT = name_vector(KT("shipping_address__full_name"))
MOST_FOUND = COUNT_CAP + 1  # by a search; one more than is ever counted


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
        return self.prefetch_related(*lines_and_timeline())


def lines_and_timeline() -> list[Prefetch | str]:
    """Return what `with_lines` loads, for an order that is at hand already."""
    lines = OrderItem.objects.select_related("book", "offer__seller").defer("book__description")
    return [Prefetch("items", lines), Prefetch("events", OrderEvent.objects.public())]


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


class EventKind(models.TextChoices):
    """What happened to an order: it came to a status, or something that changes none."""

    PENDING = OrderStatus.PENDING.value, _("placed")
    CONFIRMED = OrderStatus.CONFIRMED.value, _("paid")
    PAYMENT_FAILED = OrderStatus.PAYMENT_FAILED.value, _("payment failed")
    SHIPPED = OrderStatus.SHIPPED.value, _("shipped")
    DELIVERED = OrderStatus.DELIVERED.value, _("delivered")
    CANCELLED = OrderStatus.CANCELLED.value, _("cancelled")
    REFUNDED = OrderStatus.REFUNDED.value, _("refunded")
    PARTLY_REFUNDED = "PARTLY_REFUNDED", _("refunded in part")
    NOTED = "NOTED", _("note of the staff")


class OrderEventQuerySet(LockableQuerySet["OrderEvent"]):
    def notes(self) -> Self:
        """What staff have noted, with who did, oldest first."""
        return self.filter(kind=EventKind.NOTED).select_related("actor").order_by("pk")

    def public(self) -> Self:
        """What the shopper may know of, too: all but the staff's notes."""
        return self.exclude(kind=EventKind.NOTED)


class OrderEvent(models.Model):
    """
    One entry of an order's timeline; never changed. Without an actor it was the shop itself, or somebody gone.

    `told_at` says when its shopper was told; empty also for what nobody is told of.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="events", verbose_name=_("order"))
    kind = models.CharField(_("what"), max_length=16, choices=EventKind)
    at = models.DateTimeField(_("at"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    refund = models.ForeignKey(
        "Refund", models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("refund")
    )
    told_at = models.DateTimeField(_("shopper told"), null=True, blank=True)

    objects = OrderEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("timeline")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"


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
