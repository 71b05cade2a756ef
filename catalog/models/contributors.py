"""Who made a book, and what they did for it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.text import FoldedField, slug_of


class Role(models.TextChoices):
    """What a contributor did. Source: ONIX code list 17."""

    AUTHOR = "A01", _("author")
    ILLUSTRATOR = "A12", _("illustrator")
    EDITOR = "B01", _("editor")
    TRANSLATOR = "B06", _("translator")
    NARRATOR = "E07", _("narrator")


class Contributor(models.Model):
    """Someone who wrote, drew, translated… a book. Two of the same name are told apart in the name itself."""

    name = models.CharField(_("name"), max_length=200)
    sort_name = FoldedField("name")

    objects = LockableQuerySet.as_manager()

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        ordering = ["sort_name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="contributor_name_is_unique")]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="contributor_by_name"),
            GinIndex(OpClass(F("sort_name"), name="gin_trgm_ops"), name="contributor_part_of_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:author", args=[self.pk, self.slug])

    @property
    def slug(self) -> str:
        return slug_of(self.name, fallback="author")


class Contribution(models.Model):
    """What one contributor did for one book."""

    book = models.ForeignKey("Book", models.CASCADE, related_name="contributions")
    contributor = models.ForeignKey(
        Contributor, models.PROTECT, related_name="contributions", verbose_name=_("contributor")
    )
    role = models.CharField(_("role"), max_length=3, choices=Role, default=Role.AUTHOR)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["book", "contributor", "role"], name="contribution_is_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.contributor} ({self.get_role_display()})"
