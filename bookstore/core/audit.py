"""
What must always hold, as each app says in its `audit.py`.

A check is a function that yields a line for every row at fault; it reads in one statement, so that a shop that
is selling meanwhile is not found at fault.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from bookstore.core.models import AuditRun

MOST_SHOWN = 100  # rows of one check
MOST_KEPT = 20
KEPT_FOR = timedelta(days=90)

Check = Callable[[], Iterable[str]]
C = TypeVar("C", bound=Check)

_checks: dict[str, Check] = {}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """How many rows one check found at fault, and the first of them."""

    check: str
    count: int
    rows: list[str]


def check(name: str) -> Callable[[C], C]:
    """Register a check under what it says must hold."""

    def register(function: C) -> C:
        _checks[name] = function
        return function

    return register


def all_checks() -> dict[str, Check]:
    """Return every app's checks by name."""
    autodiscover_modules("audit")
    return dict(_checks)


def findings() -> Iterator[Finding]:
    """Make every check and yield what it found, one after the other."""
    for name, faults_of in all_checks().items():
        faults = iter(faults_of())
        rows = list(itertools.islice(faults, MOST_SHOWN))
        yield Finding(name, len(rows) + sum(1 for _fault in faults), rows)


def keep(found: Sequence[Finding], started_at: datetime) -> AuditRun:
    """Keep what a run of all checks found, and delete runs of three months ago."""
    now = timezone.now()
    AuditRun.objects.filter(finished_at__lt=now - KEPT_FOR).delete()
    run = AuditRun.objects.create(
        started_at=started_at,
        finished_at=now,
        checks=len(found),
        fault_count=sum(each.count for each in found),
        faults=[
            {"check": each.check, "count": each.count, "rows": each.rows[:MOST_KEPT]} for each in found if each.count
        ],
    )
    if run.fault_count:
        log.error("audit.faults", count=run.fault_count, checks=[fault["check"] for fault in run.faults])
    return run


def run_audit() -> AuditRun:
    """Make every check and keep what was found."""
    started_at = timezone.now()
    return keep(list(findings()), started_at)
