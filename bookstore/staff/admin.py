"""The trail of all that was done, in one list."""

from typing import ClassVar

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bookstore.core.admin import ReadOnlyAdmin
from bookstore.core.models import Change
from bookstore.staff import audits  # noqa: F401 - they register themselves
from bookstore.staff.transfers import pages  # noqa: F401


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    change_form_outer_after_template = None
    list_display = ["at", "who", "act", "thing", "summary"]
    list_display_links = ["at"]
    list_filter = ["act", "is_by_shop"]
    list_select_related = ["actor", "content_type"]
    search_fields = ["=actor__email"]
    search_help_text = _("The whole e-mail of who did it")
    ordering = ["-id"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["at", "who", "act", "thing", "summary"]

    @admin.display(description=_("by"))
    def who(self, change: Change) -> str:
        return change.who

    @admin.display(description=_("what"))
    def thing(self, change: Change) -> str:
        name = f"{change.content_type.name} {change.object_id}"
        page = f"admin:{change.content_type.app_label}_{change.content_type.model}_change"
        try:
            url = reverse(page, args=[change.object_id])
        except NoReverseMatch:
            return name
        return format_html('<a href="{}">{}</a>', url, name)

    @admin.display(description=_("change"))
    def summary(self, change: Change) -> str:
        return render_to_string("admin/trail_values.html", {"change": change})
