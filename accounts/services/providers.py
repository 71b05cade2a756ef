"""What signing in by Google or GitHub leads to: one rule, for pages and for the API."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.exceptions import InvalidCredentials, NotByItself, OAuthEmailUnverified, OAuthNoEmail
from accounts.models import User
from accounts.services.sessions import end_all_sessions
from bookstore.core.mail import post_mail


@transaction.atomic
def user_for(login: SocialLogin) -> User:
    """
    Return the account that a provider's sign-in leads to: the one connected with it, else the one with its e-mail,
    which gets connected, else a new one without a password.

    The provider must have verified the e-mail. An account whose own e-mail was never confirmed may have been made by
    somebody else, who waits for its owner: all that they could come back by dies with the linking. One of the staff
    is then not linked at all.
    Locks: the user. Raises: OAuthEmailUnverified, OAuthNoEmail, NotByItself; InvalidCredentials for a deactivated
    account.
    """
    user = _connected_with(login) or _joined_by_email(login)
    if not user.is_active:
        raise InvalidCredentials
    return user


def verified_email(login: SocialLogin) -> str:
    """Return the person's main e-mail at the provider. Raises: OAuthNoEmail, OAuthEmailUnverified."""
    if not login.email_addresses:
        raise OAuthNoEmail
    for address in login.email_addresses:
        # `is True`, as a provider may write "false".
        if address.primary and address.verified is True:
            return User.objects.normalize_email(address.email)
    raise OAuthEmailUnverified


def _connected_with(login: SocialLogin) -> User | None:
    accounts = SocialAccount.objects.filter(provider=login.account.provider, uid=login.account.uid)
    account = accounts.select_related("user").first()
    return account.user if account else None


def _joined_by_email(login: SocialLogin) -> User:
    email = verified_email(login)
    same = User.objects.filter(email=email)
    made = None if same.exists() else _made(email, login)
    user = made or same.locked().get()
    if connected := _connected_with(login):  # a parallel sign-in was quicker
        return connected
    if made is None:
        _open_to_its_owner(user)
        notice = {"provider": login.provider.name, "timestamp": timezone.now()}
        post_mail(email, "socialaccount/email/account_connected", notice, language=user.language)
    login.account.user = user
    login.account.save()
    return user


def _made(email: str, login: SocialLogin) -> User | None:
    """Make an account, unless somebody is quicker and there is one with this e-mail."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, full_name=login.user.full_name if login.user else "")
    except IntegrityError:
        return None
    _confirm(user)
    return user


def _open_to_its_owner(user: User) -> None:
    """Let in who has just proven that the account's e-mail is theirs, and nobody who has not."""
    if not user.is_active:
        raise InvalidCredentials
    if EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        return
    if user.is_staff or user.is_superuser or user.is_service:
        raise NotByItself
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    end_all_sessions(user)
    _confirm(user)


def _confirm(user: User) -> None:
    """Note that the e-mail is proven to be this account's; nobody else's note of it stands, nor of another one here."""
    EmailAddress.objects.filter(Q(user=user) | Q(email=user.email)).delete()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
