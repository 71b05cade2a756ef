"""The home page: a window, and shelves to stroll along."""

from collections.abc import Iterable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Book, Genre, StaffPick

IN_THE_WINDOW = 4
ON_A_SHELF = 6
IN_FRONT = IN_THE_WINDOW + ON_A_SHELF
PICKS = 6
GENRE_SHELVES = 3
WELL_KNOWN = 300  # books among which the genres' shelves are filled; a shop of any size is asked for no more
LATELY = timedelta(days=30)

Tree = list[tuple[int, Genre]]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    books = Book.objects.public().defer("description")
    newest = books.order_by("-created_at", "pk")
    tree = Genre.objects.in_tree_order()
    known = list(books.in_stock().order_by("-popularity", "pk").values_list("pk", "genre_id")[:WELL_KNOWN])
    popular, others = [pk for pk, _genre in known[:IN_FRONT]], known[IN_FRONT:]
    by_genre = genre_shelves(tree, others)
    found = Book.objects.defer("description").in_bulk([*popular, *(pk for _genre, pks in by_genre for pk in pks)])
    context = {
        "window": [found[pk] for pk in popular[:IN_THE_WINDOW]],
        "popular": [found[pk] for pk in popular[IN_THE_WINDOW:]],
        "picks": StaffPick.objects.shown().select_related("book").defer("book__description")[:PICKS],
        # An import may bring thousands of books before anyone offers them.
        "arrivals": list(newest.exclude(price=None)[:ON_A_SHELF]) or list(newest[:ON_A_SHELF]),
        "returned": books.back_in_stock(timezone.now() - LATELY)[:ON_A_SHELF],
        "genre_shelves": [(genre, [found[pk] for pk in pks]) for genre, pks in by_genre],
        "genres": genres_by_root(tree),
    }
    return render(request, "web/home.html", context)


def genres_by_root(tree: Tree) -> list[tuple[Genre, list[Genre]]]:
    """Return the genres at the top of the tree, each with those right below it."""
    roots: list[tuple[Genre, list[Genre]]] = []
    for depth, genre in tree:
        if depth == 0:
            roots.append((genre, []))
        elif depth == 1:
            roots[-1][1].append(genre)
    return roots


def genre_shelves(tree: Tree, known: Iterable[tuple[int, int | None]]) -> list[tuple[Genre, list[int]]]:
    """Return the genres at the top that fill a shelf, with ids of books; `known` are ids with that of the genre."""
    top: dict[int | None, Genre] = {}
    for _depth, genre in tree:
        top[genre.pk] = top.get(genre.parent_id, genre)
    shelves: dict[Genre, list[int]] = {}
    for pk, genre_id in known:
        if genre_id in top:
            shelves.setdefault(top[genre_id], []).append(pk)
    return [(genre, pks[:ON_A_SHELF]) for genre, pks in shelves.items() if len(pks) >= ON_A_SHELF][:GENRE_SHELVES]
