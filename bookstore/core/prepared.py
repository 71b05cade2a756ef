"""
Statements that are run so often that making them costs more than running them.

What stands here is made once, and planned once for each connection, with its values sent beside it. Of a purchase's
reads, making the text took Python a third of its time, and planning it anew took PostgreSQL half.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, update_wrapper
from inspect import signature
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import RelatedPopulator
from psycopg import ClientCursor, Cursor
from psycopg.rows import namedtuple_row, tuple_row

M = TypeVar("M", bound=Model)
P = ParamSpec("P")


def prepared_rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    """
    Run a fixed statement and return its rows, as named tuples.

    Its values go to the server beside the text, not written into it as Django's cursors do: so the text is always
    the same, and psycopg has it planned once per connection (`prepare_threshold` in the settings). For the few reads
    where making the plan costs more than running it.
    """
    return _rows(statement, values, namedtuple_row)


def prepared(make: Callable[P, QuerySet[M]]) -> Callable[P, list[M]]:
    """
    Let Django make the text of a read once: the function then returns the rows for its arguments.

    `make` gets a stand-in for each argument, which it may only compare with: no `if`, no `__in`, no slice. What it
    returns may `select_related`, and `defer`, not annotate. Nor is it for `locked()`, which stands where it is done.
    """
    return cast("Callable[P, list[M]]", update_wrapper(_Read(make), make))


def _rows(statement: str, values: Mapping[str, Any], row_factory: Any) -> list[Any]:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = Cursor(connection.connection, row_factory=row_factory)
        # Wrapped as Django wraps its own, so that these queries are counted and logged as well.
        with connection._prepare_cursor(cursor) as wrapped:  # type: ignore[attr-defined]
            wrapped.execute(statement, values)
            return wrapped.fetchall()


class _StandIn(Expression):
    """A value that is named now and known later."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class _Plan(NamedTuple):
    """What Django knows of a query once it has made its text."""

    text: str
    compiler: Any
    converters: Any
    populator: Any


class _Read:
    def __init__(self, make: Callable[..., QuerySet[Any]]):
        self.make = make
        self.names = list(signature(make).parameters)

    def __call__(self, *values: Any, **named: Any) -> list[Any]:
        plan = self.plan
        found: list[Any] = []
        rows: Any = _rows(plan.text, dict(zip(self.names, values, strict=False)) | named, tuple_row)
        if plan.converters:
            rows = plan.compiler.apply_converters(rows, plan.converters)
        for row in rows:
            plan.populator.populate(row, found)
        return found

    @cached_property
    def plan(self) -> _Plan:
        query = self.make(**{name: _StandIn(name) for name in self.names}).query
        compiler = query.get_compiler(connection.alias)
        sql, values = compiler.as_sql()
        text = sql.replace("%%", "%%%%") % tuple(_written(value) for value in values)
        # What Django fills in the objects with that a row brings along; its first step here adds them to a list.
        first = {"from_parent": False, "local_setter": list.append, "remote_setter": lambda _made, _rows: None}
        about: Any = {**compiler.klass_info, **first}
        populator = RelatedPopulator(about, compiler.select, connection.alias)  # type: ignore[call-arg]  # Django 6's
        return _Plan(text, compiler, compiler.get_converters([column[0] for column in compiler.select]), populator)


def _written(value: Any) -> str:
    # What is no argument stands in the text: the server has to know a status to choose an index that is of it alone.
    if isinstance(value, _StandIn):
        return f"%({value.name})s"
    connection.ensure_connection()
    return ClientCursor(connection.connection).mogrify("%s", [value]).replace("%", "%%")
