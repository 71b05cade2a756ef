"""Accounts of partners' programs: no password and no mailbox, but one token that can be revoked."""

import re
from datetime import timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import ServiceExists, ServiceNotFound
from accounts.models import AuthSession, User
from accounts.services.sessions import end_all_sessions
from accounts.tokens import make_access_token
from bookstore.core.errors import Invalid

NAME = re.compile(r"[^\W_][\w .-]{0,59}")
DOMAIN = "services.invalid"  # will never be anybody's (RFC 2606)


@transaction.atomic
def create_service_account(name: str, lifetime: timedelta) -> str:
    """
    Make an account for a partner's program and return its token, which is kept nowhere.

    Raises: Invalid for a bad name, ServiceExists.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email_of(name), full_name=name, is_service=True)
    except IntegrityError as error:
        raise ServiceExists from error
    return issue_token(user, lifetime)


@transaction.atomic
def renew_service_account(name: str, lifetime: timedelta) -> str:
    """Give a service account another token; the one before is void. Raises: Invalid, ServiceNotFound."""
    user = find_service_account(name)
    end_all_sessions(user)
    return issue_token(user, lifetime)


@transaction.atomic
def revoke_service_account(name: str) -> None:
    """Make a service account's token void; the account stays. Raises: Invalid, ServiceNotFound."""
    end_all_sessions(find_service_account(name))


def find_service_account(name: str) -> User:
    """Lock and return the active service account of this name. Raises: Invalid, ServiceNotFound."""
    user = User.objects.filter(email=email_of(name), is_service=True, is_active=True).locked().first()
    if user is None:
        raise ServiceNotFound
    return user


def issue_token(user: User, lifetime: timedelta) -> str:
    session = AuthSession.objects.create(user=user, jti=uuid4().hex, expires_at=timezone.now() + lifetime)
    return make_access_token(session)


def email_of(name: str) -> str:
    # Names that differ only in case or spaces are one, and so is what they are known by.
    slug = slugify(name, allow_unicode=True)
    if not (slug and NAME.fullmatch(name)):
        raise Invalid(fields={"name": _("Give a name of letters, digits, spaces, dots and hyphens, at most 60.")})
    return User.objects.normalize_email(f"{slug}@{DOMAIN}")
