"""allauth's pages, held to the shop's rules: tries are counted, and what a service refuses is said beside its field."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from allauth.account import views as account
from allauth.account.mixins import AjaxCapableProcessFormViewMixin
from allauth.socialaccount.models import SocialApp
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from accounts import services
from accounts.models import User
from bookstore.core.errors import Conflict, Invalid
from bookstore.core.rate_limits import forgive, spend

# Where a form says what a service refuses, by the refusal's code or by what the service calls the field.
PLACES = {"AUTH_EMAIL_CONFLICT": "email", "password": "password1", "new_password": "password1"}


class ShowsPassword:
    """Without JavaScript the button beside a password comes here: the same form again, with what was typed."""

    get_form: Callable[[], forms.Form]
    get_context_data: Callable[..., dict[str, Any]]
    render_to_response: Callable[..., HttpResponse]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not {"show", "hide"} & request.POST.keys():
            return super().post(request, *args, **kwargs)  # type: ignore[misc]
        form = self.get_form()
        form.is_bound, form.initial = False, request.POST.dict()
        for field in form.fields.values():
            if isinstance(field.widget, forms.PasswordInput):
                field.widget.render_value = True
                field.widget.input_type = "text" if "show" in request.POST else "password"
        return self.render_to_response(self.get_context_data(form=form))


class Counts:
    """Each post is a try of `rule`, for who is signed in or for the e-mail that was typed."""

    rule: ClassVar[str]
    by_email: ClassVar[bool] = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        spend(self.rule, request, email_of(request) if self.by_email else str(request.user.pk or ""))
        return super().post(request, *args, **kwargs)  # type: ignore[misc]


class Acts:
    """A form whose saving is an act: it happens with its mails or not at all; what refuses it is said in the form."""

    form_invalid: Callable[[forms.Form], HttpResponse]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)  # type: ignore[misc]
        except (Conflict, Invalid) as error:
            for name, sentence in (error.fields or {error.code: error.message}).items():
                place = PLACES.get(name, name)
                form.add_error(place if place in form.fields else None, str(sentence))
            return self.form_invalid(form)


def if_offered(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 where the shop is no client of this provider."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    return guarded


def email_of(request: HttpRequest) -> str:
    return User.objects.normalize_email(request.POST.get("email"))


# Coming in


class SignIn(ShowsPassword, account.LoginView):
    pass


class SignUp(ShowsPassword, Counts, Acts, account.SignupView):
    rule = "register"
    by_email = True

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)
        if not form.errors:
            messages.success(self.request, _("Welcome! We have sent you a link to confirm your e-mail; it can wait."))
        return response


class AskForReset(Counts, Acts, account.PasswordResetView):
    rule = "password_reset"
    by_email = True


class ResetPassword(ShowsPassword, Counts, Acts, account.PasswordResetFromKeyView):
    rule = "password_reset_confirm"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        # The new password ends all sessions, perhaps this browser's too, and Django fails on writing to an ended one.
        logout(self.request)
        return super().form_valid(form)


class ConfirmEmail(account.ConfirmEmailView):
    def logout_other_user(self, confirmation: Any) -> None:
        """Leave whoever is signed in: a mailbox is proven, nobody comes in, and a link should sign nobody out."""


# Being in


class Reauthenticate(ShowsPassword, account.ReauthenticateView):
    pass


class ChangePassword(ShowsPassword, Counts, Acts, account.PasswordChangeView):
    rule = "password_change"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)
        if not form.errors:
            forgive(self.rule, self.request, str(self.request.user.pk))
        return response


class SetPassword(Counts, Acts, account.PasswordResetView):
    """A first password for who came by Google or GitHub, through their mailbox: no thief of a session can set one."""

    rule = "password_reset"
    template_name = "account/password_set.html"
    success_url = reverse_lazy("accounts:overview")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.has_usable_password():
            return redirect("account_change_password")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"data": {"email": self.request.user.email}}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        messages.info(self.request, _("A link to choose a password is on its way to %s.") % self.request.user.email)
        return super().form_valid(form)


class ChangeEmail(Acts, account.EmailView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "withdraw" in request.POST:
            services.withdraw_email(request.user)
            return redirect("account_email")
        spend("confirmation", request, str(request.user.pk))
        if "again" in request.POST:
            services.ask_to_confirm(request.user, email_of(request))
            messages.info(request, _("The link is on its way."))
            return redirect("account_email")
        # allauth's own takes acts upon several e-mails of an account, of which there is one here.
        return AjaxCapableProcessFormViewMixin.post(self, request, *args, **kwargs)
