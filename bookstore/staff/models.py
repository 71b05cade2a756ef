from typing import ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookstore.staff.transfers.models import ExportRun as ExportRun  # models, too, that Django has to know
from bookstore.staff.transfers.models import ImportRun as ImportRun


class Role(models.Model):
    """
    A kind of work, and the group that may do it.

    `given` are the permissions that the shop has given to the group once: what staff took away afterwards stays away.
    """

    key = models.SlugField(_("key"), unique=True)
    group = models.OneToOneField(Group, models.SET_NULL, null=True, related_name="+", verbose_name=_("group"))
    given = models.JSONField(_("permissions given"), default=list)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering: ClassVar[list[str]] = ["key"]

    def __str__(self) -> str:
        return self.key
