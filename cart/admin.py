"""Carts as staff see them: shoppers' own business, so only to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from bookstore.core.admin import ReadOnlyAdmin
from cart.models import Cart, CartItem


class LineInline(TabularInline):
    model = CartItem
    fields = readonly_fields = ["book", "quantity", "price", "currency", "captured_at"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartItem]:
        return super().get_queryset(request).with_terms()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("book"))
    def book(self, item: CartItem) -> str:
        return str(item.offer.book)


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "seller", "status", "held_by", "updated_at"]
    list_filter = ["status"]
    list_select_related = ["user", "seller"]
    search_fields = ["user__email", "held_by"]
    search_help_text = _("E-mail or order")
    ordering = ["-id"]
    fields = ["user", "guest", "seller", "status", "held_by", "created_at", "updated_at"]
    inlines = [LineInline]
