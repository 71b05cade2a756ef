"""Finding things by name, and making those that are missing."""

from collections.abc import Iterable
from typing import TypeVar

from django.db import connection

from catalog.models import Contributor, Series

Named = TypeVar("Named", Contributor, Series)


def rows_named(model: type[Named], names: Iterable[str]) -> dict[str, int]:
    """
    Return `{name: id}`, whatever the case of the names; missing rows are made, by two callers at once too.

    The names go in sorted, so that two callers wait for each other in one order. The database compares them,
    so that it and the unique constraint agree on what lower case is.
    """
    wanted = sorted(set(names))
    model._default_manager.bulk_create([model(name=name) for name in wanted], ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT wanted, id FROM unnest(%s::text[]) AS wanted "  # noqa: S608 - the table is the model's own
            f"JOIN {model._meta.db_table} ON lower(name) = lower(wanted)",
            [wanted],
        )
        return dict(cursor.fetchall())
