"""What shoppers wish for, for staff to look at."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bookstore.core.admin import ReadOnlyAdmin
from wishlist.models import Wish


@admin.register(Wish)
class WishAdmin(ReadOnlyAdmin):
    list_display = ["user", "book", "added_at", "price", "told_price", "told_at"]
    list_select_related = ["user", "book"]
    search_fields = ["=user__email", "=book__isbn"]
    search_help_text = _("The user's whole e-mail, or an ISBN")
    ordering = ["-id"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["user", "book", "added_at", "price", "told_price", "told_at"]
