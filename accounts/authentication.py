"""How the API knows its caller."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

SAFE_SITES = {"", "same-origin", "none"}


class BrowserSession(SessionAuthentication):
    """
    The session that the pages use.

    A browser sends its cookie along with whatever any site makes it send, so a change needs the CSRF token
    and must not come from another site.
    Source: Fetch Metadata Request Headers, https://www.w3.org/TR/fetch-metadata/
    """

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def enforce_csrf(self, request: Any) -> None:
        if request.method not in {"GET", "HEAD", "OPTIONS"} and (
            request.headers.get("Sec-Fetch-Site", "") not in SAFE_SITES
        ):
            raise PermissionDenied(_("This request came from another site."))
        super().enforce_csrf(request)
