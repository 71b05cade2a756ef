"""Whose cart a request is about, and how a guest is told the token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.authentication import refuse_other_sites
from accounts.exceptions import InvalidToken
from cart import services
from cart.models import GUEST_LIFETIME, Guest
from cart.services import Caller, Shopper

NOBODY = Shopper()

COOKIE = "cart"
HEADER = "X-Cart-Token"
OFFERED = "bookstore.cart"  # in the request's META: a token that was made for it
NEW = "new"  # what an app sends that has no token yet and wants one


def shopper_of(request: Any) -> Shopper | None:
    """
    Return who shops: the account that is signed in, else the guest whose token came in the header or the cookie.

    None for somebody who is neither yet. A cookie that no longer counts is none; a header is somebody's intent.
    Raises: InvalidToken for a header that is garbage, spent or expired; Denied for another site's change.
    """
    if not request.user.is_authenticated and HEADER not in request.headers:
        # A browser sends its cookie along with whatever any site makes it send.
        refuse_other_sites(request)
    return known_shopper(request)


def known_shopper(request: Any) -> Shopper | None:
    """Return who shops, for what only shows it. Raises: InvalidToken as `shopper_of` does."""
    if request.user.is_authenticated:
        return Shopper(user_id=request.user.pk)
    guest = guest_of(request)
    return Shopper(guest_id=guest.pk) if guest else None


def guest_of(request: Any) -> Guest | None:
    """Return the guest whose token came with the request. Raises: InvalidToken as `shopper_of` does."""
    token = token_of(request)
    guest = services.find_guest(token) if token else None
    if guest is None and token and HEADER in request.headers and not services.is_new_token(token):
        raise InvalidToken(_("This cart token does not count, or no longer."))
    return guest


def token_of(request: Any) -> str:
    """Return the token that came with the request, or was made for it, or ""."""
    if token := request.META.get(OFFERED):
        return token
    header = request.headers.get(HEADER)
    if header is None:
        return request.COOKIES.get(COOKIE, "")
    return "" if header == NEW else header


def shopper_for_change(request: Any) -> Shopper:
    """
    Return who shops, as a new guest where nobody is known yet; call it in the transaction of the change.

    `remember` has to see the response, so that the guest learns the token. Raises: as `shopper_of` does.
    """
    if shopper := shopper_of(request):
        return shopper
    guest = services.add_guest(token_of(request))
    while guest is None:
        guest = services.add_guest(offer_token(request))
    return Shopper(guest_id=guest.pk)


def key_of_shopper(request: Any) -> str | None:
    """Name the caller for idempotency keys; a guest who has no token yet has none."""
    shopper = shopper_of(request)
    return shopper.key if shopper else None


def caller_of(request: Any) -> Caller:
    """Return who speaks about one seller's cart. Raises: as `shopper_of` does."""
    return services.caller_for(request.user, shopper_of(request) or NOBODY)


def shopper_named(request: Any, user_id: int | None) -> Shopper:
    """
    Return whose cart is to be changed: the caller's own, or that of the account that somebody trusted names.

    Raises: as `shopper_for_change` and `services.shopper_for` do.
    """
    return shopper_for_change(request) if user_id is None else services.shopper_for(caller_of(request), user_id)


def offer_token(request: Any) -> str:
    """Return a new token, which `remember` tells the caller."""
    token = request.META[OFFERED] = services.new_token()
    return token


def remember(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """
    Tell a guest the token: by header who asked so, else by a cookie.

    Told are one that was made by the request, whatever the answer, and, as its 60 days begin anew, one under which
    something was changed.
    """
    token = request.META.get(OFFERED)
    if HEADER in request.headers:
        if token:
            response.headers[HEADER] = token
        return response
    if not token and request.method not in {"GET", "HEAD", "OPTIONS"} and response.status_code < 400:
        token = request.COOKIES.get(COOKIE)
    if token:
        response.set_cookie(
            COOKIE,
            token,
            max_age=GUEST_LIFETIME,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
