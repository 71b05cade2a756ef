"""What robots may fetch, and how the shop looks among a telephone's apps."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from bookstore.web.seo.addresses import LOGO, absolute

# What leads nowhere without an account, or holds no page. Pages that are only to stay out of search engines are
# not named: they say so themselves, and a robot has to fetch them to read it.
# Source: https://developers.google.com/search/docs/crawling-indexing/block-indexing
ROBOTS = """\
User-agent: *
Disallow: /accounts/
Disallow: /admin/
Disallow: /api/
Disallow: /books/facets/
Disallow: /checkout/
Disallow: /notifications/
Disallow: /orders/
Disallow: /prebooks/

Sitemap: {sitemap}
"""


@require_safe
@cache_control(public=True, max_age=86400)
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        ROBOTS.format(sitemap=absolute(reverse("web:sitemap"))), content_type="text/plain; charset=utf-8"
    )


@require_safe
@cache_control(public=True, max_age=86400)
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the icon from where browsers look for it by themselves, beside what is no page of ours."""
    return HttpResponseRedirect(static("icons/favicon.svg"))


@require_safe
@cache_control(public=True, max_age=86400)
def manifest(request: HttpRequest) -> JsonResponse:
    """Say how the shop is put on a home screen. Source: https://www.w3.org/TR/appmanifest/"""
    home = reverse("web:home")
    icons = [
        {"src": static("icons/favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("icons/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
        {"src": static(LOGO), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
    ]
    app = {
        "id": home,
        "name": settings.STORE_NAME,
        "start_url": home,
        "display": "minimal-ui",
        "background_color": "#faf8f2",  # --paper and --accent of static/css/shop.css
        "theme_color": "#1d5c44",
        "icons": icons,
    }
    return JsonResponse(app, content_type="application/manifest+json")
