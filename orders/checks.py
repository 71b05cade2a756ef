"""What `manage.py check --deploy` says of payments."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register

MOCK = "orders.payment.mock.MockProvider"


@register(Tags.security, deploy=True)
def payments_are_real(**kwargs: Any) -> list[CheckMessage]:
    """Say that nobody pays. The shop opens without, so this is no warning that would stop a deployment."""
    if settings.PAYMENT_PROVIDER != MOCK or settings.IS_LOCAL:
        return []
    return [
        Info(
            "The shop's payment provider is a mock: orders are confirmed and no money moves.",
            hint="Write a class with the methods of orders.payment.Provider, and name it in PAYMENT_PROVIDER.",
            id="orders.I001",
        )
    ]


@register(Tags.security, deploy=True)
def tokens_for_tests_are_off(**kwargs: Any) -> list[CheckMessage]:
    """Warn of payment tokens by which anybody could stop the shop's processes."""
    if not settings.PAYMENT_TEST_TOKENS or settings.IS_LOCAL:
        return []
    return [
        Warning(
            "PAYMENT_TEST_TOKENS is on: whoever pays with tok_kill_before ends the process that serves them.",
            hint="Leave it off wherever others than you can buy.",
            id="orders.W001",
        )
    ]
