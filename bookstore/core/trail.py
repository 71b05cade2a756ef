"""
The trail: who changed what, and when.

Acts note it themselves, under their locks and in their transaction, so that it says the same whichever door was used,
and says nothing of what was refused. Stock has its movements and orders have their events instead: these are not told
a second time here.
"""

from __future__ import annotations  # its fields have parameters for the type checker only

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Field, FileField, ForeignKey, ManyToManyField, Model

from bookstore.core.models import Change, ChangeAct

LONGEST_VALUE = 1_000  # characters that are kept of a long text
SECRET = {"password"}

Values = dict[str, Any]


def remember(row: Model) -> Values:
    """Return what a row says now in all that people may change, for `record` to compare with what it says later."""
    fields = [field for field in row._meta.concrete_fields if field.editable and field.name not in SECRET]
    return {field.name: _value(row, field) for field in (*fields, *_ties(row))}


def record(
    row: Model,
    actor: Any,
    *,
    before: Values | None = None,
    also: Values | None = None,
    act: ChangeAct = ChangeAct.CHANGED,
    note: str = "",
) -> None:
    """
    Note what somebody did to a row; where it is CHANGED, only if it says something else than before, or with a note.

    `before` has the values of the fields that are looked at; `also` is what is no field, as `{name: [old, new]}`.
    Without an actor it was the shop itself.
    """
    others = {name: pair for name, pair in (also or {}).items() if pair[0] != pair[1]}
    change = _change_of(row, _differences(row, before or {}) | others, actor, act=act, note=note)
    if change.values or change.note or act != ChangeAct.CHANGED:
        change.save()


def record_all(rows: Iterable[tuple[Model, Values]], actor: Any) -> None:
    """Note of many rows at once what changed in each since `before`."""
    told = ((row, _differences(row, before)) for row, before in rows)
    record_told([(row, values) for row, values in told if values], actor)


def record_told(rows: Iterable[tuple[Model, Values]], actor: Any, *, note: str = "") -> None:
    """Note of many rows at once what changed in each, as `{name: [old, new]}`, ready for JSON."""
    Change.objects.bulk_create(_change_of(row, values, actor, note=note) for row, values in rows)


def _change_of(row: Model, values: Values, actor: Any, *, act: ChangeAct = ChangeAct.CHANGED, note: str = "") -> Change:
    return Change(
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        values={name: [_cut(old), _cut(new)] for name, (old, new) in values.items()},
        act=act,
        note=note[:LONGEST_VALUE],
        actor=actor,
        is_by_shop=actor is None,
    )


def forget(row: Model) -> None:
    """Delete what is noted of a row: it was about a person who is gone."""
    Change.objects.about([row]).delete()


def _ties(row: Model) -> list[ManyToManyField[Any, Any]]:
    """The row's many-to-many fields that have no rows of their own kind between."""
    ties = row._meta.many_to_many
    return [field for field in ties if field.remote_field.through._meta.auto_created]  # type: ignore[union-attr]


def _value(row: Model, field: Field[Any, Any]) -> Any:
    if isinstance(field, ManyToManyField):
        return set(getattr(row, field.name).values_list("pk", flat=True)) if row.pk else set()
    value = getattr(row, field.attname)
    return value.name or "" if isinstance(field, FileField) else value


def _differences(row: Model, before: Values) -> Values:
    """Return what changed, ready for JSON; of ties only what went and what came."""
    told: Values = {}
    for name, old in before.items():
        field: Any = row._meta.get_field(name)
        new = _value(row, field)
        if isinstance(new, set):
            old, new = old - new, new - old  # noqa: PLW2901
        if old != new:
            told[name] = [_plain(field, old), _plain(field, new)]
    return told


def _cut(value: Any) -> Any:
    return value[:LONGEST_VALUE] if isinstance(value, str) else value


def _names(field: Field[Any, Any], ids: Iterable[Any]) -> list[str]:
    model: Any = field.related_model
    return sorted(str(row) for row in model._base_manager.filter(pk__in=ids))


def _plain(field: Field[Any, Any], value: Any) -> Any:
    if isinstance(value, set):
        return _names(field, value)
    if value is not None and isinstance(field, ForeignKey):
        return next(iter(_names(field, [value])), str(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
