"""The page on which an act is asked for and done, for one row or many."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookstore.core.admin import ReadOnlyAdmin, ids_in
from orders.admin.acts import Act

MOST_AT_ONCE = 100  # rows


class ActsAdmin(ReadOnlyAdmin):
    """Rows that nobody edits, and on which acts are done: each has a page below `act/<key>/`."""

    acts: ClassVar[Mapping[str, type[Act]]] = {}
    single: ClassVar[frozenset[str]] = frozenset()  # acts that are done to one row at a time

    def may_act(self, request: HttpRequest, key: str) -> bool:
        return request.user.has_perm(self.acts[key].right)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.act_view)
        return [
            path("act/<slug:key>/", view, name=f"{self.opts.app_label}_{self.opts.model_name}_act"),
            *super().get_urls(),
        ]

    def lead_to(self, key: str, rows: QuerySet[Any]) -> HttpResponseRedirect:
        """Lead from the list to the page of an act."""
        return redirect(self.act_url(key, rows.order_by().values_list("pk", flat=True)[:MOST_AT_ONCE]))

    def act_url(self, key: str, ids: Any) -> str:
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_act", args=[key])
        return f"{page}?{urlencode({'id': list(ids)}, doseq=True)}"

    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def act_view(self, request: HttpRequest, key: str) -> HttpResponse:
        if key not in self.acts:
            raise Http404
        if not self.may_act(request, key):
            raise PermissionDenied
        rows = list(self.model._default_manager.filter(pk__in=ids_in(request.GET, MOST_AT_ONCE)).order_by("pk"))
        if not rows or (len(rows) > 1 and key in self.single):
            raise Http404
        form = self.acts[key](rows, request.POST if request.method == "POST" else None)
        if form.is_valid() and self.perform(request, form):
            return redirect(self.after(rows))
        context = {
            **self.admin_site.each_context(request),
            "title": form.name,
            "form": form,
            "rows": rows,
            "opts": self.opts,
            "back": self.after(rows),
        }
        return TemplateResponse(request, "admin/orders/act.html", context)

    def after(self, rows: list[Any]) -> str:
        if len(rows) > 1:
            return self.list_url()
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[rows[0].pk])

    def perform(self, request: HttpRequest, form: Act) -> bool:
        """Do it, say of each row that was refused why, and tell whether the reader is done with the page."""
        outcomes = list(form.perform(request.user))
        refusals = [(row, error) for row, error in outcomes if error]
        for row in (row for row, error in outcomes if error is None):
            self.log_change(request, row, str(form.name))
        if refusals and len(outcomes) == 1:
            form.show(refusals[0][1])
            return False
        for row, error in refusals:
            self.message_user(request, f"{row}: {error.message}", messages.ERROR)
        if count := len(outcomes) - len(refusals):
            sentence = ngettext("Done for %(count)d.", "Done for %(count)d.", count) % {"count": count}
            self.message_user(request, sentence if len(outcomes) > 1 else _("Done."), messages.SUCCESS)
        return True
