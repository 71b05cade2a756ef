"""Shoppers without an account, and the tokens they are known by."""

from hashlib import sha256
from secrets import token_urlsafe

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from bookstore.core.errors import Busy
from cart.models import Guest

# Cookie and header carry the same value. The signature tells garbage from a token without asking the database.
TOKENS = Signer(salt="cart.guest", sep=".")


def new_token() -> str:
    """Return a token that is nobody's yet; the first change made under it makes its guest."""
    return TOKENS.sign(token_urlsafe(24))


def add_guest(token: str) -> Guest | None:
    """Make the guest of a new token; None for garbage, and for a token that had a guest once."""
    if (secret := _secret_of(token)) is None:
        return None
    guest, is_new = Guest.objects.get_or_create(token_hash=_hash(secret))
    return guest if is_new else None


def is_new_token(token: str) -> bool:
    """Tell whether a token is ours and has had no guest yet."""
    secret = _secret_of(token)
    return secret is not None and not Guest.objects.filter(token_hash=_hash(secret)).exists()


def find_guest(token: str) -> Guest | None:
    """Return the guest of a token; None for garbage, a new one, one that is spent, and one unused for 60 days."""
    secret = _secret_of(token)
    return Guest.objects.known().filter(token_hash=_hash(secret)).first() if secret else None


def note_use(guest_id: int) -> None:
    """Begin the guest's 60 days anew. Raises: Busy where a sign-in has taken the carts over meanwhile."""
    if not Guest.objects.known().filter(pk=guest_id).update(used_at=timezone.now()):
        raise Busy  # asked again, it is the account's cart


def _secret_of(token: str) -> str | None:
    try:
        return TOKENS.unsign(token)
    except BadSignature:
        return None


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
