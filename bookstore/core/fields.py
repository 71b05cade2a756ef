"""Serializer fields as strict as the contract: nothing is silently turned into something else."""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

MAX_INTEGER = 2**63 - 1
MAX_COUNT = 2**31 - 1


class StrictBooleanField(serializers.BooleanField):
    """`true` or `false`, not `1` and not `"true"`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A whole number written as one (`1`, not `"1"`, `1.0` or `true`) that fits a 64-bit column."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("min_value", -MAX_INTEGER - 1)
        kwargs.setdefault("max_value", MAX_INTEGER)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class IdField(StrictIntegerField):
    """The id of a row."""

    def __init__(self, **kwargs: Any):
        super().__init__(min_value=1, **kwargs)


class IdsField(serializers.ListField):
    """Ids of rows, at most `max_length`, which are counted before any is looked at."""

    child = IdField()
    max_length: int

    def __init__(self, *, max_length: int, **kwargs: Any):
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[int]:
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class CountField(StrictIntegerField):
    """How many, from 0 on, within a 32-bit column."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", MAX_COUNT)
        super().__init__(**kwargs)


class TextField(serializers.CharField):
    """Text kept exactly as sent; NUL, lone surrogates and what is only white space are refused."""

    def __init__(self, **kwargs: Any):
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if not (data.strip() or self.allow_blank):
            self.fail("blank")
        return super().to_internal_value(data)


class MoneyField(serializers.DecimalField):
    """
    An amount above 0 with at most two decimal places, as a plain string or a number; shown as `"14.99"`.

    `min_value` may be lowered to `Decimal(0)`.
    """

    default_error_messages = {
        "invalid": _("Give an amount such as 14.99: at most 99999999.99, with at most two decimal places."),
    }
    WRITTEN = re.compile(r"-?\d{1,8}(\.\d{1,2})?", re.ASCII)

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("min_value", Decimal("0.01"))
        super().__init__(max_digits=10, decimal_places=2, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        # DecimalField would take "" for null.
        return serializers.Field.validate_empty_values(self, data)

    def to_internal_value(self, data: Any) -> Decimal:
        is_number = isinstance(data, int | Decimal) and not isinstance(data, bool)
        if not (is_number or isinstance(data, str) and self.WRITTEN.fullmatch(data)):
            self.fail("invalid")
        return super().to_internal_value(data)
