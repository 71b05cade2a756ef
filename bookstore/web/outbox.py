"""The outbox page: mails of a shop that sends none, for whoever runs it on their own machine."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookstore.core.health import is_from_this_machine
from bookstore.core.models import Mail

NEWEST = 100

View = Callable[..., HttpResponse]


def local_only(view: View) -> View:
    """Let a page exist only where mails go to the outbox, and only for readers on the machine itself."""

    @require_safe
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (settings.OUTBOX and is_from_this_machine(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@local_only
def outbox(request: HttpRequest) -> HttpResponse:
    # Those without a text were sent before the shop ceased to send any.
    mails = Mail.objects.exclude(text="").defer("text", "html").order_by("-pk")[:NEWEST]
    return render(request, "web/outbox.html", {"mails": mails})


# A mail brings its looks with it, in style attributes; scripts, forms and pictures stay forbidden to it.
@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})
@local_only
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Mail.objects.exclude(text=""), pk=pk)
    # Links open beside the page: within the frame the shop's pages refuse to be shown.
    html = shown.html.replace("<head>", '<head><base target="_blank">', 1)
    return render(request, "web/mail.html", {"mail": shown, "html": html})
