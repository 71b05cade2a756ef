"""Where a person is signed in: browsers and clients of the API in one list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts.models import AuthSession, User
from bookstore.core.rate_limits import address_of

# Several names stand in what a browser says of itself, so the first of these that does is its own.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
PRODUCT = re.compile(r"[\w .-]{1,40}")


@dataclass(frozen=True)
class Place:
    """One place where a person is signed in."""

    key: str
    device: str
    address: str | None
    used_at: datetime
    is_browser: bool
    is_here: bool = False


def places_of(request: HttpRequest) -> list[Place]:
    """Return where the user is signed in: here first, then the latest used."""
    user: Any = request.user
    here = Place(
        key="",
        device=device_of(request.headers.get("User-Agent", "")),
        address=address_of(request) or None,
        used_at=timezone.now(),
        is_browser=True,
        is_here=True,
    )
    others = [*browsers_of(user, but=request.session.session_key), *clients_of(user)]
    return [here, *sorted(others, key=lambda place: place.used_at, reverse=True)]


def browsers_of(user: User, *, but: str | None) -> Iterator[Place]:
    noted = UserSession.objects.filter(user=user).exclude(session_key=but)
    living = Session.objects.filter(session_key__in=noted.values("session_key"), expire_date__gt=timezone.now())
    valid = {session.session_key for session in living if is_valid(session, user)}
    for session in noted:
        if session.session_key in valid:
            yield Place(
                key=str(session.pk),
                device=device_of(session.user_agent),
                address=session.ip,
                used_at=session.last_seen_at,
                is_browser=True,
            )


def is_valid(session: Session, user: User) -> bool:
    # A changed password leaves the rows of other browsers, but their next request is refused.
    return constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def clients_of(user: User) -> Iterator[Place]:
    for session in AuthSession.objects.filter(user=user).live():
        yield Place(
            key=str(session.pk),
            device=device_of(session.user_agent),
            address=session.address,
            used_at=session.used_at,
            is_browser=False,
        )


def device_of(user_agent: str) -> str:
    """Name the browser and the system, as far as what a client says of itself tells."""
    browser = next((name for sign, name in BROWSERS.items() if f"{sign}/" in user_agent), None)
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), None)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    product = PRODUCT.match(user_agent)
    return browser or system or (product.group().strip() if product else _("Unknown device"))
