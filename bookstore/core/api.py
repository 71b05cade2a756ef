"""What the API's views share."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework.response import Response
from rest_framework.views import APIView

# For views whose answers are somebody's own: nobody keeps them.
private = method_decorator(cache_control(private=True, no_store=True), name="dispatch")


class PublicRead(APIView):
    """
    Let what anyone may read be kept and asked for again: an ETag, and 304 for a copy that still holds.

    The same address may show staff more, so answers vary by who asks.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if request.method not in {"GET", "HEAD"} or response.status_code != 200 or not isinstance(response, Response):
            return response
        set_response_etag(response.render())
        response.headers["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
