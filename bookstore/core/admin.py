"""What the admin's pages share: lists that stay fast when they are long, and forms whose saves are acts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import PaginationInlineFormSet

from bookstore.core.errors import Conflict, DomainError
from bookstore.core.failures import retry_jobs
from bookstore.core.idempotency import once_per_form
from bookstore.core.mail import send_again
from bookstore.core.models import Change, ChangeAct, ChangeQuerySet, Mail
from bookstore.core.pagination import COUNT_CAP
from bookstore.core.querysets import LockableQuerySet, constraint_of
from bookstore.core.trail import record, remember

# Lists


class CappedPaginator(Paginator):
    """Pages that are counted up to a cap: the list of a million rows costs what that of a thousand does."""

    template_name = "admin/capped_pagination.html"

    @cached_property
    def counted(self) -> int:
        """How many rows there are, or one more than the cap."""
        return self.object_list.order_by().values("pk")[: COUNT_CAP + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.counted, COUNT_CAP)

    @property
    def is_capped(self) -> bool:
        return self.counted > COUNT_CAP

    @property
    def shown_count(self) -> str:
        return number_format(self.count, force_grouping=True) + ("+" if self.is_capped else "")


# Forms


class Refused(Conflict):
    """What a form's save was refused; `prefix` tells which of the page's forms it was."""

    def __init__(self, prefix: str | None, places: Mapping[str, str], error: DomainError):
        super().__init__(error.message)
        self.prefix = prefix
        named = {places.get(name, name): str(sentence) for name, sentence in error.fields.items()}
        self.sentences = named or {places.get(error.code, ""): str(error.message)}


class OpenedForm(forms.ModelForm):
    """A form that knows what its reader changed since they opened it, whatever others saved meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = not field.disabled

    @property
    def changes(self) -> dict[str, Any]:
        """What the reader changed, by field."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}


class RowForm(OpenedForm):
    """A form that is saved as the row it shows: of a row that is there, only what the reader changed is taken."""

    def _clean_fields(self) -> None:
        super()._clean_fields()
        if self.instance.pk:
            self.cleaned_data = self.changes


class ActForm(OpenedForm):
    """
    A form whose save is an act of a service: what the act refuses is shown beside the field it is about.

    `places` names that field, by the refusal's code or by what the service calls the field. What must be unique,
    and what `judged_by_service` names, is not checked here a second time.
    """

    places: ClassVar[Mapping[str, str]] = {}
    judged_by_service: ClassVar[frozenset[str]] = frozenset()
    refused: ClassVar[Refused | None] = None

    def clean(self) -> dict[str, Any]:
        if self.refused and self.refused.prefix == self.prefix:
            for name, sentence in self.refused.sentences.items():
                self.add_error(name if name in self.fields else None, sentence)
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() | self.judged_by_service

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Run acts for this form. Raises: Refused with what they refuse."""
        try:
            yield
        except DomainError as error:
            raise Refused(self.prefix, self.places, error) from error


class ActFormSet(PaginationInlineFormSet):
    """Rows below a form; what the reader did to each is an act, `form.act(parent, actor)`."""

    def clean(self) -> None:
        super().clean()
        # Django makes a new row of one that is gone, and then drops what was typed into it without a word.
        if any(form.instance._state.adding for form in self.initial_forms):
            raise forms.ValidationError(_("A row was removed by someone else meanwhile. Please load the page again."))

    def perform(self, actor: Any) -> None:
        """Run the acts of all rows that were changed. Raises: Refused."""
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []  # the admin's log reads them
        for form in self.forms:
            if form.has_changed():
                with form.acting():
                    form.act(self.instance, actor)
                self.note(form)

    def note(self, form: ActForm) -> None:
        setattr(form.instance, self.fk.name, self.instance)
        if form.instance.pk:
            self.changed_objects.append((form.instance, form.changed_data))
        else:
            self.new_objects.append(form.instance)


# Fields that look up as one types


class _OnlyIds:
    def optgroups(self, name: str, value: list[str], attr: dict[str, Any] | None = None) -> Any:
        # Django fails on what is no id while it shows the form again.
        return super().optgroups(name, [pk for pk in value if str(pk).isdecimal()], attr)


class Autocomplete(_OnlyIds, AutocompleteSelect):
    pass


class AutocompleteMultiple(_OnlyIds, AutocompleteSelectMultiple):
    pass


class LooksUp:
    """Makes the fields of `autocomplete_fields`."""

    admin_site: admin.AdminSite

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Autocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


# What pages read and show


def ids_in(query: QueryDict, most: int) -> list[int]:
    """Return the ids that an address or a form names, as many as are acted on at once."""
    return [int(pk) for pk in query.getlist("id")[:most] if pk.isdecimal() and len(pk) < 19]


def moment(at: datetime) -> str:
    """Write a time as staff read it in a table."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


# Pages


TRAIL_PAGE = 50  # changes


class ShopAdmin(LooksUp, ModelAdmin):
    """The pages of one model, with a list that may be long; below each form stands what was done to its row."""

    change_form_outer_after_template = "admin/trail.html"
    object_history_template = "admin/trail_page.html"

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    paginator = CappedPaginator
    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting many at once would go past the services.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    # The trail, in place of Django's log

    def trail_of(self, obj: Model) -> ChangeQuerySet:
        """What was done to this row, and to those that are shown as part of it."""
        return Change.objects.about([obj]).newest_first()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Trail of %(name)s") % {"name": obj},
            "changes": CappedPaginator(self.trail_of(obj), TRAIL_PAGE).get_page(request.GET.get(PAGE_VAR)),
            "original": obj,
            "opts": self.opts,
            "page_var": PAGE_VAR,
        }
        return TemplateResponse(request, self.object_history_template, context)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Do nothing: what is saved notes itself."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Note an act that is known by its name; what changed in a form is noted where it is saved."""
        if not isinstance(message, list):
            record(obj, request.user, note=str(message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[Any]:
        for obj in queryset:
            record(obj, request.user, act=ChangeAct.REMOVED, note=str(obj))
        return []


class NotedForms:
    """Pages whose forms, each a `RowForm`, save their rows themselves, so that the trail is noted here."""

    model: type[Model]

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Model:
        """Return the row as it is now, with what the reader changed put into it. Locks: the row."""
        typed = super().save_form(request, form, change)  # type: ignore[misc]
        form.before = {}
        if change:
            row = get_object_or_404(LockableQuerySet(self.model).locked(), pk=typed.pk)
            form.before = remember(row)
            for name in {field.name for field in row._meta.concrete_fields}.intersection(form.changed_data):
                setattr(row, name, getattr(typed, name))
            form.instance = row
        return form.instance

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        act = ChangeAct.CHANGED if change else ChangeAct.ADDED
        record(form.instance, request.user, before=form.before, act=act)


class ActAdmin(ShopAdmin):
    """Pages whose saves are acts of services: `save_model` runs them inside `form.acting()`."""

    form = ActForm
    change_form_before_template = "admin/form_key.html"  # a form that is sent twice is saved once

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.refused = getattr(request, "refused", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "form_key": token_urlsafe(16)}
        responses: list[HttpResponse] = []

        def act() -> str:
            responses.append(self.open_or_save(request, object_id, form_url, context))
            return getattr(responses[0], "url", "")

        if request.method != "POST" or IS_POPUP_VAR in request.POST:
            act()
        elif address := once_per_form(request, act):
            if not responses:
                self.message_user(request, _("This form was saved already."), messages.INFO)
                return redirect(address)
        return responses[0]

    def open_or_save(self, request: HttpRequest, *args: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args)
        except Refused as refused:
            # Django takes no refusal once it saves. The save is rolled back, all of it; the same form is read
            # once more, now with the refusal among its errors.
            request.refused = refused
            return super().changeform_view(request, *args)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        for formset in formsets:
            formset.perform(request.user)


class RowAdmin(NotedForms, ActAdmin):
    """Rows that have no rule but what must be unique: `taken` has the refusal for each such constraint."""

    taken: ClassVar[Mapping[str, type[Conflict]]] = {}

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        with form.acting():
            try:
                with transaction.atomic():
                    obj.save()
            except IntegrityError as error:
                if refusal := self.taken.get(constraint_of(error) or ""):
                    raise refusal from error
                raise


class ActInline(LooksUp, TabularInline):
    """Rows of another model below the form; `form` knows their act."""

    formset = ActFormSet
    hide_title = True
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.refused = getattr(request, "refused", None)
        return formset


class ReadOnlyAdmin(ShopAdmin):
    """Pages where nothing can be changed."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MailState(admin.SimpleListFilter):
    title = _lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Waiting")), ("sent", _("Sent")), ("failed", _("Given up"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "waiting":
            return queryset.filter(sent_at=None, failed_at=None)
        if self.value() == "sent":
            return queryset.exclude(sent_at=None)
        return queryset.failed() if self.value() == "failed" else queryset


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """What became of each mail. Its text is not shown: it may hold a key to its reader's account."""

    list_display = ["created_at", "to", "subject", "sent_at", "failed_at", "attempts", "error"]
    list_filter = [MailState]
    search_fields = ["=to"]
    search_help_text = _lazy("The reader's whole e-mail")
    ordering = ["-created_at"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["to", "subject", "kind", "created_at", "sent_at", "failed_at", "attempts", "error"]
    actions = ["send_again"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_mail")

    @admin.action(description=_lazy("Send again those that were given up"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        count = send_again(queryset.values_list("pk", flat=True))
        text = ngettext("%(count)d mail will be sent again.", "%(count)d mails will be sent again.", count)
        self.message_user(request, text % {"count": count})


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin, ProcrastinateJobAdmin):
    list_filter = ["status"]
    ordering = ["-id"]
    actions = ["retry_failed"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("procrastinate.change_procrastinatejob")

    @admin.action(description=_lazy("Try again those that failed"), permissions=["retry"])
    def retry_failed(self, request: HttpRequest, queryset: Any) -> None:
        count = retry_jobs(queryset.values_list("pk", flat=True))
        text = ngettext("%(count)d job will be tried again.", "%(count)d jobs will be tried again.", count)
        self.message_user(request, text % {"count": count})
