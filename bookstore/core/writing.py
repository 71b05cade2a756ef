"""
Rows written by statements that are made once and planned once for each connection.

For what a purchase writes, and for many rows at once. Nobody is sent `pre_save` or `post_save`; whoever writes what
others listen to tells them.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

from bookstore.core.prepared import run_prepared

Columns = tuple[Any, ...]


def insert(*rows: Model) -> None:
    """
    Write new rows of one model in one statement, and give each its id.

    What `save` and `bulk_create` do, without making the text anew each time, which takes them most of theirs.
    Raises: IntegrityError.
    """
    columns, statement = _insertion(type(rows[0]), len(rows) == 1)
    ids = run_prepared(statement, _values(columns, rows, is_new=True))
    for row, (pk,) in zip(rows, ids, strict=True):
        row.pk = pk
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def write_columns(rows: Sequence[Model], fields: Iterable[str]) -> None:
    """
    Write these fields of rows of one model in one statement.

    What `bulk_update` does, without the WHEN for every row and field that takes it most of its time.
    Raises: IntegrityError.
    """
    if rows:
        columns, statement = _change(type(rows[0]), tuple(fields), len(rows) == 1)
        run_prepared(statement, _values(columns, rows))


def _values(columns: Columns, rows: Sequence[Model], *, is_new: bool = False) -> list[Any]:
    """Return a value for each column; a list of them where there are several rows."""
    database = connections[DEFAULT_DB_ALIAS]

    def value(column: Any, row: Model) -> Any:
        given = column.pre_save(row, add=True) if is_new else getattr(row, column.attname)
        return column.get_db_prep_save(given, database)

    if len(rows) == 1:
        return [value(column, rows[0]) for column in columns]
    return [[value(column, row) for row in rows] for column in columns]


@cache
def _insertion(model: type[Model], is_single: bool) -> tuple[Columns, str]:
    meta = model._meta
    columns = tuple(
        column for column in meta.local_concrete_fields if not (column is meta.auto_field or column.generated)
    )
    source = f"VALUES ({_marks(columns)})" if is_single else f"SELECT * FROM unnest({_arrays(columns)})"  # noqa: S608
    table, names, key = _quote(meta.db_table), ", ".join(_names(columns)), _names([meta.pk])[0]
    return columns, f"INSERT INTO {table} ({names}) {source} RETURNING {key}"  # noqa: S608  names of ours, here and below


@cache
def _change(model: type[Model], fields: tuple[str, ...], is_single: bool) -> tuple[Columns, str]:
    meta = model._meta
    columns = (*(meta.get_field(name) for name in fields), meta.pk)
    *names, key = _names(columns)
    table = _quote(meta.db_table)
    if is_single:
        return columns, f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in names)} WHERE {key} = %s"  # noqa: S608
    settings = ", ".join(f"{name} = new.{name}" for name in names)
    source = f"unnest({_arrays(columns)}) AS new({', '.join([*names, key])})"
    return columns, f"UPDATE {table} AS old SET {settings} FROM {source} WHERE old.{key} = new.{key}"  # noqa: S608


def _marks(columns: Iterable[Any]) -> str:
    return ", ".join("%s" for _column in columns)


def _arrays(columns: Iterable[Any]) -> str:
    # Without a length or a scale: a cast to such would cut off in silence what is too long for the column.
    return ", ".join(f"%s::{column.cast_db_type(connection).partition('(')[0]}[]" for column in columns)


def _names(columns: Iterable[Any]) -> list[str]:
    return [_quote(column.column) for column in columns]


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
