"""Where allauth's pages lead: to our services, mails and counts, and to addresses of this shop only."""

from time import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.exceptions import EmailTaken, InvalidCredentials
from accounts.models import User
from bookstore.core.mail import post_mail
from bookstore.core.rate_limits import address_of, forgive, spend


def has_just_come(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(time() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT for record in records[-1:])


class AccountAdapter(DefaultAccountAdapter):
    """allauth's idea of an account, made ours."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": InvalidCredentials.message,
        "email_taken": EmailTaken.message,
        "duplicate_email": _("This is your e-mail already."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password."),
    }

    # Who it is

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """
        Return the user, if these are theirs and they may sign in.

        allauth itself would send a deactivated user elsewhere, and so tell whoever tries that the password is right.
        """
        email = User.objects.normalize_email(credentials["email"])
        spend("login", request, email)
        try:
            user = services.find_by_password(email, credentials["password"])
        except InvalidCredentials:
            return None
        forgive("login", request, email)
        return user

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Tell whether this is the password of who is signed in."""
        spend("reauthentication", self.request, str(user.pk))
        is_theirs = user.check_password(password)
        if is_theirs:
            forgive("reauthentication", self.request, str(user.pk))
        return is_theirs

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        again = {"id": "sign_in_again", "description": _("Sign in again"), "url": reverse("accounts:sign_in_again")}
        return super().get_reauthentication_methods(user) or [again]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """
        Ask who comes by Google or GitHub alone to have come just now.

        allauth would not ask them at all. Raises: ReauthenticationRequired.
        """
        user = self.request.user
        if not get_reauthentication_flows(user) and not has_just_come(self.request):
            raise ReauthenticationRequired
        return super().is_reauthentication_required(app=app, **kwargs)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        messages.error(request, InvalidCredentials.message)
        return redirect("account_login")

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or "::"  # the column takes no empty one

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    # What changes

    def set_password(self, user: Any, password: str) -> None:
        services.change_password(user, password)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        try:
            services.confirm_email(email_address)
        except EmailTaken:
            messages.error(request, _("This e-mail belongs to another account meanwhile."))
            return False
        messages.success(request, _("%(email)s is confirmed. Thank you.") % {"email": email_address.email})
        return True

    # What is sent

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        post_mail(email, template_prefix, context, language=getattr(context.get("user"), "language", ""))

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        return settings.SITE_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def send_notification_mail(self, template_prefix: str, user: Any, context: Any = None, email: Any = None) -> None:
        # The service that changes a password tells of it, whichever door was taken.
        if not template_prefix.startswith("account/email/password_"):
            super().send_notification_mail(template_prefix, user, context, email or user.email)

    # Where it goes on

    def is_safe_url(self, url: str | None) -> bool:
        # allauth would trust every name in ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS.
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, self.request.is_secure())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:overview")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("accounts:overview")

    def is_ajax(self, request: HttpRequest) -> bool:
        # These are pages for people; programs have the API.
        return False
