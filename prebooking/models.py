"""Who wants to be told when a book comes back, and how much each book is wanted."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.models import Book, BookQuerySet, Offer, OfferQuerySet

BETWEEN_MAILS = timedelta(days=1)


class PrebookStatus(models.TextChoices):
    """Where a prebook stands; once it is neither WAITING nor NOTIFIED, nothing changes it any more."""

    WAITING = "WAITING", _("waiting")
    NOTIFIED = "NOTIFIED", _("told")
    FULFILLED = "FULFILLED", _("bought")
    CANCELLED = "CANCELLED", _("cancelled")


OPEN = [PrebookStatus.WAITING, PrebookStatus.NOTIFIED]


class PrebookQuerySet(LockableQuerySet["Prebook"]):
    def of(self, user: Any) -> Self:
        """That user's prebooks, whatever became of them."""
        return self.filter(user=user)

    def open(self) -> Self:
        """Prebooks whose shopper has neither bought the book nor given it up."""
        return self.filter(status__in=OPEN)

    def waiting(self) -> Self:
        """Prebooks that wait for the book to come back."""
        return self.filter(status=PrebookStatus.WAITING)

    def in_demand(self) -> Self:
        """Prebooks that wait for a book of the shop, not for one that is archived."""
        return self.waiting().filter(book__archived_at=None)

    def notified(self) -> Self:
        """Prebooks whose shopper was told that the book is back."""
        return self.filter(status=PrebookStatus.NOTIFIED)

    def mail_due(self, at: datetime | None = None) -> Self:
        """Prebooks whose shopper is to get a mail, and had none for this book within a day."""
        had_none = Q(mailed_at=None) | Q(mailed_at__lte=(at or timezone.now()) - BETWEEN_MAILS)
        return self.notified().filter(had_none, is_mail_due=True)

    def with_position(self) -> Self:
        """Add `position`, the place among those who wait for the same book, from 1; None for who does not wait."""
        not_later = Q(created_at__lt=OuterRef("created_at")) | Q(pk__lte=OuterRef("pk"))
        queue = Prebook.objects.waiting().filter(
            not_later, book=OuterRef("book"), created_at__lte=OuterRef("created_at")
        )
        return self.annotate(position=_if_waiting(queue))

    def with_queue_length(self) -> Self:
        """Add `queue_length`, how many wait for the same book; None for who does not wait."""
        return self.annotate(queue_length=_if_waiting(Prebook.objects.waiting().filter(book=OuterRef("book"))))


def _if_waiting(queue: PrebookQuerySet) -> Case:
    counted = queue.order_by().values("book").annotate(number=Count("pk")).values("number")
    return Case(When(status=PrebookStatus.WAITING, then=Subquery(counted)), output_field=models.IntegerField())


class Prebook(models.Model):
    """
    A shopper's wish to be told when a book that is out of stock comes back.

    Its place among those who wait is by `created_at`, then id, and is kept when the book sells out again.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="prebooks", db_index=False, verbose_name=_("user")
    )
    book = models.ForeignKey(Book, models.PROTECT, related_name="prebooks", db_index=False, verbose_name=_("book"))
    status = models.CharField(_("status"), max_length=12, choices=PrebookStatus, default=PrebookStatus.WAITING)
    created_at = models.DateTimeField(_("waiting since"), default=timezone.now, editable=False)
    notified_at = models.DateTimeField(_("told"), null=True, blank=True)
    fulfilled_at = models.DateTimeField(_("bought"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    is_mail_due = models.BooleanField(_("mail is still to be written"), default=False)
    mailed_at = models.DateTimeField(_("last mail written"), null=True, blank=True)

    objects = PrebookQuerySet.as_manager()

    class Meta:
        verbose_name = _("prebook")
        verbose_name_plural = _("prebooks")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "book"], condition=Q(status__in=OPEN), name="prebook_one_open_per_user_and_book"
            ),
            models.CheckConstraint(
                condition=Q(status="WAITING", notified_at=None, fulfilled_at=None, cancelled_at=None)
                | Q(status="NOTIFIED", notified_at__isnull=False, fulfilled_at=None, cancelled_at=None)
                | Q(status="FULFILLED", fulfilled_at__isnull=False, cancelled_at=None)
                | Q(status="CANCELLED", fulfilled_at=None, cancelled_at__isnull=False),
                name="prebook_times_fit_status",
            ),
            models.CheckConstraint(
                condition=Q(is_mail_due=False) | Q(status="NOTIFIED"), name="prebook_mail_is_for_notified"
            ),
        ]
        # Every further one makes the restock of a book that many wait for take longer.
        indexes = [
            models.Index(fields=["book", "status", "created_at", "id"], name="prebook_queue"),
            models.Index(F("user"), F("created_at").desc(), F("id"), name="prebook_by_user"),
            models.Index(fields=["book", "is_mail_due", "id"], condition=Q(status="NOTIFIED"), name="prebook_notified"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class BookInDemandQuerySet(BookQuerySet):
    def wanted(self) -> Self:
        """
        Books of the shop that somebody prebooked and still wants, most waited for first.

        Adds `waiting`, `notified` and `waiting_since`; `copies_for_sale`, and `copies_held`, which lie in offers that
        are switched off.
        """
        mine = Prebook.objects.filter(book=OuterRef("pk"))
        return (
            self.public()
            .filter(pk__in=Prebook.objects.open().order_by().values("book").distinct())
            .annotate(
                waiting=_of_book(mine.waiting(), Count("pk")),
                notified=_of_book(mine.notified(), Count("pk")),
                waiting_since=Subquery(mine.waiting().order_by("created_at").values("created_at")[:1]),
                copies_for_sale=_copies(Offer.objects.shown()),
                copies_held=_copies(Offer.objects.filter(is_active=False, withdrawn_at=None)),
            )
            .order_by("-waiting", "-notified", "pk")
        )


def _copies(offers: OfferQuerySet) -> Coalesce:
    return _of_book(offers.filter(book=OuterRef("pk")), Sum("stock_quantity"))


def _of_book(rows: models.QuerySet[Any], number: models.Aggregate) -> Coalesce:
    """Return a number of the rows that belong to one book, 0 without any."""
    return Coalesce(Subquery(rows.order_by().values("book").annotate(number=number).values("number")), 0)


class BookInDemand(Book):
    """A book as staff see it who think of ordering more."""

    objects = BookInDemandQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = _("book in demand")
        verbose_name_plural = _("books in demand")
