"""How the API knows its caller."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from accounts.exceptions import InvalidToken
from accounts.models import AuthSession, User
from accounts.tokens import read_access_token
from bookstore.core.errors import Denied
from bookstore.core.prepared import prepared

SAFE_SITES = {"", "same-origin", "none"}


class BearerToken(BaseAuthentication):
    """
    The access token that a program sends.

    Its session and user are looked at each time, so whoever is locked out is so at once. A token that is sent and
    not good is refused, also where none is needed.
    Source: RFC 6750.
    """

    def authenticate(self, request: Request) -> tuple[User, AuthSession] | None:
        session = session_of(request.META.get("HTTP_AUTHORIZATION", ""))
        return (session.user, session) if session else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def session_of(authorization: str) -> AuthSession | None:
    """
    Return the session, with its user, whose access token stands in an `Authorization`; None where there is no token.

    Raises: InvalidToken.
    """
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    claims = read_access_token(token.strip())
    session = next(iter(live_sessions(claims.session_id, timezone.now())), None)
    if session is None or not claims.fits(session.user):
        raise InvalidToken
    return session


@prepared
def live_sessions(pk: UUID, now: datetime) -> QuerySet[AuthSession]:
    return AuthSession.objects.live(now).filter(pk=pk).select_related("user")


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class BrowserSession(SessionAuthentication):
    """
    The session that the pages use.

    A browser sends its cookie along with whatever any site makes it send, so a change needs the CSRF token
    and must not come from another site.
    Source: Fetch Metadata Request Headers, https://www.w3.org/TR/fetch-metadata/
    """

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def enforce_csrf(self, request: Any) -> None:
        refuse_other_sites(request)
        super().enforce_csrf(request)


def refuse_other_sites(request: Any) -> None:
    """
    Refuse a change that a browser says another site's page makes.

    Raises: Denied. Source: Fetch Metadata Request Headers; RFC 6454 for `Origin`.
    """
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    origin = request.headers.get("Origin", "")
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    if request.headers.get("Sec-Fetch-Site", "") not in SAFE_SITES or (origin and origin not in ours):
        raise Denied(_("This request came from another site."))
