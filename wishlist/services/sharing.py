"""A wishlist that others may see."""

from django.db import transaction

from accounts.models import User
from wishlist.exceptions import SharedWishlistNotFound
from wishlist.models import SharedWishlist


def share_wishlist(user: User, *, shows_name: bool) -> SharedWishlist:
    """Let whoever gets the link see the user's wishlist; a link that there is stays."""
    with transaction.atomic():
        shared, _is_new = SharedWishlist.objects.update_or_create(user=user, defaults={"shows_name": shows_name})
    return shared


def unshare_wishlist(user: User) -> None:
    """Make the link lead nowhere, for good: sharing again makes another."""
    SharedWishlist.objects.filter(user=user).delete()


def find_shared(token: str) -> SharedWishlist:
    """Return the wishlist that a link shows, with its user. Raises: SharedWishlistNotFound."""
    shared = SharedWishlist.objects.filter(token=token, user__is_active=True).select_related("user").first()
    if shared is None:
        raise SharedWishlistNotFound
    return shared
