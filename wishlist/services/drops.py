"""Telling readers what on their wishlists costs less."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Kind
from accounts.services import notify, post_notice_mail
from bookstore.core import advisory
from bookstore.core.writing import write_columns
from catalog.prices import format_price
from wishlist.models import Wish, WishQuerySet

price_in_words = lazy(format_price, str)  # in the language of whoever is told

READERS_AT_ONCE = 200
PAUSE = timedelta(hours=20)  # a day, for a job that may begin a little earlier than the day before


def tell_price_drops() -> int:
    """
    Tell each reader once of every book that has become cheaper, by one mail a day of all; return how many were told.

    Each batch of readers is a transaction, so what was told is noted, and a job that dies goes on where it was.
    Locks: advisory, for each batch, so that two runs at once tell nobody twice.
    """
    number, last = 0, 0
    while readers := _tell_some(after=last):
        number, last = number + len(readers), readers[-1]
    return number


@transaction.atomic
def _tell_some(after: int) -> list[int]:
    """Tell the next readers, by their ids, and return these."""
    advisory.lock(["wishlist price drops"])
    news = _news()
    ids = news.filter(user__gt=after).order_by("user").values_list("user", flat=True).distinct()
    readers = list(ids[:READERS_AT_ONCE])
    wishes = list(news.filter(user__in=readers).select_related("user", "book").order_by("user", "-added_at"))
    _tell_in_app(wishes)
    _tell_by_mail(wishes)
    for wish in wishes:
        wish.told_price, wish.told_at = wish.book.price, timezone.now()
    write_columns(wishes, ["told_price", "told_at"])
    return readers


def _news() -> WishQuerySet:
    """Drops of readers who were told of none today."""
    told = Wish.objects.filter(user=OuterRef("user"), told_at__gt=timezone.now() - PAUSE)
    return Wish.objects.dropped().filter(~Exists(told))


def _tell_in_app(wishes: Iterable[Wish]) -> None:
    readers = defaultdict(list)
    for wish in wishes:
        readers[wish.book].append(wish.user_id)
    for book, user_ids in readers.items():
        title = format_lazy(_("“{title}” costs less"), title=book.title)
        price = price_in_words(book.price)  # type: ignore[arg-type]  # without one it would not have dropped
        body = format_lazy(_("It is on your wishlist, and now costs {price}."), price=price)
        notify(Kind.PRICE_DROP, user_ids, title=title, body=body, url=book.get_absolute_url())


def _tell_by_mail(wishes: Iterable[Wish]) -> None:
    drops = defaultdict(list)
    for wish in wishes:
        drops[wish.user].append(wish)
    for user, theirs in drops.items():
        post_notice_mail(Kind.PRICE_DROP, user, "mail/price_drops", {"wishes": theirs})
