"""What books are about: a tree."""

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.models.slugged import SluggedModel


def ids_below(genres: Iterable[tuple[int, int | None]], genre_id: int) -> set[int]:
    """Return the ids of a genre and of all below it; `genres` are ids with that of the parent."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in genres:
        children.setdefault(parent, []).append(pk)
    found, waiting = set(), [genre_id]
    while waiting:
        pk = waiting.pop()
        found.add(pk)
        waiting += [child for child in children.get(pk, []) if child not in found]
    return found


class GenreQuerySet(LockableQuerySet["Genre"]):
    def below(self, genre_id: int) -> set[int]:
        """Return the ids of a genre and of all genres below it."""
        return ids_below(self.model.objects.values_list("id", "parent_id"), genre_id)

    def line_to(self, genre_id: int | None) -> list["Genre"]:
        """Return the genres from the top of the tree down to this one; none for None."""
        genres = self.model.objects.in_bulk()
        line: list[Genre] = []
        while (genre := genres.pop(genre_id, None)) is not None:
            line.append(genre)
            genre_id = genre.parent_id
        return line[::-1]

    def in_tree_order(self) -> list[tuple[int, "Genre"]]:
        """Return all genres with their depth from 0, each followed by those below it."""
        children: dict[int | None, list[Genre]] = {}
        for genre in self.model.objects.all():
            children.setdefault(genre.parent_id, []).append(genre)
        found: list[tuple[int, Genre]] = []
        waiting = [(0, genre) for genre in reversed(children.get(None, []))]
        while waiting:
            depth, genre = waiting.pop()
            found.append((depth, genre))
            waiting += [(depth + 1, child) for child in reversed(children.get(genre.pk, []))]
        return found


class Genre(SluggedModel):
    """What a book is about or how it tells; genres form a tree."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )

    objects = GenreQuerySet.as_manager()

    class Meta:
        verbose_name = _("genre")
        verbose_name_plural = _("genres")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="genre_name_is_unique"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="genre_is_not_its_own_parent"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("catalog:genre", args=[self.slug])
