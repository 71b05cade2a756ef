"""What the shop sells, who sells it, and every copy that came or went."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.bulk import BulkChange as BulkChange  # models, too, that Django has to know
from catalog.bulk import BulkPart as BulkPart
from catalog.covers.pictures import small_name
from catalog.deliveries.models import Delivery as Delivery
from catalog.deliveries.models import DeliveryLine as DeliveryLine
from catalog.deliveries.models import KeptAside as KeptAside
from catalog.search.models import BookSearch as BookSearch
from catalog.search.models import MissedSearch as MissedSearch
from catalog.search.models import SearchWord as SearchWord
from catalog.text import FoldedField, slug_of

PICTURES = ["jpg", "jpeg", "png", "webp"]
LARGEST_PICTURE = 5 * 2**20  # bytes


def not_too_large(picture: FieldFile) -> None:
    """Refuse a picture above LARGEST_PICTURE. Raises: ValidationError."""
    if picture.size > LARGEST_PICTURE:
        raise ValidationError(_("A picture has at most 5 MiB."), code="too_large")


def store_currency() -> str:
    """Return the one currency of the shop. Source: ISO 4217."""
    return settings.STORE_CURRENCY


class Format(models.TextChoices):
    """Product forms. Source: ONIX code list 150, reduced to what shoppers tell apart."""

    HARDCOVER = "HARDCOVER", _("Hardcover")
    PAPERBACK = "PAPERBACK", _("Paperback")
    EBOOK = "EBOOK", _("E-book")
    AUDIOBOOK = "AUDIOBOOK", _("Audiobook")
    OTHER = "OTHER", _("Other")


class Role(models.TextChoices):
    """What a contributor did. Source: ONIX code list 17."""

    AUTHOR = "A01", _("author")
    ILLUSTRATOR = "A12", _("illustrator")
    EDITOR = "B01", _("editor")
    TRANSLATOR = "B06", _("translator")
    NARRATOR = "E07", _("narrator")


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


def may_change_all_offers(user: Any) -> bool:
    """Tell whether every seller's offers are this user's to change, as one of the staff."""
    return bool(user.is_staff and user.has_perm("catalog.change_offer"))


class SellerQuerySet(LockableQuerySet["Seller"]):
    def managed_by(self, user: Any) -> Self:
        """Sellers whose offers this user may edit: all for staff who may, for others those they are a member of."""
        if not user.is_authenticated:
            return self.none()
        return self if may_change_all_offers(user) else self.filter(members=user)


class Seller(SluggedModel):
    """Who offers books. One is the store itself."""

    is_store = models.BooleanField(
        _("the store's own"), default=False, help_text=_("Prices and stock that name no seller are this one's.")
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="sellers", verbose_name=_("members")
    )

    objects = SellerQuerySet.as_manager()

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="seller_name_is_unique"),
            models.UniqueConstraint(fields=["is_store"], condition=Q(is_store=True), name="one_seller_is_the_store"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("catalog:seller", args=[self.slug])


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


class Contribution(models.Model):
    """What one contributor did for one book."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="contributions")
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


class OfferQuerySet(LockableQuerySet["Offer"]):
    def standing(self) -> Self:
        """Offers that were not withdrawn, active or not, of books that are not archived."""
        return self.filter(withdrawn_at=None, book__archived_at=None)

    def managed_by(self, user: Any) -> Self:
        """Offers that this user may edit."""
        return self.filter(seller__in=Seller.objects.managed_by(user))

    def active(self) -> Self:
        """Offers that shoppers see."""
        return self.filter(is_active=True)

    def running_low(self, threshold: int) -> Self:
        """Offers that shoppers see and of which so many copies or fewer are left, sold out ones too."""
        return self.active().filter(stock_quantity__lte=threshold)

    def best_first(self) -> Self:
        """Order as a shopper would choose: in stock first, then cheapest."""
        return self.order_by(models.Case(models.When(stock_quantity__gt=0, then=0), default=1), "price", "id")


class Offer(models.Model):
    """One seller's terms for one book."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="offers", verbose_name=_("book"))
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="offers", verbose_name=_("seller"))
    price = models.DecimalField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    currency = models.CharField(_("currency"), max_length=3, default=store_currency, editable=False)
    stock_quantity = models.PositiveIntegerField(_("copies for sale"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["book", "seller"], name="offer_is_one_per_book_and_seller"),
            models.CheckConstraint(condition=Q(stock_quantity__gte=0), name="offer_stock_is_not_negative"),
            models.CheckConstraint(condition=Q(price__gt=0), name="offer_price_is_positive"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(is_active=False), name="offer_withdrawn_is_inactive"
            ),
        ]
        indexes = [models.Index(fields=["stock_quantity", "id"], condition=Q(is_active=True), name="offer_by_stock")]

    def __str__(self) -> str:
        return f"{self.book} · {self.seller}"

    @property
    def in_stock(self) -> bool:
        return self.is_active and self.stock_quantity > 0


class OfferRunningLow(Offer):
    """An offer as staff see it who think of ordering more."""

    class Meta:
        proxy = True
        verbose_name = _("offer running low")
        verbose_name_plural = _("offers running low")


class MovementReason(models.TextChoices):
    """Why a stock changed."""

    COUNTED = "COUNTED", _("counted")
    CORRECTED = "CORRECTED", _("corrected")
    RECEIVED = "RECEIVED", _("received")
    SOLD = "SOLD", _("sold")
    PUT_BACK = "PUT_BACK", _("put back")
    SWITCHED_ON = "SWITCHED_ON", _("switched on")
    SWITCHED_OFF = "SWITCHED_OFF", _("switched off")


class StockMovement(models.Model):
    """
    One change of one offer's stock; the sum of an offer's deltas is its stock.

    Written last in a stock act, after the book's price and availability, so that whoever hears its `post_save`
    sees the truth. Never changed afterwards.
    """

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="movements", db_index=False, verbose_name=_("offer"))
    delta = models.IntegerField(_("change"))
    stock_after = models.PositiveIntegerField(_("copies after"))
    reason = models.CharField(_("reason"), max_length=12, choices=MovementReason)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    order_number = models.CharField(_("order"), max_length=32, blank=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    delivery = models.ForeignKey(
        Delivery,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        db_index=False,  # most have none
        verbose_name=_("delivery"),
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["offer", "-id"], name="movement_by_offer"),
            models.Index(fields=["delivery"], condition=Q(delivery__isnull=False), name="movement_by_delivery"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(stock_after__gte=0), name="movement_leaves_no_negative_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} → {self.stock_after}"
