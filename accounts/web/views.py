"""The pages of an account that are the shop's own."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.models import Address
from accounts.web.forms import AddressForm, CloseAccountForm, ProfileForm
from accounts.web.places import places_of
from bookstore.core.languages import keep_language
from bookstore.core.middleware import back

require_form = require_http_methods(["GET", "HEAD", "POST"])


def posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


@csrf_exempt
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """
    Speak another language in this browser from now on, and write to whoever is signed in in it.

    The switch is on every page, and a token in it would give every reader a cookie. What another site can bring
    about without one is a page in another language: it cannot send the session's cookie along.
    """
    chosen = request.POST.get("language", "")
    services.check_language(chosen)
    if request.user.is_authenticated:
        services.choose_language(request.user, chosen)
    response = back(request)
    keep_language(response, chosen)
    return response


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    emails = list(EmailAddress.objects.filter(user=user))
    context = {
        "is_confirmed": any(one.verified for one in emails if one.email == user.email),
        "pending": next((one.email for one in emails if one.email != user.email), None),
        "has_second_factor": services.has_second_factor(user),
        "connected": list(SocialAccount.objects.filter(user=user)),
        "providers": get_adapter().list_providers(request),
        "places": len(places_of(request)),
        "addresses": Address.objects.filter(user=user).count(),
    }
    return render(request, "accounts/overview.html", context)


@require_form
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ProfileForm(posted(request), initial={"full_name": user.full_name})
    if form.is_valid():
        user.full_name = form.cleaned_data["full_name"]
        user.save(update_fields=["full_name"])
        messages.success(request, _("Your name is saved."))
        return redirect("accounts:overview")
    return render(request, "accounts/profile.html", {"form": form})


@require_safe
@login_required
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Let who has neither password nor second factor prove themselves by the account that they came by."""
    connected = set(SocialAccount.objects.filter(user=request.user).values_list("provider", flat=True))
    providers = [one for one in get_adapter().list_providers(request) if one.sub_id in connected]
    return render(request, "accounts/sign_in_again.html", {"providers": providers})


# Addresses


@require_safe
@login_required
def addresses(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/addresses.html", {"addresses": Address.objects.of(request.user)})


@require_form
@login_required
def new_address(request: HttpRequest) -> HttpResponse:
    form = AddressForm(posted(request), initial={"full_name": request.user.full_name})
    if form.is_valid():
        services.add_address(request.user, **form.cleaned_data)
        messages.success(request, _("The address is in your book."))
        return redirect("accounts:addresses")
    return render(request, "accounts/address.html", {"form": form})


@require_form
@login_required
def address(request: HttpRequest, pk: int) -> HttpResponse:
    kept = get_object_or_404(Address, user=request.user, pk=pk)
    form = AddressForm(posted(request), instance=kept)
    if form.is_valid():
        services.change_address(request.user, pk, **form.cleaned_data)
        messages.success(request, _("The address is changed."))
        return redirect("accounts:addresses")
    return render(request, "accounts/address.html", {"form": form, "address": kept})


@require_POST
@login_required
def default_address(request: HttpRequest, pk: int) -> HttpResponse:
    services.make_default_address(request.user, pk)
    return redirect("accounts:addresses")


@require_POST
@login_required
def delete_address(request: HttpRequest, pk: int) -> HttpResponse:
    services.delete_address(request.user, pk)
    messages.success(request, _("The address is deleted."))
    return redirect("accounts:addresses")


# Sessions


@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/sessions.html", {"places": places_of(request)})


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    try:
        if client := request.POST.get("client"):
            services.end_session(user, UUID(client))
        else:
            services.end_browser(user, int(request.POST.get("browser", "")))
    except ValueError as error:
        raise Http404 from error
    messages.success(request, _("It is signed out."))
    return redirect("accounts:sessions")


@require_POST
@login_required
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere; with `but_here` this browser stays."""
    user: Any = request.user
    with transaction.atomic():
        services.end_all_sessions(user)
        if "but_here" in request.POST:
            services.keep_browser_session(user, request)
    if "but_here" in request.POST:
        messages.success(request, _("You are signed out everywhere else."))
        return redirect("accounts:sessions")
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("web:home")


# Leaving


@require_safe
@login_required
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/data.html")


@require_safe
@login_required
@reauthentication_required
def download(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    return JsonResponse(
        services.personal_data(user),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@require_form
@login_required
@reauthentication_required
def close(request: HttpRequest) -> HttpResponse:
    form = CloseAccountForm(request.user, posted(request))
    if form.is_valid():
        services.close_account(request.user)
        logout(request)
        messages.success(request, _("Your account is deleted. Thank you for having been here."))
        return redirect("web:home")
    return render(request, "accounts/close.html", {"form": form})
