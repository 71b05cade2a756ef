"""What was done to a row, below its form."""

from typing import Any

from django import template
from django.db.models import Model

from bookstore.core.models import Change

SHOWN = 10

register = template.Library()


@register.simple_tag
def trail_of(row: Model | None, model_admin: Any) -> list[Change]:
    """Return the latest changes of a row, as its admin finds them; none of one that is not there yet."""
    return list(model_admin.trail_of(row)[:SHOWN]) if row else []
