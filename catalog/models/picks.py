"""What the staff like."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.books import Book


class StaffPickQuerySet(models.QuerySet["StaffPick"]):
    def shown(self) -> Self:
        """Picks that shoppers see, in the staff's order."""
        return self.filter(is_active=True, book__archived_at=None).order_by("position", "id")


class StaffPick(models.Model):
    """A book that staff like, and why: the card that a bookseller puts beside it."""

    book = models.ForeignKey(
        Book,
        models.CASCADE,
        limit_choices_to={"archived_at": None},
        related_name="+",
        db_index=False,  # the constraint has one
        verbose_name=_("book"),
    )
    note = models.TextField(_("why we like it"), max_length=400)
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("The lowest comes first."))
    is_active = models.BooleanField(_("shown"), default=True)

    objects = StaffPickQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff pick")
        verbose_name_plural = _("staff picks")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["book"], name="staff_picks_a_book_once")]

    def __str__(self) -> str:
        return str(self.book)
