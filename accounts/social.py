"""Google and GitHub: how allauth's pages come to our rule, and how the shop speaks to a provider."""

from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.exceptions import OAuthFailed, ProviderAway, Unauthenticated
from accounts.models import User

PATIENCE = 5  # seconds


class SocialAdapter(DefaultSocialAccountAdapter):
    """allauth's idea of a sign-in by a provider, made ours."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": _("Please set a password first: without it you could no longer sign in."),
        "connected_other": _("It is connected with another account of this shop already."),
    }

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        # Whom an e-mail leads to is decided by the service, with all that follows.
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            # Who made an account with another's e-mail shall not leave a way in for themselves.
            if request.user.is_authenticated and not services.is_confirmed(request.user):
                raise to_sign_in(request, _("Please confirm your e-mail first."))
            return
        try:
            sociallogin.user = services.user_for(sociallogin)
        except Unauthenticated as error:
            raise to_sign_in(request, str(error.message)) from error

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        cancelled = _("Signing in was cancelled.")
        raise to_sign_in(request, cancelled if error == AuthError.CANCELLED else str(OAuthFailed.message))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        user = sociallogin.user
        name = "".join(character for character in str(data.get("name") or "") if character.isprintable())
        user.full_name = name.strip()[: User._meta.get_field("full_name").max_length]
        return user

    def get_requests_session(self) -> requests.Session:
        return ProviderSession()


def to_sign_in(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    """Make what leads the reader back to where they began, with a sentence."""
    messages.error(request, sentence)
    is_known = request.user.is_authenticated
    return ImmediateHttpResponse(redirect("socialaccount_connections" if is_known else "account_login"))


class ProviderSession(requests.Session):
    """A conversation with a provider, which may be away. Raises: ProviderAway."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            response = super().request(*args, **{"timeout": PATIENCE, **kwargs})
        except (requests.ConnectionError, requests.Timeout) as error:
            raise ProviderAway from error
        if response.status_code >= 500:
            raise ProviderAway
        return response
