"""What staff brought in and took out: who, when, which file, and what became of it."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet
from catalog.importing import Part
from catalog.models import Seller
from orders.models import OrderStatus


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "UPLOADED", _("waiting to be looked at")
    PREVIEWING = "PREVIEWING", _("being looked at")
    READY = "READY", _("waiting for your yes")
    RUNNING = "RUNNING", _("running")
    DONE = "DONE", _("done")
    STOPPED = "STOPPED", _("stopped")
    FAILED = "FAILED", _("failed")
    DISCARDED = "DISCARDED", _("discarded")


class ExportState(models.TextChoices):
    """Where an export stands."""

    RUNNING = "RUNNING", _("being written")
    DONE = "DONE", _("ready")
    FAILED = "FAILED", _("failed")


class Content(models.TextChoices):
    """What goes out."""

    BOOKS = "BOOKS", _("books")
    OFFERS = "OFFERS", _("offers")
    STOCK = "STOCK", _("stock")
    ORDERS = "ORDERS", _("orders")


class FileFormat(models.TextChoices):
    """How a file is written."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel workbook (.xlsx)")


AT_WORK = [ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.RUNNING]
DISCARDABLE = [
    ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.READY, ImportState.STOPPED, ImportState.FAILED,
]  # fmt: skip


class RunQuerySet(LockableQuerySet[Any]):
    def older_than(self, age: timedelta) -> Self:
        """Runs that were begun before so long."""
        return self.filter(created_at__lt=timezone.now() - age)


class Run(models.Model):
    """What imports and exports have in common."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    error = models.TextField(_("what went wrong"), blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True


class ImportRun(Run):
    """
    One file that is to change books, offers or stock.

    `preview` and `counts` are what became of its rows, in the dry run and in the real one; `attempts` how often the
    latter was begun, `confirmed_by` who said yes to it. The file and its reports lie below DATA_DIR.
    """

    file_name = models.CharField(_("file"), max_length=200)
    part = models.CharField(_("changes"), max_length=8, choices=Part, default=Part.BOOKS)
    mapping = models.CharField(_("layout"), max_length=100, blank=True)
    seller = models.ForeignKey(
        Seller, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seller")
    )
    price = models.DecimalField(_("first price"), max_digits=10, decimal_places=2, null=True, blank=True)
    stock_quantity = models.PositiveIntegerField(_("first copies"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=ImportState, default=ImportState.UPLOADED)
    preview = models.JSONField(_("what would change"), default=dict)
    counts = models.JSONField(_("what was changed"), default=dict)
    attempts = models.PositiveSmallIntegerField(_("times begun"), default=0)
    is_stopping = models.BooleanField(_("to be stopped"), default=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        app_label = "staff"
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK


class ExportRun(Run):
    """One file that was asked for; `rows` is how many it has, its header left out."""

    content = models.CharField(_("content"), max_length=8, choices=Content, default=Content.BOOKS)
    file_format = models.CharField(_("format"), max_length=4, choices=FileFormat, default=FileFormat.CSV)
    seller = models.ForeignKey(
        Seller, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seller")
    )
    status = models.CharField(_("status"), max_length=16, choices=OrderStatus, blank=True)
    first_day = models.DateField(_("from"), null=True, blank=True)
    last_day = models.DateField(_("to"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=ExportState, default=ExportState.RUNNING)
    rows = models.PositiveIntegerField(_("rows"), default=0)

    class Meta:
        app_label = "staff"
        verbose_name = _("export")
        verbose_name_plural = _("exports")

    def __str__(self) -> str:
        return f"{self.get_content_display()}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_at_work(self) -> bool:
        return self.state == ExportState.RUNNING
