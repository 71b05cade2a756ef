"""What the account's pages ask for. allauth's forms keep their names of fields, and lose what the shop does not ask."""

from collections.abc import Mapping
from typing import Any

from allauth.account import forms as account
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.exceptions import WrongCode
from accounts.models import OPTIONAL, Address, Channel, Kind, User
from bookstore.core.rate_limits import forgive, spend

NEW_PASSWORD = _("At least 10 characters. A few words that do not belong together are easy to keep in mind.")


def email_field() -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "username"})
    return forms.EmailField(label=_("E-mail"), max_length=User._meta.get_field("email").max_length, widget=widget)


def password_field(label: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label=label, strip=False, widget=widget)


def name_field() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "name"})
    return forms.CharField(label=_("Name"), max_length=200, required=False, widget=widget)


def code_field() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})
    return forms.CharField(label=_("Code"), max_length=20, widget=widget)


class NewPassword:
    """A new password is asked once: it can be read before it is sent."""

    fields: dict[str, forms.Field]
    new_password = _("New password")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        self.fields["password1"].label = self.new_password
        self.fields["password1"].help_text = NEW_PASSWORD


# Coming in


class SignInForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields = {"login": email_field(), "password": password_field(_("Password"))}


class SignUpForm(NewPassword, account.SignupForm):
    email = email_field()
    full_name = name_field()
    field_order = ("full_name", "email", "password1")
    new_password = _("Password")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")  # allauth has put its own word there

    def save(self, request: HttpRequest) -> User:
        typed = self.cleaned_data
        return services.register_user(typed["email"], typed["password1"], typed["full_name"])


class AskForResetForm(account.ResetPasswordForm):
    email = email_field()

    def clean_email(self) -> str:
        # allauth would look for the account here, by addresses that it once had, too.
        return self.cleaned_data["email"]

    def save(self, request: HttpRequest, **options: Any) -> str:
        email = self.cleaned_data["email"]
        services.ask_for_password_reset(email)
        return email


class ResetPasswordForm(NewPassword, account.ResetPasswordKeyForm):
    def save(self) -> None:
        services.reset_password(user_pk_to_url_str(self.user), self.temp_key, self.cleaned_data["password1"])


# Being in


class ReauthenticateForm(account.ReauthenticateForm):
    password = password_field(_("Password"))


class ChangePasswordForm(NewPassword, account.ChangePasswordForm):
    oldpassword = password_field(_("Current password"))


class SetPasswordForm(NewPassword, account.SetPasswordForm):
    pass


class ChangeEmailForm(account.AddEmailForm):
    email = email_field()

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.user.email:
            raise forms.ValidationError(_("This is your e-mail already."))
        return email

    def save(self, request: HttpRequest) -> Any:
        return services.ask_for_email(self.user, self.cleaned_data["email"])


class ProfileForm(forms.Form):
    full_name = name_field()


class AddressForm(forms.ModelForm):
    is_default = forms.BooleanField(label=_("Send books here"), required=False)

    class Meta:
        model = Address
        fields = ("full_name", "line1", "line2", "postal_code", "city", "region", "country", "phone", "is_default")
        widgets = {
            name: forms.TextInput(attrs={"autocomplete": word})
            for name, word in {
                "full_name": "name",
                "line1": "address-line1",
                "line2": "address-line2",
                "postal_code": "postal-code",
                "city": "address-level2",
                "region": "address-level1",
                "phone": "tel",
            }.items()
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["country"].widget.attrs["autocomplete"] = "country"
        if self.instance.is_default:
            del self.fields["is_default"]  # another one takes its place, or none


class CloseAccountForm(forms.Form):
    """Asks for the account's e-mail, so that nobody deletes an account by a slip of the hand."""

    email = forms.CharField(label=_("Your e-mail"), widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, user: User, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        if User.objects.normalize_email(self.cleaned_data["email"]) != self.user.email:
            raise forms.ValidationError(_("This is not the e-mail of this account. Nothing was deleted."))
        return self.cleaned_data["email"]


class PreferencesForm(forms.Form):
    """A tick for each kind of notice and each channel that can be switched off."""

    def __init__(self, wanted: Mapping[tuple[Kind, Channel], bool], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for choice, is_wanted in wanted.items():
            label = choice[1].label
            self.fields["-".join(choice)] = forms.BooleanField(label=label, required=False, initial=is_wanted)

    @property
    def rows(self) -> list[tuple[Kind, list[forms.BoundField]]]:
        """The kinds, each with a tick for every channel."""
        return [(kind, [self["-".join(choice)] for choice in OPTIONAL if choice[0] == kind]) for kind in Kind]

    @property
    def wanted(self) -> dict[tuple[Kind, Channel], bool]:
        return {choice: self.cleaned_data["-".join(choice)] for choice in OPTIONAL}


# The second factor


class SecondFactor:
    """A code of the app, or one of those written down, that is taken once; tries are counted for the account."""

    user: User
    rule: str

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        spend(self.rule, context.request, str(self.user.pk))
        try:
            self.authenticator = services.spend_code(self.user, code)
        except WrongCode as error:
            raise forms.ValidationError(error.message) from error
        forgive(self.rule, context.request, str(self.user.pk))
        return code


class CodeForm(SecondFactor, mfa.AuthenticateForm):
    code = code_field()
    rule = "second_factor"


class ReauthenticateByCodeForm(SecondFactor, mfa.ReauthenticateForm):
    code = code_field()
    rule = "reauthentication"


class ActivateForm(totp.ActivateTOTPForm):
    code = code_field()
