"""What the audit has found, for staff to read."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bookstore.core.admin import ReadOnlyAdmin
from bookstore.core.models import AuditRun


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    change_form_outer_after_template = None  # nobody changes it, so it has no trail
    list_display = ["started_at", "finished_at", "checks", "outcome"]
    ordering = ["-id"]
    sortable_by: list[str] = []
    fields = ["started_at", "finished_at", "checks", "fault_count", "found"]
    readonly_fields = ["found"]

    @display(description=_("outcome"), label={"well": "success", "faults": "danger"})
    def outcome(self, run: AuditRun) -> tuple[str, str]:
        return "faults" if run.fault_count else "well", outcome_words(run)

    @display(description=_("found"))
    def found(self, run: AuditRun) -> str:
        if not run.faults:
            return outcome_words(run)
        each = ((fault["check"], fault["count"], rows_of(fault)) for fault in run.faults)
        return format_html_join("", "<p><strong>{} ({})</strong></p><ul>{}</ul>", each)


def outcome_words(run: AuditRun) -> str:
    """Say in a few words what a run found."""
    if not run.fault_count:
        return _now("All is well")
    return _now("Rows at fault: %(count)s") % {"count": run.fault_count}


def rows_of(fault: dict[str, Any]) -> str:
    unshown = fault["count"] - len(fault["rows"])
    rows = [*fault["rows"], *([_now("and %(count)d more") % {"count": unshown}] if unshown else [])]
    return format_html_join("", "<li>{}</li>", ((row,) for row in rows))
