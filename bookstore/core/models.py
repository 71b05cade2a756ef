from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from bookstore.core.querysets import LockableQuerySet

KEPT_FOR = timedelta(hours=24)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def expired(self) -> Self:
        """Keys older than 24 hours: what they did may be done anew."""
        return self.filter(created_at__lt=timezone.now() - KEPT_FOR)


class IdempotencyKey(models.Model):
    """The first answer to a request, kept so that a retry with the same key gets it again."""

    caller = models.CharField(_("caller"), max_length=200)
    key = models.CharField(_("key"), max_length=255)
    method = models.CharField(_("method"), max_length=10)
    path = models.TextField(_("path"))
    fingerprint = models.CharField(_("fingerprint of the body"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.TextField(_("body"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once_per_caller")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_by_age")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class MailQuerySet(LockableQuerySet["Mail"]):
    def failed(self) -> Self:
        """Mails that were given up."""
        return self.exclude(failed_at=None)


class Mail(models.Model):
    """
    One mail to one reader, written in the transaction of its cause and sent by a job.

    Once it is sent its text is cleared, as it may hold a key to an account; the local default sends nothing and
    keeps it for the outbox page.
    """

    to = models.EmailField(_("to"))
    kind = models.CharField(_("kind"), max_length=100, help_text=_("The templates it was made from."))
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    failed_at = models.DateTimeField(_("given up"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("last error"), blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [
            models.Index(fields=["-created_at"], name="mail_by_age"),
            models.Index(fields=["to"], name="mail_by_reader"),
            models.Index(fields=["failed_at"], condition=models.Q(failed_at__isnull=False), name="mail_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"


class RateCountQuerySet(models.QuerySet["RateCount"]):
    def over(self) -> Self:
        """Counts whose window has passed."""
        return self.filter(ends_at__lte=timezone.now())


class RateCount(models.Model):
    """How often somebody tried something within the window that ends at `ends_at`; shared by all processes."""

    key = models.CharField(_("key"), max_length=64, primary_key=True, help_text=_("Hash of the rule and of whom."))
    count = models.PositiveIntegerField(_("count"))
    ends_at = models.DateTimeField(_("ends"))

    objects = RateCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("rate count")
        verbose_name_plural = _("rate counts")
        indexes = [models.Index(fields=["ends_at"], name="rate_count_by_end")]

    def __str__(self) -> str:
        return f"{self.key} {self.count}"


class AuditRun(models.Model):
    """
    What one run of the audit found, so that staff see it without running it.

    `faults` is a list of `{"check", "count", "rows"}`, one for each check that found any, its first rows as text.
    """

    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    checks = models.PositiveIntegerField(_("checks"))
    fault_count = models.PositiveBigIntegerField(_("rows at fault"))
    faults = models.JSONField(_("faults"), default=list, blank=True)

    class Meta:
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        ordering = ["-id"]
        get_latest_by = "id"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class ChangeAct(models.TextChoices):
    """What became of a row."""

    ADDED = "ADDED", _("added")
    CHANGED = "CHANGED", _("changed")
    REMOVED = "REMOVED", _("removed")


class ChangeQuerySet(models.QuerySet["Change"]):
    def about(self, rows: Iterable[models.Model]) -> Self:
        """What was done to these rows."""
        ids = defaultdict(list)
        for row in rows:
            ids[ContentType.objects.get_for_model(row)].append(str(row.pk))
        wanted = [models.Q(content_type=kind, object_id__in=of_kind) for kind, of_kind in ids.items()]
        return self.filter(reduce(or_, wanted, models.Q(pk__in=[])))

    def newest_first(self) -> Self:
        """With who did it."""
        return self.select_related("actor", "content_type").order_by("-pk")


class Told(NamedTuple):
    """One field of a change, as it is shown."""

    field: str
    old: str
    new: str


class Change(models.Model):
    """
    What somebody, or the shop itself, did to one row; see `trail.py`.

    `values` is `{field: [old, new]}`, long texts cut. Where the row is gone, `note` is what it was called.
    """

    content_type = models.ForeignKey(ContentType, models.CASCADE, db_index=False, verbose_name=_("kind"))
    object_id = models.CharField(_("id"), max_length=64)
    act = models.CharField(_("act"), max_length=10, choices=ChangeAct, default=ChangeAct.CHANGED)
    values = models.JSONField(_("old and new"), default=dict)
    note = models.CharField(_("note"), max_length=1_000, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    is_by_shop = models.BooleanField(_("by the shop itself"), default=False)
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["content_type", "object_id", "-id"], name="change_by_row")]

    def __str__(self) -> str:
        return f"{self.content_type.name} {self.object_id}: {self.get_act_display()}"

    @property
    def who(self) -> str:
        if self.actor is None:
            return str(_("the shop") if self.is_by_shop else _("somebody whose account is closed"))
        return str(self.actor)

    @property
    def told(self) -> list[Told]:
        """The fields that changed, in words."""
        model: Any = self.content_type.model_class()
        fields = {field.name: field for field in model._meta.get_fields()} if model else {}
        return [_in_words(name, fields.get(name), old, new) for name, (old, new) in self.values.items()]


def _in_words(name: str, field: Any, old: Any, new: Any) -> Told:
    choices = dict(getattr(field, "flatchoices", None) or [])

    def word(value: Any) -> str:
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if isinstance(value, list):
            return ", ".join(value)
        if value and isinstance(field, models.DateTimeField):
            return localize(localtime(datetime.fromisoformat(value)))
        return "" if value is None else str(choices.get(value, value))

    label: Any = getattr(field, "verbose_name", name)
    if isinstance(field, models.ManyToOneRel):
        label = field.related_model._meta.verbose_name_plural
    return Told(str(label), word(old), word(new))
