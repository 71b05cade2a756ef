"""What is found by a slug."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.text import slug_of


class SluggedModel(models.Model):
    """Something with a unique name, found by a slug that stays when the name changes."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, allow_unicode=True, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def _free_slug(self) -> str:
        wanted = slug_of(self.name, fallback=str(self._meta.model_name))
        taken = set(type(self)._default_manager.filter(slug__startswith=wanted).values_list("slug", flat=True))
        candidates = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
        return next(slug for slug in candidates if slug not in taken)
