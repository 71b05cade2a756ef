"""The wishlist's pages, and what the hearts of other pages send."""

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from bookstore.core.errors import DomainError, Invalid
from bookstore.core.middleware import back, page_before
from bookstore.core.pagination import Page, Sort, paginate
from catalog.exceptions import BookNotFound
from catalog.models import Book
from wishlist import services
from wishlist.models import SharedWishlist, Wish
from wishlist.receivers import PENDING
from wishlist.web.forms import HeartForm, ShareForm

PAGE_SIZE = 24
MOST_PENDING = 50

LATEST_FIRST = Sort("added_at", descending=True)
SORTS = {
    "": (gettext_lazy("Latest first"), LATEST_FIRST),
    "price": (gettext_lazy("Cheapest first"), Sort("book__price", nullable=True)),
    "-price": (gettext_lazy("Dearest first"), Sort("book__price", descending=True, nullable=True)),
}


@require_safe
@login_required
def wishlist(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    chosen = request.GET.get("sort", "")
    chosen = chosen if chosen in SORTS else ""
    shared = SharedWishlist.objects.filter(user=user).first()
    context = {
        "page": page_of(Wish.objects.of(user).with_terms(), request, SORTS[chosen][1]),
        "sort": chosen,
        "sorts": [(value, words) for value, (words, _sort) in SORTS.items()],
        "shared": shared,
        "link": shared and request.build_absolute_uri(shared.get_absolute_url()),
        **just_now(request),
    }
    return render(request, "wishlist/wishlist.html", context)


def page_of(wishes: QuerySet[Wish], request: HttpRequest, sort: Sort) -> Page:
    """Read the page of the list that the address asks for. Raises: Http404 for one that is not there."""
    try:
        page = paginate(wishes, {"page": request.GET.get("page", "1"), "size": str(PAGE_SIZE)}, sort=sort)
    except Invalid as error:
        raise Http404 from error
    if page.page > page.last_page:
        raise Http404
    return page


def just_now(request: HttpRequest) -> dict[str, Any]:
    """Return what was removed from the list just now, as far as it can be put back, or moved to the cart."""
    user: Any = request.user
    if token := request.GET.get("removed"):
        try:
            return {"removed": services.read_removal(user, token), "token": token}
        except DomainError:
            return {}
    moved = request.GET.get("moved", "")
    return {"moved": Book.objects.filter(pk=moved).first() if re.fullmatch(r"[0-9]{1,18}", moved) else None}


@require_POST
@login_required
def remove(request: HttpRequest, book_id: int) -> HttpResponse:
    user: Any = request.user
    token = services.removal_token(services.remove_wish(user, book_id))
    params = {"removed": token, "sort": request.POST.get("sort", "")}
    return redirect(f"{reverse('wishlist:list')}?{urlencode(params)}")


@require_POST
@login_required
def put_back(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    services.put_back_wish(user, request.POST.get("token", ""))
    return redirect("wishlist:list")


# Hearts


@require_POST
def heart(request: HttpRequest, book_id: int) -> HttpResponse:
    form = HeartForm(request.POST)
    if not form.is_valid():
        raise Invalid
    user: Any = request.user
    if not user.is_authenticated:
        return sign_in_first(request, book_id)
    is_wanted = form.cleaned_data["wanted"] == "on"
    services.keep_wish(user, book_id, is_wanted=is_wanted)
    if not request.headers.get("HX-Request"):
        return back(request)
    book = Book.objects.defer("description").filter(pk=book_id).first()
    if book is None:
        raise BookNotFound
    context = {"book": book, "is_wished": is_wanted, "has_words": form.cleaned_data["words"], "is_news": True}
    return render(request, "wishlist/heart.html", context)


def sign_in_first(request: HttpRequest, book_id: int) -> HttpResponse:
    """Remember the wish until the reader has signed in or up, and lead there and back again."""
    if not Book.objects.public().filter(pk=book_id).exists():
        raise BookNotFound
    pending = dict.fromkeys([*request.session.get(PENDING, []), book_id])
    request.session[PENDING] = list(pending)[-MOST_PENDING:]
    messages.info(request, _("Please sign in, or create an account; then the book is on your wishlist."))
    target = redirect_to_login(page_before(request)).url
    return HttpResponseClientRedirect(target) if request.headers.get("HX-Request") else redirect(target)


# Sharing


@require_POST
@login_required
def share(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ShareForm(request.POST)
    form.is_valid()
    services.share_wishlist(user, shows_name=form.cleaned_data["shows_name"])
    messages.success(request, _("Your wishlist is shared: whoever has the link sees it."))
    return redirect(f"{reverse('wishlist:list')}#share")


@require_POST
@login_required
def unshare(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    services.unshare_wishlist(user)
    messages.success(request, _("The link leads nowhere any more."))
    return redirect(f"{reverse('wishlist:list')}#share")


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    found = services.find_shared(token)
    wishes = Wish.objects.of(found.user).filter(book__archived_at=None).with_terms()
    context = {
        "name": found.user.full_name if found.shows_name else "",
        "page": page_of(wishes, request, LATEST_FIRST),
    }
    response = render(request, "wishlist/shared.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
