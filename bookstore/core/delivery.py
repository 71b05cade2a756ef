"""How a written mail leaves the shop: by the mail server, into the outbox page, or not at all and why."""

import smtplib
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import http_date
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.core import metrics
from bookstore.core.connections import release_connection
from bookstore.core.models import Mail
from bookstore.core.prepared import prepared, run_prepared
from bookstore.core.writing import write_columns

# After each attempt in vain; the last comes nearly two days after the first.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60)]
MOST_ATTEMPTS = len(PAUSES) + 1
LONGEST_ERROR = 1000

KEPT_SENT = timedelta(days=30)
KEPT_FAILED = timedelta(days=90)
LOCK = "mail-{}"  # of a mail's job, by which two workers never send it at once

TRY = """
    UPDATE core_mail SET attempts = attempts + 1
    WHERE id = %(id)s AND sent_at IS NULL AND failed_at IS NULL RETURNING id
"""

log = structlog.get_logger(__name__)


class Undelivered(Exception):
    """This attempt was in vain; the next may succeed."""


class Undeliverable(Exception):
    """No attempt will succeed, as long as nobody changes something."""


def deliver(mail_id: int) -> None:
    """
    Send a mail that is neither sent nor given up, and note what came of it.

    Once sent its text goes, as it may hold a key to an account; the outbox page's stays.
    A worker that dies after the mail server took the mail and before that is noted leaves it to be sent a second
    time: no protocol tells the two apart. Both have the same Message-ID, by which a mailbox may see that they are one.
    Raises: Undelivered where another attempt is to follow.
    """
    if run_prepared(TRY, {"id": mail_id}):
        for mail in mails_with_id(mail_id):
            _attempt(mail)


@prepared
def mails_with_id(mail_id: int) -> QuerySet[Mail]:
    return Mail.objects.filter(pk=mail_id)


def _attempt(mail: Mail) -> None:
    try:
        if mail.attempts > MOST_ATTEMPTS:
            raise Undeliverable(mail.error or _("The shop itself failed while it prepared this mail."))
        if not settings.OUTBOX:
            release_connection()
            transmit(mail)
    except Undeliverable as error:
        give_up(mail, str(error))
    except Undelivered as error:
        if mail.attempts == MOST_ATTEMPTS:
            give_up(mail, str(error))
        else:
            note(mail, "postponed", error=str(error)[:LONGEST_ERROR])
            raise
    else:
        emptied = {} if settings.OUTBOX else {"text": "", "html": ""}
        note(mail, "sent", sent_at=timezone.now(), error="", **emptied)


def give_up(mail: Mail, error: str) -> None:
    log.warning("Mail given up", mail_id=mail.pk, cause=error)
    note(mail, "failed", failed_at=timezone.now(), error=error[:LONGEST_ERROR])


def note(mail: Mail, outcome: str, **fields: object) -> None:
    for name, value in fields.items():
        setattr(mail, name, value)
    write_columns([mail], fields)
    metrics.MAILS.labels(outcome).inc()


# By the mail server


def transmit(mail: Mail) -> None:
    """Hand a mail to the mail server. Raises: Undelivered, Undeliverable."""
    if not settings.EMAIL_URL:
        raise Undeliverable(_("No mail server is known to the shop: the setting EMAIL_URL is missing."))
    try:
        composed(mail).send()
    except ValueError as error:  # what Django says of headers and addresses that cannot be
        raise Undeliverable(str(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        kind = Undeliverable if is_final(error) else Undelivered
        raise kind(sentence(error)) from error


def composed(mail: Mail) -> EmailMultiAlternatives:
    if not mail.to.rpartition("@")[0].isascii():
        # Django would write the mailbox's name as another one, which may belong to somebody.
        raise ValueError(_("The name of this mailbox has letters that the shop cannot send to."))
    key = salted_hmac("bookstore.core.delivery", str(mail.pk)).hexdigest()
    headers = {
        **mail.headers,
        "Message-ID": f"<{key}@{urlsplit(settings.SITE_URL).hostname}>",
        "Date": http_date(mail.created_at.timestamp()).replace("GMT", "+0000"),
        "Auto-Submitted": "auto-generated",  # RFC 3834: holiday notices do not answer
    }
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers)
    message.attach_alternative(mail.html, "text/html")
    return message


def is_final(error: Exception) -> bool:
    """
    Tell whether the mail server refused this mail for good.

    What it says against the shop (a password, too many connections) is mended by staff, and the mail goes later.
    Source: RFC 5321, 4.2.1: a code of 5yz is a permanent failure.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reply in error.recipients.values())
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, smtplib.SMTPNotSupportedError)


def sentence(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies: list[tuple[int, bytes | str]] = [*error.recipients.values()]
    elif isinstance(error, smtplib.SMTPResponseException):
        replies = [(error.smtp_code, error.smtp_error)]
    else:
        return _("The mail server cannot be reached: %(error)s") % {"error": error or type(error).__name__}
    said = "; ".join(f"{code} {as_words(reply)}" for code, reply in replies)
    return _("The mail server said: %(said)s") % {"said": said}


def as_words(reply: bytes | str) -> str:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return text.replace("\0", "")


# Afterwards


def delete_old_mails() -> None:
    """Delete what is no longer of use, and give up what no job is left to send."""
    now = timezone.now()
    Mail.objects.filter(sent_at__lt=now - KEPT_SENT).delete()
    Mail.objects.filter(failed_at__lt=now - KEPT_FAILED).delete()
    jobs = ProcrastinateJob.objects.filter(
        lock=Concat(Value(LOCK.format("")), OuterRef("pk"), output_field=TextField()), status__in=["todo", "doing"]
    )
    lost = Mail.objects.filter(~Exists(jobs), sent_at=None, failed_at=None)
    lost.update(failed_at=now, error=_("Its job was lost before the mail could be sent."))
