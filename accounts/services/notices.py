"""
What the shop tells its users by itself: in the app and by mail, each as far as they want it.

A notice is written in the transaction of its cause, so a rolled-back cause tells nobody.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import override

from accounts.exceptions import NotificationNotFound, UnsubscribeRefused
from accounts.models import LONGEST_NOTICE, OPTIONAL, Channel, Kind, Notification, NotificationPreference, User
from bookstore.core.mail import post_mail
from bookstore.core.prepared import run_prepared

Words = str | Promise

KEPT_READ = timedelta(days=90)
KEPT_UNREAD = timedelta(days=365)
MOST_COUNTED = 100
UNSUBSCRIBE = "accounts.unsubscribe"
UNSUBSCRIBE_LASTS = timedelta(days=365)  # mails are read late

# One statement for however many; whoever is gone or locked out is told nothing.
NOTIFY = """
    INSERT INTO accounts_notification (user_id, kind, title, body, url, created_at)
    SELECT person.id, %(kind)s::text, words.title, words.body, %(url)s::text, %(now)s::timestamptz
    FROM accounts_user AS person
    JOIN unnest(%(languages)s::text[], %(titles)s::text[], %(bodies)s::text[]) AS words (language, title, body)
        ON words.language
            = CASE WHEN person.language = ANY(%(languages)s::text[]) THEN person.language ELSE %(default)s::text END
    WHERE person.id = ANY(%(users)s::bigint[]) AND person.is_active AND NOT EXISTS (
        SELECT FROM accounts_notificationpreference AS preference
        WHERE preference.user_id = person.id AND preference.kind = %(kind)s::text
            AND preference.channel = %(channel)s::text AND NOT preference.is_wanted
    )
    ORDER BY person.id
"""


def notify(kind: Kind, user_ids: Iterable[int], *, title: Words, body: Words, url: str) -> None:
    """
    Tell users something in the app, as far as they want to hear of this kind there, each in their language.

    What is lazily translated is put into words for each language. `url` is a path of ours. What is too long is cut.
    Runs in the current transaction, in one statement. Raises: IntegrityError for a `url` that could lead elsewhere.
    """
    languages = [code for code, _name in settings.LANGUAGES]
    values: dict[str, Any] = {
        "kind": kind.value,
        "languages": languages,
        "titles": [_said_in(language, title) for language in languages],
        "bodies": [_said_in(language, body) for language in languages],
        "default": settings.LANGUAGE_CODE,
        "url": url,
        "now": timezone.now(),
        "users": list(user_ids),
        "channel": Channel.IN_APP.value,
    }
    run_prepared(NOTIFY, values)


def wants_mail(kind: Kind, user_ids: Collection[int]) -> set[int]:
    """Return those of the users who want mails of this kind."""
    refusals = NotificationPreference.objects.filter(
        user=OuterRef("pk"), kind=kind, channel=Channel.MAIL, is_wanted=False
    )
    wanting = User.objects.filter(~Exists(refusals), pk__in=user_ids, is_active=True)
    return set(wanting.values_list("pk", flat=True))


def post_notice_mail(kind: Kind, user: User, template: str, context: Mapping[str, Any]) -> None:
    """
    Write a mail of this kind, if the user wants such; by one click it is the last.

    The templates know `unsubscribe_url` beside `context`; mail/base shows it.
    Source: RFC 2369 and RFC 8058 for the headers.
    """
    if not wants_mail(kind, [user.pk]):
        return
    link = settings.SITE_URL + reverse("notifications:unsubscribe", args=[unsubscribe_token(kind, user)])
    headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    context = {**context, "unsubscribe_url": link}
    post_mail(user.email, template, context, language=user.language, headers=headers)


def _said_in(language: str, words: Words) -> str:
    with override(language):
        text = str(words)
    return text if len(text) <= LONGEST_NOTICE else text[: LONGEST_NOTICE - 1].rstrip() + "…"


# Reading


def count_unread(user_id: int) -> int:
    """Count what the user has not read yet, up to MOST_COUNTED."""
    return Notification.objects.filter(user=user_id).unread()[:MOST_COUNTED].count()


def read_notice(user: User, notice_id: int) -> Notification:
    """Note that the user has seen a notice; the first time counts. Raises: NotificationNotFound."""
    mine = Notification.objects.of(user).filter(pk=notice_id)
    mine.unread().update(read_at=timezone.now())
    notice = mine.first()
    if notice is None:
        raise NotificationNotFound
    return notice


def read_all_notices(user: User, up_to: int | None = None) -> None:
    """Note that the user has seen all notices, or all up to the newest that a page showed."""
    unread = Notification.objects.of(user).unread()
    if up_to is not None:
        unread = unread.filter(pk__lte=up_to)
    unread.update(read_at=timezone.now())


def delete_old_notices() -> None:
    """Delete what was read 90 days ago, and what nobody has read for a year."""
    now = timezone.now()
    # Read so long ago is written so long ago, too, which there is an index for.
    Notification.objects.filter(created_at__lt=now - KEPT_READ, read_at__lt=now - KEPT_READ).delete()
    Notification.objects.filter(created_at__lt=now - KEPT_UNREAD).delete()


# Preferences


def preferences_of(user: User) -> dict[tuple[Kind, Channel], bool]:
    """Return whether the user wants each kind by each channel, where that is a matter of choice."""
    said = {
        (row.kind, row.channel): row.is_wanted
        for row in NotificationPreference.objects.filter(user=user).only("kind", "channel", "is_wanted")
    }
    return {(kind, channel): said.get((kind, channel), True) for kind, channel in OPTIONAL}


def set_preferences(user: User, wanted: Mapping[tuple[Kind, Channel], bool]) -> None:
    """Note which kinds the user wants by which channels; what is not named stays."""
    NotificationPreference.objects.bulk_create(
        [
            NotificationPreference(user=user, kind=kind, channel=channel, is_wanted=is_wanted)
            for (kind, channel), is_wanted in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "kind", "channel"],
        update_fields=["is_wanted"],
    )


def unsubscribe_token(kind: Kind, user: User) -> str:
    """Sign that whoever has this may switch off one user's mails of one kind, and nothing else."""
    return signing.dumps([user.pk, kind.value], salt=UNSUBSCRIBE)


def read_unsubscribe_token(token: str) -> tuple[User, Kind]:
    """Return whose mails of which kind a token is about. Raises: UnsubscribeRefused."""
    try:
        user_id, kind = signing.loads(token, salt=UNSUBSCRIBE, max_age=UNSUBSCRIBE_LASTS)
        return User.objects.get(pk=user_id), Kind(kind)
    except (signing.BadSignature, ValueError, User.DoesNotExist) as error:
        raise UnsubscribeRefused from error


def unsubscribe(token: str) -> Kind:
    """Send the user no more mails of the token's kind, and return that kind. Raises: UnsubscribeRefused."""
    user, kind = read_unsubscribe_token(token)
    set_preferences(user, {(kind, Channel.MAIL): False})
    return kind
