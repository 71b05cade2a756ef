"""People and groups in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User
from bookstore.core.admin import ShopAdmin

POWERS = ["is_staff", "is_superuser", "groups", "user_permissions"]


class ChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("is_service") and self.cleaned_data.get("is_staff", self.instance.is_staff):
            self.add_error("is_service", _("A service account cannot be staff."))
        return cleaned


class CreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ["email", "full_name"]
        field_classes: dict[str, type[forms.Field]] = {}


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ShopAdmin):
    form = ChangeForm
    add_form = CreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "full_name", "is_active", "is_staff", "is_service", "created_at"]
    list_filter = ["is_active", "is_staff", "is_service"]
    search_fields = ["email", "full_name"]
    search_help_text = _("E-mail or name")
    ordering = ["email"]
    sortable_by = ["email"]
    filter_horizontal = ["groups", "user_permissions"]
    readonly_fields = ["last_login", "created_at"]
    fieldsets = [
        (None, {"fields": ["email", "full_name", "password", "is_active", "is_service"]}),
        (_("What they may do"), {"fields": POWERS}),
        (_("Record"), {"fields": [("created_at", "last_login")]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "full_name", "password1", "password2"]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever can change an account can become it.
        may_become = request.user.is_superuser or not (obj and obj.is_staff)
        return may_become and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return self.readonly_fields if request.user.is_superuser else [*self.readonly_fields, *POWERS]


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ShopAdmin):
    pass
