"""Locks on things that have no row, or none yet: PostgreSQL's advisory locks, by name."""

from collections.abc import Iterable
from hashlib import blake2b

from bookstore.core.prepared import run_prepared


def number_of(name: str) -> int:
    """Return the number of the lock with this name; two names share one less often than once in 10¹⁸."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def lock(names: Iterable[str]) -> None:
    """
    Wait for these locks, ascending, and hold them until the transaction ends.

    Raises: OperationalError after `lock_timeout` (shown as Busy).
    """
    for number in sorted(map(number_of, names)):
        run_prepared("SELECT pg_advisory_xact_lock(%s)", [number])


def try_lock(name: str) -> bool:
    """Take the lock until the transaction ends, unless somebody else holds it."""
    return run_prepared("SELECT pg_try_advisory_xact_lock(%s)", [number_of(name)])[0][0]
