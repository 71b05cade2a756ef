"""What every QuerySet of ours can do."""

from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class LockableQuerySet(QuerySet[M]):
    """A QuerySet whose rows can be locked for a change."""

    def locked(self, *, nowait: bool = False) -> Self:
        """
        Lock these rows in the order of their ids until the transaction ends.

        Decide only on what this query returns: anything read before the lock may be stale.
        Locks: FOR NO KEY UPDATE, so that rows pointing here can still be written.
        Raises: OperationalError after `lock_timeout` (shown as Busy); at once with `nowait`.
        """
        return self.order_by("pk").select_for_update(no_key=True, of=("self",), nowait=nowait)


def constraint_of(error: Exception) -> str | None:
    """Name the database constraint that an IntegrityError ran into, or None."""
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    return diagnostics.constraint_name if diagnostics else None


def in_batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
