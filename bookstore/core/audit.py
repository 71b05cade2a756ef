"""
What must always hold, as each app says in its `audit.py`.

A check is a function that yields a line for every row at fault; it reads in one statement, so that a shop that
is selling meanwhile is not found at fault.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.utils.module_loading import autodiscover_modules

Check = Callable[[], Iterable[str]]
C = TypeVar("C", bound=Check)

_checks: dict[str, Check] = {}


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
