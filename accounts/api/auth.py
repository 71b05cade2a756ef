"""Coming in and going out, for clients."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.api.serializers import (
    LoginSerializer,
    MeSerializer,
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    ProfileInputSerializer,
    RefreshSerializer,
    RegisteredSerializer,
    RegisterSerializer,
    SecondFactorSerializer,
    TokensSerializer,
)
from accounts.exceptions import InvalidToken
from accounts.models import User
from accounts.tokens import Tokens, read_mfa_token, read_refresh_token
from bookstore.core.errors import Invalid
from bookstore.core.rate_limits import forgive, spend


class Private(APIView):
    """What is answered is nobody else's, so nothing on the way may keep it (RFC 6749, 5.1)."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response


class Door(Private):
    """
    A way in: who is calling is in the body.

    Whatever else came along, such as an access token that has just ended, is not looked at.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    refuses = {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}


class RegisterView(Door):
    refuses = {HTTPStatus.TOO_MANY_REQUESTS}

    @extend_schema(request=RegisterSerializer, responses={201: RegisteredSerializer})
    def post(self, request: Request) -> Response:
        """Make an account and sign in to it. The e-mail gets a link to confirm it, which can wait."""
        given = taken(RegisterSerializer, request)
        spend("register", request, User.objects.normalize_email(given["email"]))
        with transaction.atomic():
            user = services.register_user(**given)
            tokens = services.open_session(user, request)
        about = {"id": user.pk, "email": user.email, "role": user.role, "full_name": user.full_name}
        return Response(about | asdict(tokens), status=status.HTTP_201_CREATED)


class LoginView(Door):
    @extend_schema(request=LoginSerializer, responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        """
        Sign in by e-mail and password.

        An account with a second factor answers 401 `AUTH_MFA_REQUIRED` with an `mfa_token`, which goes to
        `/auth/mfa` together with the code.
        """
        given = taken(LoginSerializer, request)
        email = User.objects.normalize_email(given["email"])
        spend("login", request, email)
        user = services.find_by_password(email, given["password"])
        forgive("login", request, email)
        return shown(services.sign_in(user, request))


class SecondFactorView(Door):
    @extend_schema(request=SecondFactorSerializer, responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        """Sign in by the code of an authenticator app, or a recovery code, after the password was right."""
        given = taken(SecondFactorSerializer, request)
        user = read_mfa_token(given["mfa_token"])
        spend("second_factor", request, str(user.pk))
        services.spend_code(user, given["code"])
        forgive("second_factor", request, str(user.pk))
        return shown(services.open_session(user, request))


class RefreshView(Door):
    @extend_schema(request=RefreshSerializer, responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        """
        Spend a refresh token for a new pair.

        Each counts once. One that is sent again ends its session and all tokens that came from it: tabs and threads
        of a client must share the pair.
        """
        raw = taken(RefreshSerializer, request)["refresh_token"]
        spend("refresh", request, session_named_in(raw))
        return shown(services.refresh_session(raw))


class LogoutView(Door):
    refuses = {HTTPStatus.UNAUTHORIZED}

    @extend_schema(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the session of a refresh token; its access token ends with it."""
        services.close_session(taken(RefreshSerializer, request)["refresh_token"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(Private):
    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Show who is signed in."""
        return Response(me_body(request.user))

    @extend_schema(request=ProfileInputSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change the name. The e-mail is changed on the page of the account, as a new one has to be confirmed."""
        given = taken(ProfileInputSerializer, request)
        if "full_name" in given:
            request.user.full_name = given["full_name"]
            request.user.save(update_fields=["full_name"])
        return Response(me_body(request.user))


class PasswordResetView(Door):
    refuses = {HTTPStatus.TOO_MANY_REQUESTS}

    @extend_schema(request=PasswordResetSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Mail a link by which a new password can be chosen. The answer is the same whether there is an account."""
        email = taken(PasswordResetSerializer, request)["email"]
        spend("password_reset", request, User.objects.normalize_email(email))
        services.ask_for_password_reset(email)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetConfirmView(Door):
    refuses = {HTTPStatus.TOO_MANY_REQUESTS}

    @extend_schema(request=PasswordResetConfirmSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose a new password by `uid` and `token` of the mail's link. It ends all sessions and tokens."""
        given = taken(PasswordResetConfirmSerializer, request)
        spend("password_reset_confirm", request, given["uid"])
        user = services.reset_password(**given)
        forgive("login", request, user.email)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordChangeView(Private):
    refuses = {HTTPStatus.TOO_MANY_REQUESTS}

    @extend_schema(request=PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change the password. It ends all tokens and all sessions but the browser's that asked for it."""
        given = taken(PasswordChangeSerializer, request)
        account = str(request.user.pk)
        spend("password_change", request, account)
        if not request.user.check_password(given["current_password"]):
            raise Invalid(fields={"current_password": _("This is not your password.")})
        forgive("password_change", request, account)
        services.change_password(request.user, given["new_password"])
        if request.auth is None:
            services.keep_browser_session(request.user, request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


def taken(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def shown(tokens: Tokens) -> Response:
    return Response(asdict(tokens))


def session_named_in(raw: str) -> str:
    """Name whose try it is; one with a token that is none of ours counts for the address alone."""
    try:
        return str(read_refresh_token(raw).session_id)
    except InvalidToken:
        return ""


def me_body(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "email_verified": EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists(),
        "role": user.role,
        "full_name": user.full_name,
        "created_at": user.created_at,
    }
