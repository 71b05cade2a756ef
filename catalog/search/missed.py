"""
What was searched for in vain: a hint of what to order.

Only words are kept, folded and in short: nothing that may be an address, a telephone number or a text that somebody
pasted, and nothing of who asked.
"""

import re
from datetime import timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from bookstore.core import advisory
from catalog.search.finding import isbn_of
from catalog.search.models import MissedSearch
from catalog.search.words import key_of

MOST = 10_000  # rows; what is new is not noted beyond them
MOST_KEPT = 5_000  # of them once the sweep had to make room
KEPT_FOR = timedelta(days=90)
LONGEST = 100  # characters
LIKE_A_NUMBER = re.compile(r"(?:\d[\s()/.+-]*){7}")  # of a telephone, a card, a customer

log = structlog.get_logger(__name__)

# A search waits for nobody: words that another one is noting at this moment go uncounted, and the disk is not waited
# for. Rows are counted only for words that are new.
NOTE = """
    INSERT INTO catalog_missedsearch AS old (words, count, last_at)
    SELECT %(words)s, 1, statement_timestamp()
    WHERE set_config('synchronous_commit', 'off', true) = 'off' AND pg_try_advisory_xact_lock(%(lock)s) AND (
        EXISTS (SELECT FROM catalog_missedsearch WHERE words = %(words)s)
        OR (SELECT count(*) FROM catalog_missedsearch) < %(most)s
    )
    ON CONFLICT (words) DO UPDATE SET count = old.count + 1, last_at = excluded.last_at
"""


def note_missed(question: str) -> None:
    """Note that nothing was found for a question. Where that fails the search does not."""
    words = words_to_keep(question)
    if words is None:
        return
    values = {"words": words, "lock": advisory.number_of(f"missed {words}"), "most": MOST}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(NOTE, values)
    except DatabaseError as error:
        log.warning("search.not_noted", cause=str(error))


def words_to_keep(question: str) -> str | None:
    """Return the words of a question as they are kept, an ISBN as 13 digits; None for what is not kept."""
    if isbn := isbn_of(question):
        return isbn
    words = key_of(question)
    is_private = "@" in question or LIKE_A_NUMBER.search(question)
    return words if words and max(len(question), len(words)) <= LONGEST and not is_private else None


def sweep_missed() -> None:
    """Forget what nobody has searched for within 90 days and, where rows are many, what was searched for least."""
    MissedSearch.objects.filter(last_at__lt=timezone.now() - KEPT_FOR).delete()
    if MissedSearch.objects.count() >= MOST:
        kept = MissedSearch.objects.order_by("-count", "-last_at", "words").values("pk")[:MOST_KEPT]
        MissedSearch.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
