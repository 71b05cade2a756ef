from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

from catalog.models import Book, Genre

IN_THE_WINDOW = 4
ON_A_SHELF = 6

ROBOTS = """\
User-agent: *
Disallow: /accounts/
Disallow: /admin/
Disallow: /api/
"""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    books = Book.objects.public().defer("description")
    newest = books.order_by("-created_at", "pk")
    popular = list(books.in_stock().order_by("-popularity", "pk")[: IN_THE_WINDOW + ON_A_SHELF])
    context = {
        "window": popular[:IN_THE_WINDOW],
        "popular": popular[IN_THE_WINDOW:],
        # An import may bring thousands of books before anyone offers them.
        "arrivals": list(newest.exclude(price=None)[:ON_A_SHELF]) or list(newest[:ON_A_SHELF]),
        "genres": genres_by_root(),
    }
    return render(request, "web/home.html", context)


def genres_by_root() -> list[tuple[Genre, list[Genre]]]:
    """Return the genres at the top of the tree, each with those right below it."""
    roots: list[tuple[Genre, list[Genre]]] = []
    for depth, genre in Genre.objects.in_tree_order():
        if depth == 0:
            roots.append((genre, []))
        elif depth == 1:
            roots[-1][1].append(genre)
    return roots


@require_safe
@cache_control(public=True, max_age=86400)
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve uploaded pictures; a web server in front may do it instead."""
    return serve(request, path, document_root=settings.MEDIA_ROOT)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type="text/plain")
