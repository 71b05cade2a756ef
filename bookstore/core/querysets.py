"""What every QuerySet of ours can do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self, TypeVar

from django.db import connection
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


def write_columns(rows: Sequence[Model], fields: Iterable[str]) -> None:
    """
    Write these fields of many rows of one model in one statement.

    What `bulk_update` does, without the WHEN for every row and field that takes it most of its time.
    """
    if not rows:
        return
    meta = rows[0]._meta
    quote = connection.ops.quote_name
    columns: list[Any] = [meta.pk, *(meta.get_field(name) for name in fields)]
    names = [quote(column.column) for column in columns]
    arrays = ", ".join(f"%s::{column.cast_db_type(connection)}[]" for column in columns)
    values = [[column.get_db_prep_save(getattr(row, column.attname), connection) for row in rows] for column in columns]
    table, pk, settings = quote(meta.db_table), names[0], ", ".join(f"{name} = new.{name}" for name in names[1:])
    source = f"unnest({arrays}) AS new({', '.join(names)})"
    with connection.cursor() as cursor:
        # Nothing in it comes from outside but the values.
        cursor.execute(f"UPDATE {table} AS old SET {settings} FROM {source} WHERE old.{pk} = new.{pk}", values)  # noqa: S608


def constraint_of(error: Exception) -> str | None:
    """Name the database constraint that an IntegrityError ran into, or None."""
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    return diagnostics.constraint_name if diagnostics else None


def in_batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
