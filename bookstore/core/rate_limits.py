"""
How often somebody may try what is worth trying often: passwords, codes, mails to others.

Counted in PostgreSQL, so that all processes and machines count together. A window begins with the first try and ends
after a fixed time, whether there were more tries or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from bookstore.core.errors import TooMany
from bookstore.core.models import RateCount
from bookstore.core.prepared import prepared_rows

AnyRequest = HttpRequest | Request


@dataclass(frozen=True)
class Rule:
    """How many tries one window has, for a client's address and for the account that is tried."""

    window: timedelta
    per_address: int
    per_account: int


QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

# An address may be that of a whole office or a telephone network, so it gets more than an account.
RULES = {
    "login": Rule(QUARTER, per_address=50, per_account=10),
    "second_factor": Rule(QUARTER, per_address=50, per_account=10),
    "reauthentication": Rule(QUARTER, per_address=50, per_account=10),
    "password_change": Rule(QUARTER, per_address=50, per_account=10),
    "refresh": Rule(QUARTER, per_address=600, per_account=120),
    "register": Rule(HOUR, per_address=30, per_account=10),
    "password_reset": Rule(HOUR, per_address=30, per_account=5),
    "password_reset_confirm": Rule(HOUR, per_address=50, per_account=20),
    "provider": Rule(QUARTER, per_address=50, per_account=50),
    "confirmation": Rule(HOUR, per_address=30, per_account=5),
    # Declined ones alone: whoever tries out stolen cards has many, an honest shopper one in ten.
    "payment": Rule(QUARTER, per_address=3000, per_account=30),
}


def spend(rule: str, request: AnyRequest, account: str = "") -> None:
    """
    Count one try; `account` is whatever names the account that is tried, such as an e-mail or an id.

    The count stands whatever becomes of the try, so this is called outside of its transaction.
    Raises: TooMany.
    """
    if not settings.RATE_LIMITS:
        return
    window = RULES[rule].window
    # Who is over the limit of an address must not use up that of an account.
    for key, most in counts_of(rule, request, account):
        count, seconds_left = add_one(key, window)
        if count > most:
            raise TooMany(retry_after=seconds_left)


def ensure_left(rule: str, request: AnyRequest, account: str) -> None:
    """Refuse who has no try left, for what counts only where it fails, and is spent then. Raises: TooMany."""
    if not settings.RATE_LIMITS:
        return
    most = dict(counts_of(rule, request, account))
    for running in prepared_rows(RUNNING, {"keys": list(most)}):
        if running.tries >= most[running.key]:
            raise TooMany(retry_after=running.seconds_left)


def forgive(rule: str, request: AnyRequest, account: str) -> None:
    """Begin the account's count anew after a success, and give the address back the try that it was."""
    if not settings.RATE_LIMITS:
        return
    (address_key, _), (account_key, _) = counts_of(rule, request, account)
    RateCount.objects.filter(key=account_key).delete()
    RateCount.objects.filter(key=address_key, count__gt=0).update(count=F("count") - 1)


def address_of(request: AnyRequest) -> str:
    """
    Return the address of the client; empty where none is known.

    Behind a proxy it is the last one in X-Forwarded-For, which the proxy itself has written; those before it are
    whatever the client says.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        address = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or address
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or IPv6Address(int(ip))  # without a scope such as %eth0
    return str(ip)


def counts_of(rule: str, request: AnyRequest, account: str) -> Iterator[tuple[str, int]]:
    """Yield the keys that a try counts under, each with how many tries it has."""
    yield key_of(rule, "address", network_of(address_of(request))), RULES[rule].per_address
    if account:
        yield key_of(rule, "account", account), RULES[rule].per_account


def network_of(address: str) -> str:
    # A household has a whole /64 of IPv6, so its single addresses mean nothing.
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def key_of(*parts: str) -> str:
    # Hashed with the shop's secret, so that the table does not tell who tried to sign in.
    return salted_hmac("bookstore.core.rate_limits", "\n".join(parts), algorithm="sha256").hexdigest()


# The database's clock, as those of several machines may differ; the statement's time, as a transaction may be long.
ADD_ONE = """
    INSERT INTO core_ratecount AS old (key, count, ends_at)
    VALUES (%(key)s, 1, statement_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN old.ends_at <= statement_timestamp() THEN 1 ELSE old.count + 1 END,
        ends_at = CASE WHEN old.ends_at <= statement_timestamp() THEN excluded.ends_at ELSE old.ends_at END
    RETURNING count, ceil(extract(epoch FROM ends_at - statement_timestamp()))::int
"""
RUNNING = """
    SELECT key, count AS tries, ceil(extract(epoch FROM ends_at - statement_timestamp()))::int AS seconds_left
    FROM core_ratecount WHERE key = ANY(%(keys)s) AND ends_at > statement_timestamp()
"""


def add_one(key: str, window: timedelta) -> tuple[int, int]:
    """Count one; return the count and how many seconds its window still has."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_ONE, {"key": key, "seconds": window.total_seconds()})
        count, seconds_left = cursor.fetchone()
    return count, seconds_left
