"""What wishlists do when others speak: somebody signs in, leaves with their data, or popularity is counted."""

from typing import Any

import structlog
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import Count, QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import personal_data_collected
from bookstore.core.errors import DomainError
from catalog.services import counts_as_wanted
from wishlist import services
from wishlist.models import SharedWishlist, Wish

PENDING = "wishes"  # in the session: ids of books that somebody wished for before signing in

log = structlog.get_logger(__name__)


@receiver(user_logged_in)
def keep_pending_wishes(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Put on the list what was wished for before; whatever goes wrong with that, the reader is signed in."""
    session = getattr(request, "session", None)
    book_ids = session.pop(PENDING, []) if session is not None else []
    kept = 0
    for book_id in book_ids:
        try:
            with transaction.atomic():
                services.keep_wish(user, book_id, is_wanted=True)
            kept += 1
        except DomainError:
            continue  # archived meanwhile
        except Exception:
            log.exception("wishlist.keeping_failed", user_id=user.pk)
    if kept:
        words = ngettext("The book is on your wishlist.", "%(number)d books are on your wishlist.", kept)
        messages.success(request, words % {"number": kept}, fail_silently=True)


@counts_as_wanted
def wishes_by_book() -> QuerySet[Wish, tuple[int, int]]:
    """A wish counts for a book's popularity as much as a copy sold."""
    return Wish.objects.order_by().values_list("book_id").annotate(number=Count("pk"))


@receiver(personal_data_collected)
def collect_wishes(user: User, **kwargs: Any) -> dict[str, Any]:
    """Hand out what the account wishes for, and whether others may see it."""
    wishes = Wish.objects.of(user).order_by("pk").values("book__title", "added_at", "price")
    shared = SharedWishlist.objects.filter(user=user).values("shows_name", "created_at")
    return {
        "wishlist": [
            {"title": wish["book__title"], "added_at": wish["added_at"], "price": wish["price"]} for wish in wishes
        ],
        "shared_wishlist": list(shared),
    }
