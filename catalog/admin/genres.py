from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from bookstore.core.admin import ActAdmin, ActForm
from bookstore.core.errors import DomainError
from catalog import services
from catalog.models import Genre


class GenreForm(ActForm):
    places = {"GENRE_CONFLICT": "name", "parent_id": "parent"}
    judged_by_service = frozenset({"name", "parent"})

    class Meta:
        model = Genre
        fields = ["name", "parent"]


class GenreTree(ChangeList):
    """The genres that were asked for, in the order of the tree and as deep as they are in it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        wanted = set(self.queryset.values_list("pk", flat=True))
        self.result_list = []
        for depth, genre in Genre.objects.in_tree_order():
            genre.depth = depth
            if genre.pk in wanted:
                self.result_list.append(genre)


@admin.register(Genre)
class GenreAdmin(ActAdmin):
    form = GenreForm
    fields = ["name", "parent", "slug"]
    readonly_fields = ["slug"]
    autocomplete_fields = ["parent"]
    list_display = ["place"]
    list_per_page = list_max_show_all = 10_000  # a tree is read whole
    sortable_by: list[str] = []
    search_fields = ["name"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return GenreTree

    @display(description=_("genre"))
    def place(self, genre: Any) -> str:
        return format_html('<span style="padding-inline-start: {}rem">{}</span>', 1.5 * genre.depth, genre.name)

    def save_model(self, request: HttpRequest, obj: Genre, form: GenreForm, change: bool) -> None:
        changes = form.changes
        parent = changes.get("parent")
        with form.acting():
            if change:
                services.change_genre(
                    obj.pk,
                    name=changes.get("name"),
                    parent_id=parent and parent.pk,
                    move="parent" in changes,
                    actor=request.user,
                )
            else:
                obj.pk = services.create_genre(obj.name, parent_id=obj.parent_id, actor=request.user).pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        # Django would gather all that hangs on a genre, to list it; the service refuses whatever it is.
        return [str(genre) for genre in objs], {self.opts.verbose_name: len(objs)}, set(), []

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            self.message_user(request, str(error.message), messages.ERROR)
            return redirect("admin:catalog_genre_change", object_id)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        services.delete_genre(obj.pk, actor=request.user)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[Any]:
        return []  # the service notes it
