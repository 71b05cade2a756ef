"""The bell of the header: how a page that lies open asks for its number, without the session of who is signed in."""

from django.conf import settings
from django.core import signing

SALT = "accounts.bell"


def sign_user(user_id: int) -> str:
    """Sign that whoever has this may know how many notices one user has not read, and nothing else."""
    return signing.dumps(user_id, salt=SALT)


def user_id_in(signed: str) -> int | None:
    """Return the user that was signed; None for garbage, and for what is older than a session gets."""
    try:
        return signing.loads(signed, salt=SALT, max_age=settings.SESSION_COOKIE_AGE)
    except signing.BadSignature:
        return None
