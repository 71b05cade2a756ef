"""People, groups, and who is signed in, in the admin."""

from http import HTTPStatus
from importlib import import_module
from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import services
from accounts.models import AuthSession, Notification, NotificationPreference, User
from bookstore.core.admin import NotedForms, ReadOnlyAdmin, RowForm, ShopAdmin
from bookstore.core.trail import record

# The staff come in by the door of everybody else, with its limits and second factor.
admin.site.login = secure_admin_login(admin.site.login)

POWERS = ["is_staff", "is_superuser", "groups", "user_permissions"]

# allauth's own pages would show secrets, and change rows past the services; these are needed once they are there.
for part in ("account", "mfa", "socialaccount", "usersessions"):
    import_module(f"allauth.{part}.admin")
admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession, Group])


def may_become(request: HttpRequest, user: User | None) -> bool:
    """Tell whether who asks may do what makes them that user: only superusers become one of the staff."""
    return request.user.is_superuser or not (user and (user.is_staff or user.is_superuser))


class ChangeForm(RowForm, UserChangeForm):
    reason = forms.CharField(
        label=_("reason"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Why this account is locked out, or let in again; kept in its trail."),
    )

    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        is_active, is_staff, is_superuser = (
            self.cleaned_data.get(name, getattr(self.instance, name))
            for name in ("is_active", "is_staff", "is_superuser")
        )
        if is_staff and self.instance.is_service:
            self.add_error("is_staff", _("A service account cannot be staff."))
        if (is_staff or is_superuser) and not is_active:
            self.add_error("is_active", _("An account of the staff cannot be deactivated."))
        return cleaned


class CreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ["email", "full_name"]
        field_classes: dict[str, type[forms.Field]] = {}


class PasswordForm(AdminPasswordChangeForm):
    def save(self, commit: bool = True) -> User:
        if self.cleaned_data["set_usable_password"]:
            services.change_password(self.user, self.cleaned_data["password1"])
        else:
            super().save()
            services.end_all_sessions(self.user)
        return self.user


@admin.register(User)
class UserAdmin(NotedForms, DjangoUserAdmin, ShopAdmin):
    """
    Everybody's accounts.

    Only superusers say who is staff and what they may do, and change accounts of the staff: so nobody can give away
    what they do not hold, nor take it.
    """

    form = ChangeForm
    add_form = CreationForm
    change_password_form = PasswordForm
    list_display = ["email", "full_name", "is_active", "is_staff", "is_service", "created_at"]
    list_filter = ["is_active", "is_staff", "is_service", ("groups", RelatedDropdownFilter)]
    search_fields = ["email", "full_name"]  # see get_search_results
    search_help_text = _("E-mail or name")
    ordering = ["email"]
    sortable_by = ["email"]
    filter_horizontal = ["groups", "user_permissions"]
    readonly_fields = ["is_service", "last_login", "created_at"]
    fieldsets = [
        (None, {"fields": ["email", "full_name", "language", "password", ("is_active", "reason"), "is_service"]}),
        (_("What they may do"), {"fields": POWERS}),
        (_("Record"), {"fields": [("created_at", "last_login")]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "full_name", "password1", "password2"]})]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.known_as(search_term) if search_term.strip() else queryset, False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_become(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return self.readonly_fields if request.user.is_superuser else [*self.readonly_fields, *POWERS]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        _title, who = fieldsets[0]  # nobody is asked for a reason who only looks
        plain = ["is_active" if isinstance(name, tuple) else name for name in who["fields"]]
        return [(None, {"fields": plain}), *fieldsets[1:]]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        is_active = obj.is_active
        switches = change and "is_active" in form.changed_data
        if switches:
            obj.is_active = form.before["is_active"]  # as it is, for the service to switch
        super().save_model(request, obj, form, change)
        if obj.email != form.before.get("email"):
            services.note_email(obj)
        if switches:
            switch = services.reactivate_user if is_active else services.deactivate_user
            switch(obj.pk, actor=request.user, reason=form.changes.get("reason", ""))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        answer = super().user_change_password(request, id, form_url)
        if answer.status_code == HTTPStatus.FOUND:
            record(User.objects.get(pk=id), request.user, note=_now("Password set anew."))
        return answer


@admin.register(Group)
class GroupAdmin(NotedForms, DjangoGroupAdmin, ShopAdmin):
    """What the members of a group may do, which only superusers say."""

    form = RowForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser


class SessionState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", _("Signed in"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.live() if self.value() == "live" else queryset


@admin.register(AuthSession)
class AuthSessionAdmin(ReadOnlyAdmin):
    """The clients of the API that are signed in, services' among them, and what ends them."""

    list_display = ["user", "created_at", "used_at", "expires_at", "revoked_at", "address", "user_agent"]
    list_filter = [SessionState, "user__is_service"]
    list_select_related = ["user"]
    search_fields = ["=user__email"]
    search_help_text = _("The user's whole e-mail")
    ordering = ["-created_at"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["user", "created_at", "used_at", "expires_at", "revoked_at", "address", "user_agent"]
    actions = ["end_sessions"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_authsession")

    @admin.action(description=_("End these sessions"), permissions=["end"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[AuthSession]) -> None:
        for session in queryset.select_related("user"):
            services.end_session(session.user, session.pk)
        messages.success(request, _now("They are signed out."))


@admin.register(Authenticator)
class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has a second factor; deleting one lets somebody in again whose telephone is lost."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["=user__email"]
    search_help_text = _("The user's whole e-mail")
    ordering = ["-created_at"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        is_allowed = may_become(request, obj.user if obj else None)
        return is_allowed and super(ReadOnlyAdmin, self).has_delete_permission(request, obj)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> list[Any]:
        for factor in queryset:
            record(factor.user, request.user, note=_now("Second factor taken off."))
        return []


class ReadState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unread", _("Unread"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.unread() if self.value() == "unread" else queryset


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """What users were told in the shop."""

    list_display = ["user", "kind", "title", "created_at", "read_at"]
    list_filter = ["kind", ReadState]
    list_select_related = ["user"]
    search_fields = ["=user__email"]
    search_help_text = _("The user's whole e-mail")
    ordering = ["-id"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["user", "kind", "title", "body", "url", "created_at", "read_at"]


@admin.register(NotificationPreference)
class NotificationPreferenceAdmin(ReadOnlyAdmin):
    """What users do not want to be told, or want to be told again."""

    list_display = ["user", "kind", "channel", "is_wanted"]
    list_filter = ["kind", "channel", "is_wanted"]
    list_select_related = ["user"]
    search_fields = ["=user__email"]
    search_help_text = _("The user's whole e-mail")
    ordering = ["-id"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["user", "kind", "channel", "is_wanted"]
