"""Where an order and its payment stand."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# After so long somebody asks the provider what became of a payment; far above PAYMENT_TIMEOUT.
PATIENCE = timedelta(minutes=5)


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
