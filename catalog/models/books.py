"""Editions, as shoppers find them."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Max, Min, OuterRef, Q, Value
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.covers.pictures import small_name
from catalog.models.contributors import Contribution, Contributor
from catalog.models.genres import Genre
from catalog.text import FoldedField, slug_of

PICTURES = ["jpg", "jpeg", "png", "webp"]
LARGEST_PICTURE = 5 * 2**20  # bytes


def not_too_large(picture: FieldFile) -> None:
    """Refuse a picture above LARGEST_PICTURE. Raises: ValidationError."""
    if picture.size > LARGEST_PICTURE:
        raise ValidationError(_("A picture has at most 5 MiB."), code="too_large")


class Format(models.TextChoices):
    """Product forms. Source: ONIX code list 150, reduced to what shoppers tell apart."""

    HARDCOVER = "HARDCOVER", _("Hardcover")
    PAPERBACK = "PAPERBACK", _("Paperback")
    EBOOK = "EBOOK", _("E-book")
    AUDIOBOOK = "AUDIOBOOK", _("Audiobook")
    OTHER = "OTHER", _("Other")


class Series(models.Model):
    """Books that belong together in an order."""

    name = models.CharField(_("name"), max_length=300)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="series_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class BookQuerySet(LockableQuerySet["Book"]):
    def public(self) -> Self:
        """Books that shoppers may see: all but the archived."""
        return self.filter(archived_at=None)

    def in_stock(self) -> Self:
        """Books of which some seller has a copy for sale."""
        return self.filter(in_stock=True)

    def back_in_stock(self, since: datetime) -> Self:
        """Books in stock that had sold out and came back after `since`, the latest first."""
        return self.in_stock().filter(turned_at__gt=since).order_by("-turned_at", "pk")

    def at_odds(self) -> Self:
        """
        Books whose price or availability is not what their offers say.

        Each has `told`, its own price, and of the offers that shoppers see `best`, the best price, and `copies`, the
        most that one of them has. 0 stands for no price, as a price is above it: NULL is neither equal nor unequal.
        """
        none, price = Value(Decimal(0)), F("offers__price")
        shown = Q(offers__is_active=True, offers__currency=settings.STORE_CURRENCY)
        for_sale = shown & Q(offers__stock_quantity__gt=0)
        books = self.annotate(
            told=Coalesce("price", none),
            best=Coalesce(Min(price, filter=for_sale), Min(price, filter=shown), none),
            copies=Coalesce(Max("offers__stock_quantity", filter=for_sale), 0),
        )
        return books.exclude(Q(told=F("best")) & (Q(in_stock=True, copies__gt=0) | Q(in_stock=False, copies=0)))

    def in_genre(self, genre: Genre) -> Self:
        """Books of a genre and of all genres below it."""
        return self.filter(genre__in=Genre.objects.below(genre.pk))

    def with_contributor(self, contributor: Contributor) -> Self:
        """Books that someone had a hand in, each once, whatever they did for it."""
        return self.filter(Exists(Contribution.objects.filter(book=OuterRef("pk"), contributor=contributor)))


class Book(models.Model):
    """One edition. `price` and `in_stock` repeat what its offers say and change only with them."""

    title = models.CharField(_("title"), max_length=500)
    subtitle = models.CharField(_("subtitle"), max_length=500, blank=True)
    byline = models.CharField(
        _("byline"), max_length=1000, blank=True, help_text=_("The authors as printed on the book.")
    )
    sort_title = FoldedField("title")
    isbn = models.CharField(_("ISBN"), max_length=13, blank=True, help_text=_("10 or 13 digits, hyphens or not."))
    contributors = models.ManyToManyField(Contributor, through="Contribution", related_name="books")
    genre = models.ForeignKey(
        Genre, models.PROTECT, null=True, blank=True, related_name="books", verbose_name=_("genre")
    )
    series = models.ForeignKey(
        Series, models.PROTECT, null=True, blank=True, related_name="books", verbose_name=_("series")
    )
    series_number = models.CharField(_("number in the series"), max_length=20, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True, help_text=_("BCP 47, such as en or pt-BR."))
    format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.OTHER)
    pages = models.PositiveIntegerField(
        _("pages"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    publish_date = models.DateField(_("publish date"), null=True, blank=True, help_text=_("Of this edition."))
    first_published_year = models.SmallIntegerField(
        _("first published"), null=True, blank=True, help_text=_("The work's year; below zero before our era.")
    )
    description = models.TextField(_("description"), max_length=20_000, blank=True)
    cover_image = models.ImageField(
        _("cover"), upload_to="covers/", blank=True, validators=[FileExtensionValidator(PICTURES), not_too_large]
    )
    cover_image_url = models.URLField(_("cover address"), max_length=1000, blank=True)
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2, null=True, blank=True, editable=False)
    in_stock = models.BooleanField(_("in stock"), default=False, editable=False)
    # Empty for what has never sold out: its first copies are new, not back.
    turned_at = models.DateTimeField(_("sold out, or back since"), null=True, blank=True, editable=False)
    popularity = models.PositiveIntegerField(_("popularity"), default=0, editable=False)
    first_popularity = models.PositiveIntegerField(
        _("popularity at the source"), default=0, db_default=0, editable=False
    )
    source = models.CharField(_("source"), max_length=50, blank=True, editable=False)
    source_id = models.CharField(_("id at the source"), max_length=100, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        ordering = ["sort_title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["isbn"], condition=Q(archived_at=None) & ~Q(isbn=""), name="book_isbn_is_unique"
            ),
            models.UniqueConstraint(
                fields=["source", "source_id"],
                condition=Q(archived_at=None) & ~Q(source=""),
                name="book_source_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(isbn="") | Q(isbn__regex=r"^97[89]\d{10}$"), name="book_isbn_is_13_digits"
            ),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gt=0), name="book_price_is_positive"),
            models.CheckConstraint(
                condition=Q(in_stock=False) | Q(price__isnull=False), name="book_in_stock_has_price"
            ),
            models.CheckConstraint(condition=Q(pages=None) | Q(pages__gt=0), name="book_has_pages"),
            models.CheckConstraint(
                condition=Q(archived_at=None) | Q(in_stock=False, price=None), name="book_archived_is_not_for_sale"
            ),
        ]
        # One index for each way a list is sorted, missing values last, ties by id.
        indexes = [
            models.Index(F("sort_title"), F("id"), condition=Q(archived_at=None), name="book_by_title"),
            models.Index(F("sort_title").desc(), F("id"), condition=Q(archived_at=None), name="book_by_title_down"),
            models.Index(F("price"), F("id"), condition=Q(archived_at=None), name="book_by_price"),
            models.Index(
                F("price").desc(nulls_last=True), F("id"), condition=Q(archived_at=None), name="book_by_price_down"
            ),
            models.Index(F("publish_date"), F("id"), condition=Q(archived_at=None), name="book_by_date"),
            models.Index(
                F("publish_date").desc(nulls_last=True),
                F("id"),
                condition=Q(archived_at=None),
                name="book_by_date_down",
            ),
            models.Index(F("created_at"), F("id"), condition=Q(archived_at=None), name="book_by_age"),
            models.Index(F("created_at").desc(), F("id"), condition=Q(archived_at=None), name="book_by_age_down"),
            models.Index(F("popularity").desc(), F("id"), condition=Q(archived_at=None), name="book_by_popularity"),
            models.Index(
                F("turned_at").desc(),
                F("id"),
                condition=Q(archived_at=None, in_stock=True, turned_at__isnull=False),
                name="book_by_return",
            ),
            # And for what most lists are narrowed by, so that they are counted without looking at the books.
            models.Index(fields=["genre", "in_stock"], condition=Q(archived_at=None), name="book_by_genre"),
            models.Index(
                fields=["language", "in_stock"],
                opclasses=["varchar_pattern_ops", "bool_ops"],
                condition=Q(archived_at=None),
                name="book_by_language",
            ),
            # And by the staff: whose publisher begins so, of one format, without a cover, or archived.
            models.Index(
                OpClass(Lower("publisher"), name="text_pattern_ops"),
                condition=Q(archived_at=None),
                name="book_by_publisher",
            ),
            models.Index(F("format"), F("sort_title"), F("id"), condition=Q(archived_at=None), name="book_by_format"),
            models.Index(
                F("sort_title"),
                F("id"),
                condition=Q(archived_at=None, cover_image="", cover_image_url=""),
                name="book_without_cover",
            ),
            models.Index(
                F("sort_title"), F("id"), condition=Q(archived_at__isnull=False), name="book_archived_by_title"
            ),
            models.Index(fields=["cover_image"], condition=~Q(cover_image=""), name="book_by_picture"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:book", args=[self.pk, self.slug])

    @property
    def slug(self) -> str:
        return slug_of(self.title, fallback="book")

    @property
    def cover_url(self) -> str:
        """The address of the cover picture, or "" where only a typographic one can be drawn."""
        return self.cover_image.url if self.cover_image else self.cover_image_url

    @property
    def small_cover_url(self) -> str:
        """The address of the cover picture in the size of lists; the same as `cover_url` where there is one size."""
        return default_storage.url(small_name(str(self.cover_image))) if self.cover_image else self.cover_image_url
