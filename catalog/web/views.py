from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog.covers import cover_key, draw_cover
from catalog.filters import BookFilter
from catalog.language import language_name
from catalog.models import Book, Contribution, Contributor, Format, Genre, Offer, Role, Seller
from catalog.prices import format_price
from catalog.search.facets import count_facets, price_bands
from catalog.search.finding import find
from catalog.text import fold
from catalog.web.directory import directory
from catalog.web.listing import listing, query_of
from catalog.web.neighbours import in_series, more_by_author
from catalog.web.seen import note_seen

CREDITS = {
    Role.AUTHOR: _("by"),
    Role.EDITOR: _("edited by"),
    Role.TRANSLATOR: _("translated by"),
    Role.ILLUSTRATOR: _("illustrated by"),
    Role.NARRATOR: _("read by"),
}

# What the filter offers until those that there are have been counted; others can be asked for in the address.
LANGUAGES = frozenset("ar cs da de el en es fa fi fr he hi hu it ja ko la nl no pl pt ru sv tr uk zh".split())


@require_safe
def books(request: HttpRequest) -> HttpResponse:
    if "" in request.GET.values():
        return redirect(address_without_blanks(request))
    context = {
        **listing(request.GET),
        "genres": [(genre, "\N{EM SPACE}" * depth) for depth, genre in Genre.objects.in_tree_order()],
        "sellers": Seller.objects.all(),
        "price_bands": list(price_links(request.GET)),
        "searches_here": True,
    }
    chosen = context["chosen"]
    context["languages"] = with_counts(language_choices(LANGUAGES, chosen.get("language")), {})
    if "q" in chosen and not context["page"].items:
        context["popular"] = Book.objects.public().in_stock().defer("description").order_by("-popularity", "pk")[:6]
        context["meant"] = meant_by(chosen["q"]) if "literal" in chosen else None
    return render(request, "catalog/books.html", context)


def price_links(params: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield what each band of prices says, and the query of the same list within it."""
    for low, high in price_bands():
        if low is None:
            words = _("Up to %(high)s")
        elif high is None:
            words = _("From %(low)s")
        else:
            words = _("%(low)s to %(high)s")
        ends = {"min_price": low, "max_price": high}
        shown = {"low": low and format_price(low), "high": high and format_price(high)}
        yield words % shown, query_of(params, **{name: end and str(end) for name, end in ends.items()})


def meant_by(question: str) -> str | None:
    """Return the words that a question is misspelt for, as far as some book has them."""
    matched = find(question).matched
    return matched.phrase if matched and matched.by == "spelling" else None


@require_safe
def facets(request: HttpRequest) -> HttpResponse:
    """Answer with a part of the list's page that comes after it: the counts beside the filters."""
    chosen = BookFilter(request.GET.dict())
    counts = count_facets(chosen)
    language = chosen.form.cleaned_data.get("language")
    context = {
        "facets": counts,
        "genres": with_counts(genre_choices(), {row.id: row.count for row in counts.genres}),
        "sellers": with_counts(Seller.objects.values_list("pk", "name"), {row.id: row.count for row in counts.sellers}),
        "formats": with_counts(Format.choices, {row.value: row.count for row in counts.formats}),
        "languages": with_counts(
            language_choices([row.value for row in counts.languages], language),
            {row.value: row.count for row in counts.languages},
        ),
        "language": language,
    }
    return render(request, "catalog/facets.html", context)


def genre_choices() -> list[tuple[int, str]]:
    """Return the genres to choose from, those below others indented."""
    return [(genre.pk, "\N{EM SPACE}" * depth + genre.name) for depth, genre in Genre.objects.in_tree_order()]


def with_counts(choices: Iterable[tuple[Any, Any]], counts: Mapping[Any, int]) -> list[tuple[Any, Any, int]]:
    return [(value, words, counts.get(value, 0)) for value, words in choices]


def language_choices(tags: Iterable[str], chosen: str | None) -> list[tuple[str, str]]:
    """Return the languages to choose from, by name; the chosen one is always among them."""
    shown = {*tags, chosen} if chosen else set(tags)
    return sorted(((tag, language_name(tag)) for tag in shown), key=lambda choice: fold(choice[1]))


def address_without_blanks(request: HttpRequest) -> str:
    """Return the address of the same list without what a form sends for fields left empty."""
    params = request.GET.copy()
    for name, values in request.GET.lists():
        if "" in values:
            del params[name]
    return f"{request.path}?{params.urlencode()}" if params else request.path


@require_safe
def book(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    book = get_object_or_404(Book.objects.public().select_related("genre", "series"), pk=pk)
    if slug != book.slug:
        return redirect(book, permanent=True)
    contributions = list(book.contributions.select_related("contributor"))
    offers = list(Offer.objects.shown().filter(book=book).best_first().select_related("seller"))
    context = {
        "book": book,
        "contributions": contributions,
        "credits": list(credits(contributions)),
        "offers": offers,
        "line": Genre.objects.line_to(book.genre_id) if book.genre_id else [],
        "series": in_series(book),
        "more": more_by_author(book, contributions),
    }
    response = render(request, "catalog/book.html", context)
    note_seen(request, response, book)
    return response


def credits(contributions: Iterable[Contribution]) -> Iterable[tuple[Any, list[Contributor]]]:
    """Yield each kind of contribution a book has, with who made it."""
    for role, words in CREDITS.items():
        people = [contribution.contributor for contribution in contributions if contribution.role == role]
        if people:
            yield words, people


@require_safe
def author(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    author = get_object_or_404(Contributor, pk=pk)
    if slug != author.slug:
        return redirect(author, permanent=True)
    context = {"author": author, **listing(request.GET, Book.objects.public().with_contributor(author))}
    return render(request, "catalog/author.html", context)


@require_safe
def genres(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/genres.html", {"places": directory()})


@require_safe
def genre(request: HttpRequest, slug: str) -> HttpResponse:
    genre = get_object_or_404(Genre, slug=slug)
    context = {
        "genre": genre,
        "line": Genre.objects.line_to(genre.parent_id),
        "children": genre.children.all(),
        **listing(request.GET, Book.objects.public().in_genre(genre)),
    }
    return render(request, "catalog/genre.html", context)


@require_safe
def seller(request: HttpRequest, slug: str) -> HttpResponse:
    seller = get_object_or_404(Seller, slug=slug)
    context = {"seller": seller, **listing(request.GET, seller=slug)}
    return render(request, "catalog/seller.html", context)


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def cover(request: HttpRequest, pk: int, version: str) -> HttpResponse:
    # Also of archived books: carts and orders still show them, and whoever knows the version has seen the cover.
    book = get_object_or_404(Book.objects.only("title", "byline"), pk=pk)
    if version != cover_key(book.title, book.byline):
        raise Http404
    return HttpResponse(draw_cover(book.title, book.byline), content_type="image/svg+xml")
