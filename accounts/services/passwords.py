"""Acts on passwords: telling whether one is right, changing it, and choosing a new one by a link in a mail."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import url_str_to_user_pk, user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import InvalidCredentials
from accounts.models import User
from accounts.services.emails import check_email
from accounts.services.sessions import end_all_sessions
from bookstore.core.errors import Invalid
from bookstore.core.mail import post_mail


def find_by_password(email: str, password: str) -> User:
    """
    Return the active user with this e-mail and password.

    One password is hashed whatever is wrong, so that the time tells no more than the answer.
    Raises: InvalidCredentials.
    """
    user = User.objects.filter(email=User.objects.normalize_email(email)).first()
    if user is None:
        User().set_password(password)
        raise InvalidCredentials
    if not user.check_password(password) or not user.is_active:
        raise InvalidCredentials
    return user


@transaction.atomic
def change_password(user: User, new_password: str) -> None:
    """
    Set a new password, which ends all sessions, and tell the account's mailbox.

    Raises: Invalid for too weak a one.
    """
    check_strength(new_password, user, field="new_password")
    user.set_password(new_password)
    user.save(update_fields=["password"])
    end_all_sessions(user)
    post_mail(user.email, "account/email/password_changed", {"timestamp": timezone.now()}, language=user.language)


def ask_for_password_reset(email: str) -> None:
    """
    Mail a link by which a new password can be chosen; who has no account is told that, by mail as well.

    Raises: Invalid for what is no e-mail.
    """
    email = User.objects.normalize_email(email)
    check_email(email)
    user = User.objects.filter(email=email, is_active=True, is_service=False).first()
    if user is None:
        sign_up = settings.SITE_URL + reverse("account_signup")
        post_mail(email, "account/email/unknown_account", {"signup_url": sign_up})
        return
    uid, token = user_pk_to_url_str(user), default_token_generator.make_token(user)
    link = settings.SITE_URL + reverse("account_reset_password_from_key", args=[uid, token])
    context = {"password_reset_url": link, "uid": uid, "key": token}
    post_mail(user.email, "account/email/password_reset_key", context, language=user.language)


@transaction.atomic
def reset_password(uid: str, token: str, new_password: str) -> User:
    """
    Set a new password by the link of a mail, which works once.

    Locks: the user. Raises: Invalid for a link that was used, is too old or none of ours, or too weak a password.
    """
    try:
        user = User.objects.filter(pk=url_str_to_user_pk(uid), is_active=True).locked().first()
    except (ValueError, ValidationError):
        user = None
    if user is None or not default_token_generator.check_token(user, token):
        raise Invalid(fields={"token": _("This link was used before, or is too old. Please ask for another.")})
    change_password(user, new_password)
    return user


def check_strength(password: str, user: User, *, field: str) -> None:
    """Refuse a password that is easily guessed, naming the field it came in. Raises: Invalid."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={field: " ".join(error.messages)}) from error
