"""Filters that the admin's lists share."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.timezone import get_current_timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str


class DaysFilter(RangeDateFilter):
    """From a day to a day, both included."""

    def queryset(self, request: Any, queryset: Any) -> Any:
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _begin_of(first)})
        if last and last < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": _begin_of(last + timedelta(days=1))})
        return queryset

    def _day(self, end: str) -> date | None:
        return parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}"))


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, get_current_timezone())
