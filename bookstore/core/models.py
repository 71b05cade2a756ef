from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
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
