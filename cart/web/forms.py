from typing import Any

from django import forms
from django.conf import settings

HIGHEST_ID = 2**63 - 1


class CopiesField(forms.IntegerField):
    """How many copies, as one line may have them."""

    def __init__(self, **kwargs: Any):
        super().__init__(min_value=1, max_value=settings.CART_MOST_COPIES, **kwargs)


class AddForm(forms.Form):
    """What the buttons send that put a book into the cart; `key` makes a double click one."""

    book_id = forms.IntegerField(min_value=1, max_value=HIGHEST_ID)
    offer_id = forms.IntegerField(min_value=1, max_value=HIGHEST_ID, required=False)
    quantity = CopiesField(required=False)
    key = forms.CharField(max_length=64, required=False)


class QuantityForm(forms.Form):
    """A number that was typed, or `to`, that of the button that was pressed."""

    quantity = CopiesField(required=False)
    to = CopiesField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["copies"] = cleaned.get("to") or cleaned.get("quantity") or 1
        return cleaned
