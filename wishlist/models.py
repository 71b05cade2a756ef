"""What shoppers would like to have."""

from decimal import Decimal
from secrets import token_urlsafe
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.models import Book, Offer


class WishQuerySet(LockableQuerySet["Wish"]):
    def of(self, user: Any) -> Self:
        """That user's wishes."""
        return self.filter(user=user)

    def with_terms(self) -> Self:
        """Load the books, and `copies`, how many all sellers have for sale."""
        offers = Offer.objects.shown().filter(book=OuterRef("book")).order_by()
        copies = Subquery(offers.values("book").annotate(copies=Sum("stock_quantity")).values("copies"))
        return self.select_related("book").defer("book__description").annotate(copies=Coalesce(copies, 0))

    def dropped(self) -> Self:
        """Wishes whose book is there, cheaper than when it was saved and than the reader was last told."""
        is_news = Q(told_price=None) | Q(book__price__lt=F("told_price"))
        return self.filter(is_news, book__in_stock=True, book__price__lt=F("price"))


class Wish(models.Model):
    """
    One book on one user's list.

    `price` is what the book cost then, `told_price` the lowest that the reader was told of since; None for none.
    An archived book stays, as no longer available.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="wishes", db_index=False, verbose_name=_("user")
    )
    book = models.ForeignKey(Book, models.CASCADE, related_name="+", verbose_name=_("book"))
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    price = models.DecimalField(_("price then"), max_digits=10, decimal_places=2, null=True, blank=True)
    told_price = models.DecimalField(_("price last told"), max_digits=10, decimal_places=2, null=True, blank=True)
    told_at = models.DateTimeField(_("last told"), null=True, blank=True)

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [models.UniqueConstraint(fields=["user", "book"], name="wish_once_per_user_and_book")]
        indexes = [models.Index(F("user"), F("added_at").desc(), F("id"), name="wish_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.book_id}"

    @property
    def is_available(self) -> bool:
        """Whether the shop still has the book in its catalogue."""
        return self.book.archived_at is None

    @property
    def saving(self) -> Decimal | None:
        """How much less than when it was saved the book costs now; None where it does not."""
        if self.price is None or self.book.price is None or self.book.price >= self.price:
            return None
        return self.price - self.book.price


def new_token() -> str:
    return token_urlsafe(24)


class SharedWishlist(models.Model):
    """Lets whoever knows the token see one user's wishlist; deleting it takes that back."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="shared_wishlist", verbose_name=_("user")
    )
    token = models.CharField(_("token"), max_length=64, unique=True, default=new_token, editable=False)
    shows_name = models.BooleanField(_("shows my name"), default=False)
    created_at = models.DateTimeField(_("shared"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("shared wishlist")
        verbose_name_plural = _("shared wishlists")

    def __str__(self) -> str:
        return f"{self.user_id}"

    def get_absolute_url(self) -> str:
        return reverse("wishlist:shared", args=[self.token])
