"""The names that books and offers go by: contributors, series, sellers."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from bookstore.core.admin import ActAdmin, ActForm, RowAdmin, RowForm, ids_in
from bookstore.core.errors import Conflict
from catalog import services
from catalog.models import Contributor, Seller, Series
from catalog.text import sort_key


class NameTaken(Conflict):
    code = "NAME_CONFLICT"
    message = _("There is one of this name already.")


class NameForm(RowForm, ActForm):
    places = {"NAME_CONFLICT": "name"}
    judged_by_service = frozenset({"name"})


class NameAdmin(RowAdmin):
    """Rows that are a unique name, whatever its case, and nothing else."""

    taken = {f"{model}_name_is_unique": NameTaken for model in ("contributor", "series")}
    form = NameForm
    fields = ["name"]
    list_display = ["name"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


MOST_MERGED = 50  # contributors at once


@admin.register(Contributor)
class ContributorAdmin(NameAdmin):
    actions = ["merge_selected"]

    def get_urls(self) -> list[Any]:
        merge = path("merge/", self.admin_site.admin_view(self.merge_view), name="catalog_contributor_merge")
        return [merge, *super().get_urls()]

    @admin.action(description=_("Merge…"), permissions=["change"])
    def merge_selected(self, request: HttpRequest, chosen: QuerySet[Contributor]) -> HttpResponse:
        ids = list(chosen.order_by().values_list("pk", flat=True)[:MOST_MERGED])
        return redirect(f"{reverse('admin:catalog_contributor_merge')}?{urlencode({'id': ids}, doseq=True)}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Ask whose name stays, then make them one."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        ids = ids_in(request.GET, MOST_MERGED)
        chosen = list(Contributor.objects.filter(pk__in=ids))
        kept = next((one for one in chosen if str(one.pk) == request.POST.get("kept")), None)
        if len(chosen) < 2:
            self.message_user(request, _("Choose at least two who are the same person."), messages.WARNING)
            return redirect("admin:catalog_contributor_changelist")
        if kept is None:
            context = {
                "title": _("Merge"),
                "chosen": chosen,
                "opts": self.opts,
                **self.admin_site.each_context(request),
            }
            return TemplateResponse(request, "admin/catalog/contributor/merge.html", context)
        services.merge_contributors(kept.pk, [one.pk for one in chosen], actor=request.user)
        self.message_user(request, _("They are one now: %(name)s.") % {"name": kept})
        return redirect("admin:catalog_contributor_changelist")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contributor], search_term: str
    ) -> tuple[QuerySet[Contributor], bool]:
        for word in map(sort_key, search_term.split()):
            queryset = queryset.filter(sort_name__contains=word)
        return queryset, False


@admin.register(Series)
class SeriesAdmin(NameAdmin):
    pass


class SellerForm(ActForm):
    places = {"SELLER_CONFLICT": "name"}
    judged_by_service = frozenset({"name"})


@admin.register(Seller)
class SellerAdmin(ActAdmin):
    form = SellerForm
    fields = ["name", "members", "is_store", "slug"]
    readonly_fields = ["is_store", "slug"]
    autocomplete_fields = ["members"]
    list_display = ["name", "is_store"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Seller, form: SellerForm, change: bool) -> None:
        changes: dict[str, Any] = form.changes
        if "members" in changes:
            changes["members"] = [user.pk for user in changes["members"]]
        with form.acting():
            if change:
                services.change_seller(obj.pk, **changes, actor=request.user)
            else:
                obj.pk = services.create_seller(**changes, actor=request.user).pk
