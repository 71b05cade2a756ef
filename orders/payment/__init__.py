"""
How the shop asks for money, whoever moves it.

A provider knows every charge and refund by a key of ours, so that asking twice moves money once. It is asked outside
any transaction: it may take its time, and the process may die meanwhile.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class NoAnswer(Exception):
    """The provider has not said in time what became of it: nothing is known, money may have moved."""


class RefundRefused(Exception):
    """The provider will not give back this much of this charge."""


class ChargeStatus(StrEnum):
    """What became of a charge; it never changes again."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    VOIDED = "VOIDED"


@dataclass(frozen=True)
class Means:
    """How the shopper pays: the token that the provider's form gave out, never a card's number."""

    token: str = ""
    must_fail: bool = False


@dataclass(frozen=True)
class Charge:
    """What the provider says of a key; `reference` is its own name for the charge."""

    key: str
    status: ChargeStatus
    amount: Decimal
    reference: str


class Provider(Protocol):
    """Someone who moves money. Every call may raise NoAnswer."""

    name: str

    def charge(self, key: str, amount: Decimal, currency: str, means: Means) -> Charge:
        """Take the money once for this key; asked again, say what became of it then. Waits PAYMENT_TIMEOUT at most."""

    def find(self, key: str) -> Charge | None:
        """Return what became of a key, None where nothing has yet."""

    def void(self, key: str) -> Charge:
        """Let no charge of this key succeed any more; return what stands, which may be one that was quicker."""

    def refund(self, key: str, charge_key: str, amount: Decimal) -> str:
        """
        Give money of a charge back, once for this key, and return the provider's reference.

        Raises: RefundRefused.
        """


def provider() -> Provider:
    """Return who moves the shop's money."""
    return import_string(settings.PAYMENT_PROVIDER)()
