from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

from bookstore.web.markup import as_html
from bookstore.web.models import ShopPage


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    shown = get_object_or_404(ShopPage.objects.shown(), slug=slug)
    return render(request, "web/page.html", {"page": shown, "text": as_html(shown.text)})


@require_safe
@cache_control(public=True, max_age=86400)
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve uploaded pictures; a web server in front may do it instead."""
    return serve(request, path, document_root=settings.MEDIA_ROOT)
