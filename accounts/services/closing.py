"""What a person may take along, and what is left once they are gone."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

from accounts.models import Address, AuthSession, Notification, NotificationPreference, User
from accounts.services.sessions import end_all_sessions
from bookstore.core.errors import Denied
from bookstore.core.mail import post_mail
from bookstore.core.models import Mail
from bookstore.core.trail import forget

ABOUT = ("id", "email", "full_name", "language", "role", "created_at", "last_login")

# Sent with `user`; each receiver returns what its app knows of them as a dict of sections, ready for JSON.
personal_data_collected = Signal()

# Sent with `user` in the transaction that deletes them, for what a foreign key's on_delete cannot say.
account_closing = Signal()


def personal_data(user: User) -> dict[str, Any]:
    """
    Return all that the shop knows of a person, ready for JSON (times as datetimes).

    Secrets, such as the password's hash and keys of second factors, are none of it.
    Source: GDPR, articles 15 and 20.
    """
    kept: dict[str, tuple[QuerySet[Any], str]] = {
        "emails": (EmailAddress.objects.filter(user=user), "email verified primary"),
        "addresses": (
            Address.objects.of(user),
            "full_name line1 line2 postal_code city region country phone is_default",
        ),
        "connected_accounts": (
            SocialAccount.objects.filter(user=user),
            "provider uid date_joined last_login extra_data",
        ),
        "second_factors": (Authenticator.objects.filter(user=user), "type created_at last_used_at"),
        "browser_sessions": (UserSession.objects.filter(user=user), "created_at last_seen_at ip user_agent"),
        "api_sessions": (
            AuthSession.objects.filter(user=user),
            "created_at used_at expires_at revoked_at address user_agent",
        ),
        "mails": (Mail.objects.filter(to=user.email), "kind subject created_at sent_at"),
        "notifications": (Notification.objects.of(user), "kind title body url created_at read_at"),
        "notification_preferences": (
            NotificationPreference.objects.filter(user=user),
            "kind channel is_wanted",
        ),
    }
    about = {name: getattr(user, name) for name in ABOUT}
    data: dict[str, Any] = {"account": about} | {
        name: list(rows.values(*columns.split())) for name, (rows, columns) in kept.items()
    }
    answers: list[tuple[Any, Any]] = personal_data_collected.send(sender=User, user=user)
    for _receiver, sections in answers:
        data.update(sections)
    return data


@transaction.atomic
def close_account(user: User) -> None:
    """
    Delete an account with all that is only about the person; what was bought stays, without a name.

    Staff and services are deactivated instead: what they did must remain theirs.
    Locks: the user. Raises: Denied.
    """
    user = User.objects.filter(pk=user.pk).locked().get()
    if user.is_staff or user.is_superuser or user.is_service:
        raise Denied(_("An account of the staff or of a service is not deleted, but deactivated by a colleague."))
    account_closing.send(sender=User, user=user)
    end_all_sessions(user)
    Mail.objects.filter(to=user.email).delete()
    post_mail(user.email, "mail/account_closed", {"name": user.full_name}, language=user.language)
    forget(user)
    user.delete()
