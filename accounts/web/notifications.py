"""The pages of what the shop tells its users, and the number beside the bell."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.bell import user_id_in
from accounts.exceptions import UnsubscribeRefused
from accounts.models import Notification
from accounts.web.forms import PreferencesForm
from bookstore.core import problems
from bookstore.core.errors import Invalid
from bookstore.core.pagination import Sort, paginate

require_form = require_http_methods(["GET", "HEAD", "POST"])

PAGE_SIZE = 20


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    mine = Notification.objects.of(request.user)
    params = {"page": request.GET.get("page", "1"), "size": str(PAGE_SIZE)}
    try:
        page = paginate(mine, params, sort=Sort("id", descending=True))
    except Invalid as error:
        raise Http404 from error
    if page.page > page.last_page:
        raise Http404
    newest = mine.order_by("-pk").values_list("pk", flat=True).first()
    return render(request, "accounts/notifications.html", {"page": page, "newest": newest})


@require_safe
@login_required
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to what a notice is about; who goes there has read it."""
    return redirect(services.read_notice(request.user, pk).url)


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read that the page showed or could have shown, and nothing that came after it."""
    try:
        newest = int(request.POST.get("newest", ""))
    except ValueError as error:
        raise Invalid from error
    services.read_all_notices(request.user, up_to=newest)
    return redirect("notifications:list")


@require_form
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PreferencesForm(services.preferences_of(user), request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.set_preferences(user, form.wanted)
        messages.success(request, _("Your choice is saved."))
        return redirect("notifications:preferences")
    return render(request, "accounts/notification_preferences.html", {"form": form})


@require_safe
def unread(request: HttpRequest) -> HttpResponseBase:
    """
    Answer how many are unread, in one query, or that it is the same number still.

    Who asks is signed in the address: neither session nor user is read, nor does a page that lies open count as use.
    """
    user_id = user_id_in(request.GET.get("of", ""))
    if user_id is None:
        return HttpResponse(status=204)
    number = services.count_unread(user_id)
    response = HttpResponse(render_to_string("accounts/notifications_unread.html", {"unread": number}))
    response.headers["Cache-Control"] = "private, no-cache"
    set_response_etag(response)
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response


@csrf_exempt
@require_form
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """
    Send no more mails of one kind: a mail program posts by itself, a person sees a button first.

    Source: RFC 8058: no cookies, so no CSRF token (the signed one says it all), and no redirects.
    """
    is_done = request.method == "POST"
    try:
        kind = services.unsubscribe(token) if is_done else services.read_unsubscribe_token(token)[1]
    except UnsubscribeRefused as error:
        return problems.answer(request, problems.problem_of(error))
    return render(request, "accounts/notifications_unsubscribe.html", {"kind": kind, "is_done": is_done})
