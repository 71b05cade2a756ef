"""The carts' work that can wait."""

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from cart.models import GUEST_LIFETIME, Cart, CartStatus, Guest

BATCH = 1_000  # guests that go at once

log = structlog.get_logger(__name__)


@app.periodic(cron="20 4 * * *")
@app.task(queueing_lock="abandon_carts", retry=3)
def abandon_carts(timestamp: int = 0) -> int:
    """
    Mark the guests' carts that nobody has touched for 60 days; an account's stay.

    Guests whom nobody has seen for twice as long go, with their carts.
    """
    old = Cart.objects.active().filter(guest__isnull=False, updated_at__lte=timezone.now() - GUEST_LIFETIME)
    number = old.update(status=CartStatus.ABANDONED)
    log.info("cart.abandoned", carts=number)
    unseen = Guest.objects.filter(used_at__lte=timezone.now() - 2 * GUEST_LIFETIME).values_list("pk", flat=True)
    while batch := list(unseen[:BATCH]):
        Guest.objects.filter(pk__in=batch).delete()
    return number
