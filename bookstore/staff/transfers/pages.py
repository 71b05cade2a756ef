"""Imports and exports in the admin: a list of them, a form for a new one, and a page that follows each to its end."""

import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from bookstore.core.admin import ReadOnlyAdmin
from bookstore.core.idempotency import once_per_form
from bookstore.staff.exceptions import UploadRefused
from bookstore.staff.transfers import exporting, files, importing, showing
from bookstore.staff.transfers.forms import ExportForm, ImportForm
from bookstore.staff.transfers.models import (
    Content,
    ExportRun,
    ExportState,
    ImportRun,
    ImportState,
    Run,
)
from catalog.models import may_change_all_offers

LOOK_AGAIN = "2"  # seconds after which a page that waits loads itself
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
LABELS = {
    ImportState.READY: "warning",
    ImportState.DONE: "success",
    ImportState.FAILED: "danger",
    ImportState.RUNNING: "info",
    ImportState.PREVIEWING: "info",
    ImportState.UPLOADED: "info",
}


def may_import(user: Any) -> bool:
    """Tell whether the whole catalogue is this user's to change; a seller's members have their own offers only."""
    return may_change_all_offers(user) and user.has_perm("catalog.change_book")


def contents_for(user: Any) -> list[Content]:
    """Return what this user may take out."""
    books = [Content.BOOKS, Content.OFFERS, Content.STOCK] if may_import(user) else []
    return [*books, *([Content.ORDERS] if user.has_perm("orders.view_order") else [])]


class RunAdmin(ReadOnlyAdmin):
    """Pages of runs; `may` tells whose they are."""

    change_form_outer_after_template = None
    list_select_related: ClassVar[list[str]] = ["actor"]
    ordering: ClassVar[list[str]] = ["-id"]
    sortable_by: ClassVar[list[str]] = []
    form_title: ClassVar[Any]
    form_template: ClassVar[str]
    run_template: ClassVar[str]

    def may(self, user: Any) -> bool:
        raise NotImplementedError

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request.user)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/files/<slug:key>/", view, name=f"{name}_file"), *super().get_urls()]

    def run_of(self, request: HttpRequest, pk: Any) -> Any:
        if not self.may(request.user):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=int(pk) if re.fullmatch("[0-9]{1,18}", str(pk)) else 0)

    def page_of(self, run: Run) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[run.pk])

    # A new one

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.may(request.user):
            raise PermissionDenied
        form = self.new_form(request)
        if request.method == "POST" and form.is_valid():
            try:
                return redirect(once_per_form(request, lambda: self.page_of(self.begin(request, form))))
            except UploadRefused as refusal:
                for name, sentence in refusal.fields.items():
                    form.add_error(name, str(sentence))
        context = self.context(request, self.form_title) | {"form": form, "form_key": token_urlsafe(16)}
        return TemplateResponse(request, self.form_template, context)

    def new_form(self, request: HttpRequest) -> Any:
        raise NotImplementedError

    def begin(self, request: HttpRequest, form: Any) -> Run:
        raise NotImplementedError

    # One of them

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        run = self.run_of(request, object_id)
        context = self.context(request, str(run)) | {"run": run, "label": LABELS.get(run.state, "")}
        response = TemplateResponse(request, self.run_template, context | self.shown(run))
        if run.is_at_work:
            response.headers["Refresh"] = LOOK_AGAIN
        return response

    def shown(self, run: Any) -> dict[str, Any]:
        raise NotImplementedError

    def context(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "back": back}

    def file_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        run = self.run_of(request, pk)
        found = self.files_of(run).get(key)
        if found is None or not found[0].is_file():
            raise Http404
        return send_file(*found)

    def files_of(self, run: Any) -> dict[str, tuple[Path, str]]:
        raise NotImplementedError

    @display(description=_lazy("state"), label=LABELS)
    def shown_state(self, run: Any) -> tuple[str, str]:
        return run.state, run.get_state_display()


def send_file(file: Path, name: str) -> HttpResponse:
    """Send a file to be kept; a report gets the mark that tells spreadsheet programs that it is UTF-8."""
    opened = file.open("rb")
    if file.suffix != ".csv" or opened.read(3) == BYTE_ORDER_MARK:
        opened.seek(0)
        return FileResponse(opened, as_attachment=True, filename=name)
    opened.seek(0)
    return FileResponse(chain([BYTE_ORDER_MARK], opened), as_attachment=True, filename=name, content_type="text/csv")


@admin.register(ImportRun)
class ImportRunAdmin(RunAdmin):
    list_display: ClassVar[list[str]] = ["file_name", "part", "shown_state", "actor", "created_at"]
    form_title = _lazy("Bring a file in")
    form_template = "admin/staff/import_form.html"
    run_template = "admin/staff/import.html"
    acts: ClassVar[dict[str, Callable[[int, Any], None]]] = {
        "confirm": importing.confirm,
        "look-again": lambda pk, actor: importing.look_again(pk),
        "stop": lambda pk, actor: importing.stop(pk),
        "discard": lambda pk, actor: importing.discard(pk),
    }

    def may(self, user: Any) -> bool:
        return may_import(user)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<int:pk>/do/<slug:key>/", view, name="staff_importrun_do"), *super().get_urls()]

    def new_form(self, request: HttpRequest) -> ImportForm:
        return ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()

    def begin(self, request: HttpRequest, form: ImportForm) -> ImportRun:
        return importing.take_upload(form.cleaned_data["file"], form.wish, request.user)

    def act_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponseRedirect:
        run = self.run_of(request, pk)
        if key not in self.acts:
            raise Http404
        self.acts[key](run.pk, request.user)
        return redirect(self.page_of(run))

    def shown(self, run: ImportRun) -> dict[str, Any]:
        there = [key for key, (file, _name) in self.files_of(run).items() if file.is_file()]
        links = [(showing.FILE_NAMES[key], reverse("admin:staff_importrun_file", args=[run.pk, key])) for key in there]
        return showing.import_page(run) | {"files": links}

    def files_of(self, run: ImportRun) -> dict[str, tuple[Path, str]]:
        stem = Path(run.file_name).stem
        return {
            "upload": (files.upload_of(run), run.file_name),
            **{key: (files.report_of(run, key), f"{stem}-{key}.csv") for key in ("changes", "preview", "report")},
        }


@admin.register(ExportRun)
class ExportRunAdmin(RunAdmin):
    list_display: ClassVar[list[str]] = ["content", "file_format", "shown_state", "actor", "created_at"]
    form_title = _lazy("Take a file out")
    form_template = "admin/staff/export_form.html"
    run_template = "admin/staff/export.html"

    def may(self, user: Any) -> bool:
        return bool(contents_for(user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportRun]:
        return super().get_queryset(request).filter(content__in=contents_for(request.user))

    def new_form(self, request: HttpRequest) -> ExportForm:
        return ExportForm(contents_for(request.user), request.POST if request.method == "POST" else None)

    def begin(self, request: HttpRequest, form: ExportForm) -> ExportRun:
        return exporting.ask_for(form.run_for(request.user))

    def shown(self, run: ExportRun) -> dict[str, Any]:
        is_there = run.state == ExportState.DONE and files.export_of(run).is_file()
        address = reverse("admin:staff_exportrun_file", args=[run.pk, "export"]) if is_there else ""
        return showing.export_page(run) | {"address": address}

    def files_of(self, run: ExportRun) -> dict[str, tuple[Path, str]]:
        if run.state != ExportState.DONE:
            return {}
        name = f"{run.content.lower()}-{run.created_at:%Y-%m-%d}.{run.file_format}"
        return {"export": (files.export_of(run), name)}
