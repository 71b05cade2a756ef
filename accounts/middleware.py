"""What accounts do with every request."""

from contextlib import suppress
from datetime import timedelta
from time import time

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject

from bookstore.core.middleware import Answer

SEEN_AT = "seen_at"
OFTEN_ENOUGH = timedelta(minutes=10).total_seconds()


class NoteUse:
    """Note now and then when and from where a browser's session is used, for the page that lists them."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_used(request) and time() - request.session.get(SEEN_AT, 0) > OFTEN_ENOUGH:
            request.session[SEEN_AT] = int(time())
            with suppress(IntegrityError):  # of an account that was closed meanwhile
                UserSession.objects.create_from_request(request)
        return response


def is_used(request: HttpRequest) -> bool:
    """Tell whether the session said who is asking; neither session nor user is read for that."""
    if not request.session.accessed:
        return False
    user = getattr(request, "_cached_user", None) if isinstance(request.user, LazyObject) else request.user
    return bool(user and user.is_authenticated) and request.session.get(SESSION_KEY) == str(user.pk)
