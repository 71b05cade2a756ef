"""
The tokens of the API: signed (JWT), short-lived, and each bound to a row, its session.

Beside what every JWT has, a token carries the id of its session and a part of the user's session hash, so that a
new password or epoch ends it.
Source: RFC 7519, RFC 8725 (one algorithm, one key, a type in every token).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt import tokens as jwt
from rest_framework_simplejwt.exceptions import TokenError

from accounts.exceptions import InvalidToken
from accounts.models import AuthSession, User

SESSION = "sid"
STATE = "ust"  # of the user's password and epoch when the token was made

FIRST_FACTOR = "accounts.first_factor"
FIRST_FACTOR_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens as a client gets it; `expires_in` is the access token's, in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "bearer"  # noqa: S105  its type, not a token


def make_pair(session: AuthSession) -> Tokens:
    """Sign the tokens that stand for this state of the session."""
    refresh = _for(session, jwt.RefreshToken())
    refresh["jti"] = session.jti
    refresh["exp"] = int(session.expires_at.timestamp())
    access = _for(session, jwt.AccessToken())
    return Tokens(str(access), str(refresh), int(access.lifetime.total_seconds()))


def make_access_token(session: AuthSession) -> str:
    """Sign an access token that lasts as long as its session, for a partner's program."""
    access = _for(session, jwt.AccessToken())
    access["exp"] = int(session.expires_at.timestamp())
    return str(access)


def refresh_expiry(now: datetime) -> datetime:
    """Say when a refresh token that is made now will be over."""
    return now + jwt.RefreshToken.lifetime


def read_access_token(raw: str) -> "Claims":
    """Check an access token by itself, without its session. Raises: InvalidToken."""
    return _read(jwt.AccessToken, raw)


def read_refresh_token(raw: str) -> "Claims":
    """Check a refresh token by itself, without its session. Raises: InvalidToken."""
    return _read(jwt.RefreshToken, raw)


@dataclass(frozen=True)
class Claims:
    """What a genuine token says."""

    session_id: UUID
    jti: str
    state: str

    def fits(self, user: User) -> bool:
        """Tell whether the user's password and epoch are still those of then, and the user may come in."""
        return user.is_active and constant_time_compare(self.state, state_of(user))


def state_of(user: User) -> str:
    return user.get_session_auth_hash()[:16]


def _for(session: AuthSession, token: Any) -> Any:
    user = session.user
    token["sub"] = str(user.pk)
    token["role"] = user.role
    token[SESSION] = str(session.pk)
    token[STATE] = state_of(user)
    return token


def _read(kind: type[jwt.Token], raw: str) -> Claims:
    try:
        token = kind(raw)  # type: ignore[arg-type]  # its annotation wants a token to make a token of
        return Claims(UUID(token[SESSION]), str(token["jti"]), str(token[STATE]))
    except (TokenError, KeyError, ValueError) as error:
        raise InvalidToken from error


# Between the two factors


def make_mfa_token(user: User) -> str:
    """Sign that this user has just given the first factor."""
    return signing.dumps([user.pk, state_of(user)], salt=FIRST_FACTOR)


def read_mfa_token(raw: str) -> User:
    """Return the user who has given the first factor, at most five minutes ago. Raises: InvalidToken."""
    try:
        user_id, state = signing.loads(raw, salt=FIRST_FACTOR, max_age=FIRST_FACTOR_LASTS)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidToken from error
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not constant_time_compare(state, state_of(user)):
        raise InvalidToken
    return user
