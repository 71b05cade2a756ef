"""Who people are to the shop."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes users, and finds them by e-mail whatever its case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

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
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

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
