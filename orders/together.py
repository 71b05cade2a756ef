"""Which books belong together, as far as shoppers' orders tell."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Book


class BoughtTogetherQuerySet(models.QuerySet["BoughtTogether"]):
    def beside(self, book: Book) -> Self:
        """What was bought with a book, the books loaded: what is in stock first, then what belongs to it most."""
        pairs = self.filter(book=book, other__archived_at=None).select_related("other").defer("other__description")
        return pairs.order_by("-other__in_stock", "-score", "other_id")


class BoughtTogether(models.Model):
    """
    A book, and another that its buyers bought more often than chance would have it; counted anew each night.

    `score` says how far, in thousandths; it compares the others of one book.
    """

    book = models.ForeignKey(Book, models.CASCADE, related_name="+", db_index=False, verbose_name=_("book"))
    other = models.ForeignKey(Book, models.CASCADE, related_name="+", db_index=False, verbose_name=_("bought with it"))
    score = models.PositiveSmallIntegerField(_("score"))

    objects = BoughtTogetherQuerySet.as_manager()

    class Meta:
        verbose_name = _("bought together")
        verbose_name_plural = _("bought together")
        constraints = [
            models.UniqueConstraint(fields=["book", "other"], name="bought_together_once"),
            models.CheckConstraint(condition=~Q(book=F("other")), name="bought_together_is_another"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=1000), name="bought_together_is_scored"),
        ]

    def __str__(self) -> str:
        return f"{self.book_id} and {self.other_id}"
