"""What a shopper waits for, and the ways in and out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from bookstore.core.errors import Invalid
from bookstore.core.middleware import back
from bookstore.core.pagination import Sort, paginate
from catalog.models import Book
from prebooking import services
from prebooking.exceptions import PrebookDuplicate
from prebooking.models import Prebook

PAGE_SIZE = 20

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """Send strangers to sign in, and from there to the book they wanted or to the list."""

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        wanted = request.path if "book_id" in kwargs else reverse("prebooking:prebooks")
        door = redirect_to_login(wanted)
        # htmx must be told: it would swap a redirect's page in.
        return HttpResponseClientRedirect(door.url) if request.headers.get("HX-Request") else door

    return asking


@require_safe
@signed_in
@cache_control(private=True, no_store=True)
def prebooks(request: HttpRequest) -> HttpResponse:
    rows = Prebook.objects.of(request.user).with_position().with_queue_length().select_related("book")
    wanted = {"page": request.GET.get("page", "1"), "size": str(PAGE_SIZE)}
    try:
        page = paginate(rows, wanted, sort=Sort("created_at", descending=True))
    except Invalid as error:
        raise Http404 from error
    if page.page > page.last_page:
        raise Http404
    return render(request, "prebooking/prebooks.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@cache_control(private=True, no_store=True)
def new(request: HttpRequest, book_id: int) -> HttpResponse:
    """Ask whoever comes from signing in; what the button of a book's page sends is an answer."""
    book = get_object_or_404(Book.objects.public(), pk=book_id)
    if request.method != "POST":
        return render(request, "prebooking/new.html", {"book": book, "line": [book]})
    try:
        services.create_prebook(request.user, book_id)
    except PrebookDuplicate:
        pass  # a second click: what was wanted is so
    if request.headers.get("HX-Request"):
        return render(request, "prebooking/part.html", {"book": book})
    messages.success(request, _("We will tell you when “%(title)s” is back.") % {"title": book.title})
    return redirect(book)


@require_POST
@signed_in
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    prebook = services.cancel_prebook(request.user, pk)
    if request.headers.get("HX-Request"):
        return render(request, "prebooking/part.html", {"book": prebook.book})
    messages.success(request, _("You wait no longer for “%(title)s”.") % {"title": prebook.book.title})
    return back(request)
