from pathlib import PurePosixPath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

from bookstore.web.markup import as_html
from bookstore.web.models import ShopPage
from catalog.covers.pictures import KEPT


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    shown = get_object_or_404(ShopPage.objects.shown(), slug=slug)
    return render(request, "web/page.html", {"page": shown, "text": as_html(shown.text)})


# Of our own, as machines differ in what they know; browsers guess nothing that we do not say.
PICTURES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve uploaded pictures, and nothing else; a web server in front may do it instead."""
    kind = PICTURES.get(PurePosixPath(path).suffix)
    if kind is None:
        raise Http404
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response.headers["Content-Type"] = kind
    # A name that is of the content never means another picture.
    forever = {"max_age": 31_536_000, "immutable": True} if KEPT.fullmatch(path) else {"max_age": 86_400}
    patch_cache_control(response, public=True, **forever)
    return response
