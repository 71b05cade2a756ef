"""
Statements that are run so often that making them costs more than running them.

What stands here is made once, and planned once for each connection, with its values sent beside it. Of a purchase,
making the text took Python a third of its time, and planning it anew took PostgreSQL half. `core.writing` is the same
for rows that are written.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, update_wrapper
from inspect import signature
from typing import Any, NamedTuple, ParamSpec, Self, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, OperationalError, connection, connections
from django.db.models import BooleanField, Expression, F, Func, Model, QuerySet
from django.db.models.query import RelatedPopulator
from django.db.transaction import TransactionManagementError
from psycopg import ClientCursor, Cursor
from psycopg.rows import namedtuple_row, tuple_row

M = TypeVar("M", bound=Model)
P = ParamSpec("P")


def prepared_rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    """
    Run a fixed statement and return its rows, as named tuples.

    Its values go to the server beside the text, not written into it as Django's cursors do: so the text is always
    the same, and planned once per connection. For the few reads where making the plan costs more than running it.
    """
    return run_prepared(statement, values, namedtuple_row)


def prepared(make: Callable[P, QuerySet[M]]) -> Callable[P, list[M]]:
    """
    Let Django make the text of a read once: the function then returns the rows for its arguments.

    `make` gets a stand-in for each argument, which it may only compare with: no `if`, no slice, and `among` in place of
    `__in`. What it returns may `select_related`, `defer` and be `locked()`, not annotate.
    """
    return cast("Callable[P, list[M]]", update_wrapper(PreparedRead(make), make))


def among(column: str, values: Iterable[Any]) -> Expression:
    """Say in a prepared read that a column is one of an argument's values, which come as a list."""
    return Func(F(column), values, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


def run_prepared(statement: str, values: Any, row_factory: Any = tuple_row) -> list[Any]:
    """
    Run a fixed statement, its values beside it, and return its rows; none where it does not read.

    Raises: OperationalError (shown as Busy) in a transaction where a migration has changed a column's type since the
    statement was planned; outside of one it is planned anew.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # django.db.connection would look for it again at every word
    database.ensure_connection()
    try:
        return _run(database, statement, values, row_factory)
    except NotSupportedError as error:  # "cached plan must not change result type"
        if database.in_atomic_block:
            raise OperationalError(*error.args) from error  # its rollback forgets the plans
        database.connection.execute("DEALLOCATE ALL")
        return _run(database, statement, values, row_factory)


class _Planned(Cursor[Any]):
    """
    A cursor for what is planned at its first use.

    Psycopg counts uses among the latest hundred texts, and Django's own queries, each another, would push ours out.
    """

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Self:
        return super().execute(query, params, prepare=True)


def _run(database: Any, statement: str, values: Any, row_factory: Any) -> list[Any]:
    with database.wrap_database_errors:
        # A connection that is not kept is asked too little for a plan to pay.
        cursor = (_Planned if database.pool else Cursor)(database.connection, row_factory=row_factory)
        # Wrapped as Django wraps its own, so that these queries are counted and logged as well.
        with database._prepare_cursor(cursor) as wrapped:
            wrapped.execute(statement, values)
            return wrapped.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


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
    locks: bool


class PreparedRead:
    """A function that `prepared` has made."""

    def __init__(self, make: Callable[..., QuerySet[Any]]):
        self.make = make
        self.names = list(signature(make).parameters)

    def __call__(self, *values: Any, **named: Any) -> list[Any]:
        plan = self.plan
        if plan.locks and connection.get_autocommit():
            raise TransactionManagementError("A lock that is taken outside of a transaction holds nothing.")
        found: list[Any] = []
        rows: Any = run_prepared(plan.text, dict(zip(self.names, values, strict=False)) | named)
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
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return _Plan(text, compiler, converters, populator, query.select_for_update)


def _written(value: Any) -> str:
    # What is no argument stands in the text: the server has to know a status to choose an index that is of it alone.
    if isinstance(value, _StandIn):
        return f"%({value.name})s"
    connection.ensure_connection()
    return ClientCursor(connection.connection).mogrify("%s", [value]).replace("%", "%%")
