"""Acts on accounts: making them, and who is let in at all."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import EmailTaken, UserNotFound
from accounts.models import User
from accounts.services.emails import check_email, send_confirmation
from accounts.services.passwords import check_strength
from accounts.services.sessions import end_all_sessions
from bookstore.core.errors import Denied
from bookstore.core.trail import record


@transaction.atomic
def register_user(email: str, password: str, full_name: str = "") -> User:
    """
    Make an account, and mail a link to confirm its e-mail.

    Raises: EmailTaken, also where another registration with it was quicker; Invalid for what is no e-mail or too
    weak a password.
    """
    email = User.objects.normalize_email(email)
    check_email(email)
    user = User(email=email, full_name=full_name)
    check_strength(password, user, field="password")
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise EmailTaken from error
    send_confirmation(note_email(user), is_new_account=True)
    return user


@transaction.atomic
def note_email(user: User) -> EmailAddress:
    """Make the account's e-mail its only address, to be confirmed where it is a new one."""
    mine = EmailAddress.objects.filter(user=user)
    mine.exclude(email=user.email).delete()
    address, _is_new = mine.get_or_create(user=user, email=user.email, defaults={"primary": True})
    return address


@transaction.atomic
def deactivate_user(user_id: int, *, actor: User | None = None, reason: str = "") -> User:
    """
    Lock an account out and end all its sessions; one that is locked out stays so. The trail keeps the reason.

    Locks: the user. Raises: UserNotFound, Denied for staff, who first have to cease to be staff.
    """
    user = _locked(user_id)
    if user.is_staff or user.is_superuser:
        raise Denied(_("An account of the staff cannot be deactivated."))
    _switch(user, actor, reason, is_active=False)
    end_all_sessions(user)
    return user


@transaction.atomic
def reactivate_user(user_id: int, *, actor: User | None = None, reason: str = "") -> User:
    """Let an account in again; what it had open before stays ended. Locks: the user. Raises: UserNotFound."""
    user = _locked(user_id)
    _switch(user, actor, reason, is_active=True)
    return user


def _switch(user: User, actor: User | None, reason: str, *, is_active: bool) -> None:
    before = {"is_active": user.is_active}
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    record(user, actor, before=before, note=reason)


def _locked(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).locked().first()
    if user is None:
        raise UserNotFound
    return user
