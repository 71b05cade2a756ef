"""What is kept for searching, beside the books."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _


class Tier(models.IntegerChoices):
    """How well known a book is among all: the best known hundredth, the best known tenth, the rest."""

    BEST_KNOWN = 0
    WELL_KNOWN = 1
    REST = 2


class BookSearch(models.Model):
    """
    A book's words, beside it, so that a change of price or stock does not rewrite the text indexes.

    There is one for each book; that of an archived one has no words in its vector, so nothing finds it.
    `catalog.search.index` writes them.
    """

    book = models.OneToOneField("catalog.Book", models.CASCADE, primary_key=True, related_name="search")
    vector = SearchVectorField()
    title_key = models.TextField()
    byline_key = models.TextField()
    popularity = models.PositiveIntegerField(default=0)
    tier = models.PositiveSmallIntegerField(choices=Tier, default=Tier.REST, db_default=Tier.REST)

    class Meta:
        indexes = [
            GinIndex(fields=["vector"], name="search_by_words", fastupdate=False),
            # What a common word is looked up in first: it stands in too many books to sort them all.
            GinIndex(
                fields=["vector"], name="search_best_known", condition=Q(tier__lte=Tier.BEST_KNOWN), fastupdate=False
            ),
            GinIndex(
                fields=["vector"], name="search_well_known", condition=Q(tier__lte=Tier.WELL_KNOWN), fastupdate=False
            ),
            models.Index(Left("title_key", 200), name="search_by_title"),
            models.Index(F("popularity").desc(), F("book"), name="search_by_popularity"),
            GinIndex(OpClass(F("title_key"), name="gin_trgm_ops"), name="search_part_of_title"),
            GinIndex(OpClass(F("byline_key"), name="gin_trgm_ops"), name="search_part_of_byline"),
        ]

    def __str__(self) -> str:
        return self.title_key


class SearchWord(models.Model):
    """A word that stands in some book's title or byline, and in how many: what spelling is corrected to."""

    word = models.CharField(max_length=60, primary_key=True)
    books = models.PositiveIntegerField()

    class Meta:
        indexes = [GinIndex(OpClass(F("word"), name="gin_trgm_ops"), name="word_by_likeness")]

    def __str__(self) -> str:
        return self.word


class MissedSearch(models.Model):
    """Words that somebody searched for in vain, and how often that happened; nothing of who it was."""

    words = models.CharField(_("words"), max_length=100, primary_key=True)
    count = models.PositiveIntegerField(_("searches"))
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("search in vain")
        verbose_name_plural = _("searches in vain")
        ordering = ["-count", "words"]

    def __str__(self) -> str:
        return self.words


@SearchVectorField.register_lookup
class Matches(models.Lookup):
    """`vector__matches="'lord' & 'ring':*"`: the text is a tsquery as PostgreSQL writes it, parsed by nothing else."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        vector, parameters = self.process_lhs(compiler, connection)
        return f"{vector} @@ %s::tsquery", (*parameters, self.rhs)
