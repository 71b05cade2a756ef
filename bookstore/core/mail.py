"""
Mails: each is a row written in the transaction of its cause, and a job that sends it.

A rolled-back cause mails nobody, a committed one always does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template

from bookstore.core.delivery import LOCK
from bookstore.core.jobs import send_mail
from bookstore.core.languages import speaking
from bookstore.core.models import Mail
from bookstore.core.writing import insert

LONGEST_SUBJECT = 200


def post_mail(
    to: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    language: str = "",
    headers: Mapping[str, str] | None = None,
) -> Mail:
    """
    Write a mail and have it sent once the current transaction commits.

    It is written in the reader's `language`, else in the one that is spoken just now.
    `template` is the beginning of three: `<template>_subject.txt`, `_message.txt`, `_message.html`. Beside
    `context` they know STORE_NAME, SITE_URL and the mail's `subject`.
    """
    context = {"STORE_NAME": settings.STORE_NAME, "SITE_URL": settings.SITE_URL, **(context or {})}
    with speaking(language), transaction.atomic():
        subject = one_line(as_text(f"{template}_subject.txt", context))
        context["subject"] = subject
        mail = Mail(
            to=to,
            kind=template,
            subject=subject,
            text=as_text(f"{template}_message.txt", context).strip() + "\n",
            html=get_template(f"{template}_message.html").render(context),
            headers=dict(headers or {}),
        )
        insert(mail)
        queue(mail)
    return mail


def send_again(mail_ids: Iterable[int]) -> int:
    """
    Have mails that were given up sent anew, with all attempts before them; return how many those are.

    Locks: the mails.
    """
    with transaction.atomic():
        mails = list(Mail.objects.failed().filter(pk__in=list(mail_ids)).locked())
        for mail in mails:
            mail.failed_at, mail.attempts = None, 0
            mail.save(update_fields=["failed_at", "attempts"])
            queue(mail)
    return len(mails)


def queue(mail: Mail) -> None:
    send_mail.configure(lock=LOCK.format(mail.pk)).defer(mail_id=mail.pk)


def as_text(template: str, context: Mapping[str, Any]) -> str:
    """Render a template that makes plain text, in which nothing is to be escaped."""
    # The engine's own template: the backend's would escape.
    return get_template(template).template.render(Context(context, autoescape=False))  # type: ignore[attr-defined]


def one_line(text: str) -> str:
    """Make a subject: one line, printable throughout (no header can hide in it), not endless."""
    line = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"
