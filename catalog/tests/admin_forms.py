"""A form of the admin as a browser holds it: filled in by the page, changed by the reader, sent."""

from typing import Any

from django.forms import FileField
from django.test import Client


def open_form(staff: Client, url: str) -> dict[str, Any]:
    """Open a page and return what its form would send if nothing were changed."""
    context = staff.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return as_sent(forms)


def open_list(staff: Client, url: str) -> dict[str, Any]:
    """Open a list whose rows can be changed in it, and return what would be sent if nothing were changed."""
    formset = staff.get(url).context["cl"].formset
    return as_sent([formset.management_form, *formset.forms])


def as_sent(forms: list[Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for bound in (bound for form in forms for bound in form):
        value = str(bound.value()) if isinstance(bound.field, FileField) else bound.value()
        sent[bound.html_name] = "" if value is None else value
        if bound.field.show_hidden_initial:
            sent[bound.html_initial_name] = sent[bound.html_name]
        if value is False or isinstance(bound.field, FileField):  # an unticked box sends nothing, nor does no file
            del sent[bound.html_name]
    return sent


def save_form(staff: Client, url: str, form: dict[str, Any], **changes: Any) -> dict[str, list[str]]:
    """
    Send the form, with changes by field (`offers-0-price` as `offers_0_price`); return its errors by field.

    None is a box without its tick.
    """
    names = {name.replace("-", "_"): name for name in form}
    sent = {**form, **{names.get(name, name): value for name, value in changes.items()}}
    answer = staff.post(url, {name: value for name, value in sent.items() if value is not None})
    if answer.status_code == 302:
        return {}
    forms = [answer.context["adminform"].form]
    errors: dict[str, list[str]] = {}
    for inline in answer.context["inline_admin_formsets"]:
        forms += inline.formset.forms
        if inline.formset.non_form_errors():
            errors[inline.formset.prefix] = list(inline.formset.non_form_errors())
    for shown in forms:
        errors |= {shown.add_prefix(name): list(texts) for name, texts in shown.errors.items()}
    return errors
