"""What staff recommend on the home page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bookstore.core.admin import ActForm, RowAdmin, RowForm
from bookstore.core.errors import Conflict
from catalog.models import StaffPick


class PickedAlready(Conflict):
    code = "PICK_CONFLICT"
    message = _("This book is among the picks already.")


class StaffPickForm(RowForm, ActForm):
    places = {"PICK_CONFLICT": "book"}
    judged_by_service = frozenset({"book"})


@admin.register(StaffPick)
class StaffPickAdmin(RowAdmin):
    form = StaffPickForm
    taken = {"staff_picks_a_book_once": PickedAlready}
    fields = ["book", "note", "position", "is_active"]
    autocomplete_fields = ["book"]
    list_display = ["book", "position", "is_active"]
    list_editable = ["position", "is_active"]
    list_select_related = ["book"]
    ordering = ["position", "id"]
    sortable_by: list[str] = []

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=StaffPickForm, **kwargs)
