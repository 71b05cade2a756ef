"""A form's field as the shop shows it."""

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput

register = template.Library()


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Show a field with its label, help and faults; a password with a button that makes it readable."""
    is_tick = isinstance(bound.field.widget, CheckboxInput)
    look = {} if is_tick else {"class": "input", "placeholder": False}
    return {
        "field": bound,
        "input": bound.as_widget(attrs=look),
        "is_tick": is_tick,
        "is_secret": "password" in bound.field.widget.attrs.get("autocomplete", ""),
        "is_shown": getattr(bound.field.widget, "input_type", "") == "text",
    }
