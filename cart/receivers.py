"""What carts do when somebody signs in or up, on pages or the API."""

from typing import Any

import structlog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.services import account_closing, personal_data_collected
from bookstore.core.errors import DomainError
from cart import services
from cart.identity import guest_of
from cart.reading import parts_of
from cart.services import Shopper, lock_shoppers

MERGED = "cart_merged"  # in the session: what the last merge brought, for its notice and its undoing

log = structlog.get_logger(__name__)


@receiver(user_logged_in)
def merge_carts(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Bring the guest's carts along; whatever goes wrong with them, the reader is signed in."""
    if request is None:
        return
    try:
        guest = guest_of(request)
        merged = services.merge_guest(guest.pk, user.pk) if guest else None
    except DomainError:
        return
    except Exception:
        log.exception("cart.merge_failed", user_id=user.pk)
        return
    if merged and merged.copies and SESSION_KEY in request.session:
        request.session[MERGED] = {str(offer): copies for offer, copies in merged.copies.items()}


@receiver(account_closing)
def wait_for_purchases(user: User, **kwargs: Any) -> None:
    """Let no purchase of the account be under way while it goes, nor begin."""
    lock_shoppers(Shopper(user_id=user.pk))


@receiver(personal_data_collected)
def collect_carts(user: User, **kwargs: Any) -> dict[str, Any]:
    """Hand out what the account has put into carts."""
    parts = parts_of(Shopper(user_id=user.pk).carts.order_by("pk"))
    return {
        "carts": [
            {
                "seller": part.seller.name,
                "status": part.cart.status,
                "created_at": part.cart.created_at,
                "items": [
                    {"title": item.offer.book.title, "quantity": item.quantity, "price": item.price}
                    for item in part.items
                ],
            }
            for part in parts
        ]
    }
