"""
Lists in pages: counted up to a cap, reached by number as far as the cap and by cursor without end.

A cursor continues after the last row's value (`WHERE value > …`), so page ten thousand costs what page one does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from math import ceil
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.core.signing import BadSignature, Signer
from django.db import connections
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bookstore.core.errors import Invalid

DEFAULT_SIZE = 20
MAX_SIZE = 100
COUNT_CAP = 10_000
LARGE = 1_000  # rows; fewer are counted anew for each page
MOMENT = 5  # seconds that a large number is remembered

# The salt names the version: a cursor of an older form is refused like a forged one.
CURSORS = Signer(salt="bookstore.core.cursor.1", sep=".")

R = TypeVar("R", bound=QuerySet[Any])


class PageTooDeep(Invalid):
    """The page lies beyond what is counted, and there is more."""

    code = "PAGE_TOO_DEEP"
    message = _("Pages do not reach that far. Go on by cursor, or narrow the list.")


@dataclass(frozen=True)
class Sort:
    """
    One field that a list is sorted by; missing values come last and ties go by ascending id, either way.

    An index that is to serve it has the same shape: `(field, id)`, descending `(field.desc(), id)`, and that with
    `nulls_last=True` where the field is nullable.
    """

    field: str
    descending: bool = False
    nullable: bool = False

    def apply(self, rows: R) -> R:
        """Order the rows."""
        value = F(self.field)
        # Ascending order has missing values last by itself, and saying so would miss the index.
        first = value.desc(nulls_last=self.nullable or None) if self.descending else value.asc()
        return rows.order_by(first, "pk")

    def after(self, rows: R, position: "Position", limit: int) -> list[Any]:
        """Read up to `limit` rows that come after a position."""
        rows = self.apply(rows)
        if position.value is None:
            return list(rows.filter(**{f"{self.field}__isnull": True}, pk__gt=position.id)[:limit])
        side = "lt" if self.descending else "gt"
        beyond = Q(**{f"{self.field}__{side}": position.value}) | Q(pk__gt=position.id)
        found = list(rows.filter(beyond, **{f"{self.field}__{side}e": position.value})[:limit])
        # One `OR … IS NULL` would keep the index from starting at the position; the tail is read when it is reached.
        if self.nullable and len(found) < limit:
            found += rows.filter(**{f"{self.field}__isnull": True})[: limit - len(found)]
        return found

    def position_of(self, item: Any) -> "Position":
        """Return where a row stands: a model instance, or a `.values()` row with the field and `id` in it."""
        if isinstance(item, Mapping):
            return Position(item[self.field], item["id"])
        value = item
        for name in self.field.split("__"):
            value = getattr(value, name)
        return Position(value, item.pk)

    @property
    def name(self) -> str:
        return f"-{self.field}" if self.descending else self.field


@dataclass(frozen=True)
class Position:
    """A place in a sorted list: just after the row with this value and id."""

    value: Any
    id: int

    def as_cursor(self, sort: Sort) -> str:
        plain = self.value if isinstance(self.value, str | int | float | None) else str(self.value)
        return CURSORS.sign_object([sort.name, plain, self.id], compress=True)

    @classmethod
    def from_cursor(cls, cursor: str, sort: Sort) -> "Position":
        try:
            name, value, row_id = CURSORS.unsign_object(cursor)
        except (BadSignature, ValueError) as error:
            raise bad("cursor", _("This cursor is not one of ours.")) from error
        if name != sort.name:
            raise bad("cursor", _("This cursor belongs to another order of the list."))
        return cls(value, row_id)


@dataclass(frozen=True)
class Page:
    """One page of a list; `next` is the cursor of what follows, None at the end and where there are no cursors."""

    items: list[Any]
    total: int
    total_is_capped: bool
    page: int
    size: int
    next: str | None

    @property
    def last_page(self) -> int:
        """The number of the last page that can be reached by number, at least 1."""
        return max(1, ceil(self.total / self.size))


def paginate(
    rows: QuerySet[Any],
    params: Mapping[str, str],
    *,
    sort: Sort | None,
    columns: Sequence[str] = (),
    cap: int = COUNT_CAP,
) -> Page:
    """
    Read the page that `page`, `size` and `cursor` in the query parameters ask for.

    With `sort=None` the rows keep the order they have, and there are no cursors. With `columns` the items are
    `.values()` rows; they are counted without the joins that the columns need.

    Raises: Invalid for a bad parameter, PageTooDeep beyond the cap.
    """
    number = whole(params, "page", default=1)
    size = whole(params, "size", default=DEFAULT_SIZE, most=MAX_SIZE)
    cursor = params.get("cursor")
    if cursor is not None and sort is None:
        raise bad("cursor", _("This list has no cursors."))
    position = Position.from_cursor(cursor, sort) if sort and cursor is not None else None

    number_found = counted(rows, cap + 1)
    is_capped = number_found > cap
    total = min(number_found, cap)
    rows = rows.values(*columns) if columns else rows
    if sort and position:
        found = sort.after(rows, position, size + 1)
    else:
        found = numbered(sort.apply(rows) if sort else rows, (number - 1) * size, size, total, is_capped)
    items, more = found[:size], found[size:]
    following = sort.position_of(items[-1]).as_cursor(sort) if sort and more else None
    return Page(items, total, is_capped, number, size, following)


def paginate_found(
    ids: Sequence[int], rows: QuerySet[Any] | None, params: Mapping[str, str], *, is_capped: bool
) -> Page:
    """
    Read the page of rows that were found and put in order already; without `rows` its items are their ids.

    There are no cursors. Raises: Invalid for a bad parameter, PageTooDeep behind the last where there are more than
    were found.
    """
    number = whole(params, "page", default=1)
    size = whole(params, "size", default=DEFAULT_SIZE, most=MAX_SIZE)
    if "cursor" in params:
        raise bad("cursor", _("This list has no cursors."))
    wanted: Sequence[Any] = ids[(number - 1) * size : number * size]
    if is_capped and not wanted:
        raise PageTooDeep
    if rows is not None:
        by_id = rows.in_bulk(wanted)
        wanted = [by_id[pk] for pk in wanted if pk in by_id]
    return Page(list(wanted), len(ids), is_capped, number, size, None)


def counted(rows: QuerySet[Any], most: int) -> int:
    """Count the rows, at most so many; a large number may be MOMENT old, for counting it costs what ten pages do."""
    try:
        sql, values = rows.order_by().values("pk")[:most].query.sql_with_params()
    except EmptyResultSet:
        return 0
    key = f"count:{md5(repr((sql, values)).encode(), usedforsecurity=False).hexdigest()}"
    number = cache.get(key)
    if number is None:
        with connections[rows.db].cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) AS counted", values)  # noqa: S608 - Django wrote it
            (number,) = cursor.fetchone()
        if number >= LARGE:
            cache.set(key, number, MOMENT)
    return number


def numbered(rows: QuerySet[Any], start: int, size: int, total: int, is_capped: bool) -> list[Any]:
    """Read a page and the row after it."""
    if start < total:
        return list(rows[start : start + size + 1])
    if is_capped:
        raise PageTooDeep
    return []


def body(page: Page, items: Sequence[Any] | None = None) -> dict[str, Any]:
    """Return the page as the API shows lists; `items` are its items as serialized."""
    shown: dict[str, Any] = {
        "items": page.items if items is None else items,
        "total": page.total,
        "page": page.page,
        "size": page.size,
        "next": page.next,
    }
    return shown | {"total_is_capped": True} if page.total_is_capped else shown


def whole(params: Mapping[str, str], name: str, *, default: int, most: int = 10**18) -> int:
    """Read a whole number from 1 to `most` from the query parameters."""
    raw = params.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 19 and 1 <= int(raw) <= most):
        raise bad(name, _("Give a whole number from 1 to %(most)s.") % {"most": most})
    return int(raw)


def bad(name: str, sentence: Any) -> Invalid:
    return Invalid(fields={name: sentence})
