"""Signing in by Google and GitHub, for clients that open a browser and get our tokens at its end."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import structlog
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from requests import RequestException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.auth import Door, shown
from accounts.api.serializers import TokensSerializer
from accounts.exceptions import OAuthFailed
from bookstore.core.errors import NotFound
from bookstore.core.rate_limits import spend

BEGUN = "accounts.api.oauth"  # what the browser's session keeps of the sign-ins that it began
MOST_BEGUN = 5
LASTS = 600  # seconds

UNUSABLE = (
    OAuth2Error,
    RequestException,
    ProviderException,
    PermissionDenied,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)

log = structlog.get_logger(__name__)


# How a provider is spoken to


class GoogleAdapter(OpenIDConnectOAuth2Adapter):
    def __init__(self, request: HttpRequest):
        super().__init__(request, "google")

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return callback_of("google", request)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """
        Read who signed in, from an ID token that was made for this very sign-in.

        Source: OpenID Connect Core 1.0, 3.1.3.7 (the nonce), 5.3.2 (one subject in both answers).
        """
        login = super().complete_login(request, app, token, **kwargs)
        said = login.account.extra_data
        if said["id_token"]["sub"] != said["userinfo"]["sub"]:
            raise OAuth2Error("The ID token is another person's.")
        if not constant_time_compare(str(said["id_token"]["nonce"]), kwargs["nonce"]):
            raise OAuth2Error("The ID token was made for another sign-in.")
        return login


class GitHubAdapter(GitHubOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return callback_of("github", request)


ADAPTERS = {"google": GoogleAdapter, "github": GitHubAdapter}


def callback_of(name: str, request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse(f"accounts_api:{name}-callback"))


@contextmanager
def conversation(name: str) -> Iterator[None]:
    """Take an answer that cannot be used as a sign-in that failed. Raises: OAuthFailed; ProviderAway."""
    try:
        yield
    except UNUSABLE as error:
        log.warning("Sign-in by a provider failed", provider=name, cause=repr(error))
        raise OAuthFailed from error


# What the browser's session keeps between the two steps


def remember(request: Request, state: str, name: str, verifier: str, nonce: str) -> None:
    begun = dict(list(request.session.get(BEGUN, {}).items())[1 - MOST_BEGUN :])
    begun[state] = [name, verifier, nonce, time.time() + LASTS]
    request.session[BEGUN] = begun


def recall(request: Request, name: str) -> tuple[str, str]:
    """
    Return verifier and nonce of the sign-in that this browser began, and forget it before the provider is asked.

    Raises: OAuthFailed where there is none, or it is over, or was another provider's.
    """
    begun = request.session.get(BEGUN, {})
    state = request.GET.get("state", "")
    if state not in begun:
        raise OAuthFailed
    begun_with, verifier, nonce, ends_at = begun.pop(state)
    request.session[BEGUN] = begun
    request.session.save()
    if begun_with != name or time.time() > ends_at:
        raise OAuthFailed
    return verifier, nonce


# The two steps


class ProviderDoor(Door):
    """A step of signing in by the provider `name`."""

    name = ""
    refuses = {*Door.refuses, HTTPStatus.NOT_FOUND}

    def provider(self, request: Request) -> OAuth2Provider:
        try:
            return get_adapter().get_provider(request._request, self.name)
        except SocialApp.DoesNotExist as error:
            raise NotFound from error


class Begin(ProviderDoor):
    @extend_schema(
        responses={302: OpenApiResponse(description="To the provider, with `state` and PKCE (S256) in the address.")}
    )
    def get(self, request: Request) -> HttpResponseRedirect:
        """
        Send a browser to the provider.

        The browser must keep cookies: the way back is open to it alone, once, for ten minutes.
        """
        provider = self.provider(request)
        spend("provider", request)
        adapter = ADAPTERS[self.name](request._request)
        params = provider.get_pkce_params()
        verifier, state, nonce = params.pop("code_verifier"), secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        if self.name == "google":
            params["nonce"] = nonce
        with conversation(self.name):
            client = adapter.get_client(request._request, provider.app)
            client.state = state
            address = client.get_redirect_url(adapter.authorize_url, provider.get_scope(), params)
        remember(request, state, self.name, verifier, nonce)
        return HttpResponseRedirect(address)


class Callback(ProviderDoor):
    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, description="As it was given to the provider."),
            OpenApiParameter("code", str, description="From the provider; counts once."),
            OpenApiParameter("error", str, description="From the provider, such as `access_denied`."),
        ],
        responses=TokensSerializer,
    )
    def get(self, request: Request) -> Response:
        """
        Sign in by what the provider sent the browser back with.

        401 `AUTH_OAUTH_FAILED` where it was denied or did not begin in this browser, `AUTH_OAUTH_EMAIL_UNVERIFIED`
        and `AUTH_OAUTH_NO_EMAIL` where the provider vouches for no e-mail, `AUTH_INVALID_CREDENTIALS` for a
        deactivated account, `AUTH_MFA_REQUIRED` with an `mfa_token` where a code must follow, as after a password.
        """
        provider = self.provider(request)
        verifier, nonce = recall(request, self.name)
        if "error" in request.GET or not request.GET.get("code"):
            raise OAuthFailed
        http, app = request._request, provider.app
        adapter = ADAPTERS[self.name](http)
        with conversation(self.name):
            answer = adapter.get_access_token_data(http, app, adapter.get_client(http, app), verifier)
            token = adapter.parse_token(answer)
            login = adapter.complete_login(http, app, token, response=answer, nonce=nonce)
        return shown(services.sign_in(services.user_for(login), request))
