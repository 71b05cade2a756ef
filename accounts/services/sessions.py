"""
Who is signed in where: the sessions of the API, and through them those of the browser.

A session of the API is a row, and all tokens that descend from one sign-in are its family. The one refresh token that
may be used is named in the row, so of many uses of a token one counts and every other is a replay.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.exceptions import InvalidCredentials, InvalidToken, SecondFactorRequired, TokenRevoked
from accounts.models import AuthSession, User
from accounts.services.second_factor import has_second_factor
from accounts.tokens import (
    Tokens,
    make_mfa_token,
    make_pair,
    read_refresh_token,
    refresh_expiry,
)
from bookstore.core.rate_limits import AnyRequest, address_of

LONGEST_AGENT = 200
KEPT_AFTER_THE_END = timedelta(days=30)


def sign_in(user: User, request: AnyRequest) -> Tokens:
    """
    Open a session for a user whose first factor was right.

    Raises: InvalidCredentials for a deactivated account, SecondFactorRequired where a code must follow.
    """
    if not user.is_active:
        raise InvalidCredentials
    if has_second_factor(user):
        raise SecondFactorRequired(mfa_token=make_mfa_token(user))
    return open_session(user, request)


@transaction.atomic
def open_session(user: User, request: AnyRequest) -> Tokens:
    """Open a session of the API for a user who has proven who they are; `user_logged_in` is sent, as for pages."""
    now = timezone.now()
    session = AuthSession.objects.create(
        user=user,
        jti=uuid4().hex,
        expires_at=refresh_expiry(now),
        user_agent=request.headers.get("User-Agent", "")[:LONGEST_AGENT],
        address=address_of(request) or None,
    )
    user_logged_in.send(sender=User, request=getattr(request, "_request", request), user=user)
    return make_pair(session)


def refresh_session(raw: str) -> Tokens:
    """
    Spend a refresh token for a new pair.

    One that was spent before is a replay, by a thief or of one: the whole family ends. That is committed although
    it is refused, so this must not run inside a transaction.
    Raises: InvalidToken, TokenRevoked.
    """
    claims = read_refresh_token(raw)
    session = AuthSession.objects.select_related("user").filter(pk=claims.session_id).first()
    if session is None:
        raise InvalidToken
    if session.revoked_at or not claims.fits(session.user):
        raise TokenRevoked
    now = timezone.now()
    session.jti, session.used_at, session.expires_at = uuid4().hex, now, refresh_expiry(now)
    spent = AuthSession.objects.filter(pk=session.pk, jti=claims.jti, revoked_at=None).update(
        jti=session.jti, used_at=session.used_at, expires_at=session.expires_at
    )
    if not spent:
        with transaction.atomic(durable=True):
            _revoke(session.pk)
        raise TokenRevoked
    return make_pair(session)


def close_session(raw: str) -> None:
    """
    End the session of a refresh token, also one that was spent; one that has ended stays so.

    Raises: InvalidToken.
    """
    _revoke(read_refresh_token(raw).session_id)


def end_session(user: User, session_id: UUID) -> None:
    """End one of the user's sessions of the API; one that is another's, or has ended, stays as it is."""
    AuthSession.objects.filter(pk=session_id, user=user, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def end_browser(user: User, number: int) -> None:
    """Sign the user out in one browser; `number` is that of allauth's row of it."""
    browser = UserSession.objects.filter(user=user, pk=number)
    Session.objects.filter(session_key__in=browser.values("session_key")).delete()
    browser.delete()


@transaction.atomic
def end_all_sessions(user: User) -> None:
    """
    Sign a user out everywhere, on pages and of the API; whatever was signed before is void.

    Where the browser that asked for it shall stay signed in, `keep_browser_session` follows.
    """
    user.session_epoch = uuid4()
    user.save(update_fields=["session_epoch"])
    AuthSession.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    browsers = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=browsers.values("session_key")).delete()
    browsers.delete()


def keep_browser_session(user: User, request: HttpRequest) -> None:
    """Let the browser stay signed in whose user has just ended all sessions, this one among them."""
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)


def delete_old_sessions() -> None:
    """Delete sessions of the API a month after their end, and what is left of ended sessions of the browser."""
    AuthSession.objects.filter(expires_at__lt=timezone.now() - KEPT_AFTER_THE_END).delete()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _revoke(session_id: UUID) -> None:
    AuthSession.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=timezone.now())
