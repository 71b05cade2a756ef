"""Who people are to the shop."""

from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, Self
from unicodedata import normalize
from uuid import uuid4

import idna
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.naming import name_query, name_vector
from bookstore.core.querysets import LockableQuerySet

LONGEST_NOTICE = 600  # a book's title has up to 500 characters


SHORTEST_PART = 3  # letters of an e-mail that an index finds anywhere in it


class UserQuerySet(LockableQuerySet["User"]):
    def reached_at(self, part: str) -> Self:
        """Users whose e-mail has this in it; what is shorter than SHORTEST_PART only at its beginning."""
        part = part.strip().lower()
        return self.filter(email__contains=part) if len(part) >= SHORTEST_PART else self.filter(email__startswith=part)

    def known_as(self, text: str) -> Self:
        """Users who are `reached_at` this, or in whose name every word of it begins one."""
        query = name_query(text)
        if query is None:
            return self.reached_at(text)
        named = self.alias(name_words=name_vector("full_name"))
        return named.filter(name_words=query) | named.reached_at(text)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes users, and finds them by e-mail whatever its case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """
        Write an e-mail in the one form in which it is kept and compared; what is none stays none.

        Source: UTS 46, https://www.unicode.org/reports/tr46/ for domains in any script.
        """
        name, at, domain = normalize("NFC", (email or "").strip().lower()).rpartition("@")
        if not domain.isascii():
            with suppress(idna.IDNAError):
                domain = idna.encode(domain, uts46=True).decode("ascii")
        return f"{name}{at}{domain}"

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """
        Save a user; without `password` one that cannot be guessed into.

        Raises: ValueError without an e-mail, IntegrityError where the e-mail is taken.
        """
        if not self.normalize_email(email):
            raise ValueError("A user needs an e-mail.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Save a member of staff who may do everything."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """A person, or a partner's service, known by an e-mail that is kept in lower case."""

    email = models.EmailField(
        _("e-mail"), unique=True, error_messages={"unique": _("An account with this e-mail exists already.")}
    )
    full_name = models.CharField(_("full name"), max_length=200, blank=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Locked out when unticked; prefer this to deleting.")
    )
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May use the admin."))
    is_service = models.BooleanField(_("service account"), default=False, help_text=_("A partner's program."))
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        db_default="",
        help_text=_("What mails and notices are written in."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    session_epoch = models.UUIDField(
        default=uuid4, editable=False, help_text=_("Changed to end every session at once.")
    )

    objects = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="user_email_is_lower_case"),
            models.CheckConstraint(condition=~Q(is_service=True, is_staff=True), name="user_service_is_not_staff"),
        ]
        indexes = [
            GinIndex(OpClass(F("email"), name="gin_trgm_ops"), name="user_part_of_email", fastupdate=False),
            GinIndex(name_vector("full_name"), name="user_by_words_of_name", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        self.email = type(self).objects.normalize_email(self.email)

    @property
    def role(self) -> str:
        """The word the API uses: `admin` for staff, `service` or `user`."""
        if self.is_staff:
            return "admin"
        return "service" if self.is_service else "user"

    def get_full_name(self) -> str:
        return self.full_name or self.email

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] or self.email.split("@")[0]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Browser sessions and tokens of the API both carry a part of this, and are looked at against it at every
        # request: a new password or epoch ends them all.
        salt = "accounts.models.User.get_session_auth_hash"
        return salted_hmac(salt, f"{self.password}:{self.session_epoch}", secret=secret, algorithm="sha256").hexdigest()


class AuthSessionQuerySet(models.QuerySet["AuthSession"]):
    def live(self, at: datetime | None = None) -> Self:
        """Sessions that are neither revoked nor over."""
        return self.filter(revoked_at=None, expires_at__gt=at or timezone.now())


class AuthSession(models.Model):
    """
    A client of the API that is signed in: the family of all tokens that descend from one sign-in.

    `jti` is that of the one refresh token that may still be used.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="auth_sessions", verbose_name=_("user")
    )
    jti = models.CharField(_("refresh token"), max_length=32)
    created_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    used_at = models.DateTimeField(_("last refreshed"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("ends"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    user_agent = models.CharField(_("client"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)

    objects = AuthSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session of the API")
        verbose_name_plural = _("sessions of the API")
        indexes = [models.Index(fields=["expires_at"], name="auth_session_by_end")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.id}"


class AddressQuerySet(LockableQuerySet["Address"]):
    def of(self, user: User) -> Self:
        """That user's addresses, the default one first, then the newest."""
        return self.filter(user=user).order_by("-is_default", "-pk")


class Address(models.Model):
    """Where a shopper wants books sent. The terms are those of schema.org/PostalAddress."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="addresses", verbose_name=_("user"))
    full_name = models.CharField(_("full name"), max_length=200)
    line1 = models.CharField(_("street and number"), max_length=200)
    line2 = models.CharField(_("company, floor, c/o"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("town or city"), max_length=100)
    region = models.CharField(_("state or province"), max_length=100, blank=True)
    country = CountryField(_("country"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    is_default = models.BooleanField(_("default address"), default=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="address_one_default_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.full_name}, {self.line1}, {self.city}"


class Kind(models.TextChoices):
    """What the shop tells of by itself; what of it can be switched off stands in OPTIONAL."""

    PREBOOK_BACK = "PREBOOK_BACK", _("A book that you prebooked is back")
    PRICE_DROP = "PRICE_DROP", _("A book on your wishlist costs less")
    ORDER = "ORDER", _("What becomes of your orders")


class Channel(models.TextChoices):
    """Where the shop tells it."""

    IN_APP = "IN_APP", _("In the shop")
    MAIL = "MAIL", _("By mail")


# Mails about an order are part of the purchase: they come in any case.
OPTIONAL = [(kind, channel) for kind in Kind for channel in Channel if (kind, channel) != (Kind.ORDER, Channel.MAIL)]


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of(self, user: Any) -> Self:
        """What that user was told."""
        return self.filter(user=user)

    def unread(self) -> Self:
        """What nobody has looked at yet."""
        return self.filter(read_at=None)


class Notification(models.Model):
    """Something the shop told one user in the app. `url` is the path of the page that it is about."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False, verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = models.CharField(_("title"), max_length=LONGEST_NOTICE)
    body = models.CharField(_("text"), max_length=LONGEST_NOTICE, blank=True)
    url = models.CharField(_("path"), max_length=2000)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    read_at = models.DateTimeField(_("read"), null=True, blank=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            # A link that leads elsewhere could be dressed up as one of ours; browsers take a backslash for a slash.
            models.CheckConstraint(condition=Q(url__regex=r"^/($|[^/\\\s])"), name="notification_stays_in_the_shop"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return self.title


class NotificationPreference(models.Model):
    """Whether one user wants one kind of notice by one channel; where there is no row, they do."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notification_preferences",
        db_index=False,
        verbose_name=_("user"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    is_wanted = models.BooleanField(_("wanted"))

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "channel"], name="preference_once_per_kind_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.channel}: {self.is_wanted}"
