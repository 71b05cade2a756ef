from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from bookstore.core.admin import ActForm, RowAdmin, RowForm
from bookstore.core.errors import Conflict
from bookstore.web.models import ShopPage


class AddressTaken(Conflict):
    code = "PAGE_CONFLICT"
    message = _("Another page has this address.")


class ShopPageForm(RowForm, ActForm):
    places: ClassVar = {"PAGE_CONFLICT": "slug"}
    judged_by_service: ClassVar = frozenset({"slug"})

    class Meta:
        model = ShopPage
        fields: ClassVar[list[str]] = []
        widgets: ClassVar = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 24})}


@admin.register(ShopPage)
class ShopPageAdmin(RowAdmin):
    form = ShopPageForm
    taken: ClassVar = {"shop_page_address_is_unique": AddressTaken}
    fields = ["title", "slug", "text", "position", "is_shown"]
    prepopulated_fields = {"slug": ["title"]}
    list_display = ["title", "slug", "position", "is_shown", "updated_at"]
    list_editable = ["position", "is_shown"]
    ordering = ["position", "title", "id"]
    sortable_by: ClassVar[list[str]] = []

    def view_on_site(self, page: ShopPage) -> str | None:
        return page.get_absolute_url() if page.is_shown else None

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=ShopPageForm, **kwargs)
