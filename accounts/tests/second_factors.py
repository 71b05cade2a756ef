"""An authenticator app of the tests' own."""

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from accounts.models import User

PERIOD = 30


def add_app(user: User) -> str:
    """Give the user an authenticator app; return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str, *, later: int = 0) -> str:
    """Return what the app shows, or will show `later` periods from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + later))


def add_recovery_codes(user: User) -> list[str]:
    return RecoveryCodes.activate(user).generate_codes()
