"""The one e-mail of an account, and how another takes its place: it counts once its mailbox is proven."""

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import EmailTaken
from accounts.models import User
from bookstore.core.errors import Invalid
from bookstore.core.mail import post_mail

LONGEST_EMAIL = 254


def check_email(email: str) -> None:
    """Raise Invalid for what is no e-mail address, or none that mail servers everywhere know to deliver to."""
    try:
        validate_email(email)
        if not email.isascii() or len(email) > LONGEST_EMAIL:
            raise ValidationError("")
    except ValidationError as error:
        raise Invalid(fields={"email": _("This is not an e-mail address that the shop can write to.")}) from error


def send_confirmation(address: EmailAddress, *, is_new_account: bool = False) -> None:
    """Mail a link by which its reader confirms that the mailbox is theirs."""
    path = reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])
    template = "account/email/email_confirmation" + ("_signup" if is_new_account else "")
    post_mail(address.email, template, {"activate_url": settings.SITE_URL + path}, language=address.user.language)


def is_confirmed(user: User) -> bool:
    """Tell whether the mailbox of the account's e-mail is proven."""
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


@transaction.atomic
def ask_for_email(user: User, email: str) -> EmailAddress:
    """
    Note the e-mail that an account shall have once it is confirmed, instead of one noted before.

    Until then the old one is the account's, so that a slip of the pen locks nobody out.
    Locks: the user. Raises: EmailTaken; Invalid for what is no e-mail.
    """
    user = User.objects.filter(pk=user.pk).locked().get()
    email = User.objects.normalize_email(email)
    check_email(email)
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    withdraw_email(user)
    address = EmailAddress.objects.create(user=user, email=email)
    send_confirmation(address)
    return address


def withdraw_email(user: User) -> None:
    """Forget the e-mail that the account was to have."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()


@transaction.atomic
def ask_to_confirm(user: User, email: str) -> None:
    """
    Send the link again to the e-mail that the account has or shall have, unless it is confirmed.

    Raises: Invalid for what is no e-mail.
    """
    check_email(email)
    if email == user.email:
        # An account that staff or a command made has no row yet.
        EmailAddress.objects.get_or_create(user=user, email=email, defaults={"primary": True})
    for address in EmailAddress.objects.filter(user=user, email=email, verified=False):
        send_confirmation(address)


@transaction.atomic
def confirm_email(address: EmailAddress) -> None:
    """
    Make a proven e-mail the account's, and tell the mailbox that it was before.

    Locks: the user. Raises: EmailTaken where it has become another account's meanwhile, or is no longer wanted.
    """
    user = User.objects.filter(pk=address.user_id).locked().get()
    mine = EmailAddress.objects.filter(user=user)
    if not mine.filter(pk=address.pk).exists():
        raise EmailTaken
    old, user.email = user.email, address.email
    mine.exclude(pk=address.pk).delete()
    try:
        with transaction.atomic():
            mine.update(verified=True, primary=True)
            user.save(update_fields=["email"])
    except IntegrityError as error:
        raise EmailTaken from error
    if old != user.email:
        change = {"from_email": old, "to_email": user.email, "timestamp": timezone.now()}
        post_mail(old, "account/email/email_changed", change, language=user.language)
