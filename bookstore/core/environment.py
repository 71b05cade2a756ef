"""Reading the environment: each variable is typed, and a malformed one stops the start with one sentence."""

import os
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import available_timezones

import environ

T = TypeVar("T")


def read(name: str, parse: Callable[[str], T], default: T) -> T:
    """Read one environment variable; an empty one counts as unset, a malformed one stops the start."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return parse(raw)
    except ValueError as error:
        sys.exit(f"The setting {name} is malformed: {error}.")


def boolean(raw: str) -> bool:
    if raw.lower() in {"1", "true", "yes", "on"}:
        return True
    if raw.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{raw!r} is neither on nor off")


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and low <= int(raw) <= high):
            raise ValueError(f"{raw!r} is not a whole number from {low} to {high}")
        return int(raw)

    return parse


def decimal_number(low: str, high: str, places: int) -> Callable[[str], Decimal]:
    def parse(raw: str) -> Decimal:
        number = Decimal(raw) if re.fullmatch(rf"\d{{1,8}}(\.\d{{1,{places}}})?", raw, re.ASCII) else None
        if number is None or not Decimal(low) <= number <= Decimal(high):
            raise ValueError(f"{raw!r} is not a number from {low} to {high} with at most {places} decimal places")
        return number

    return parse


def words(raw: str) -> list[str]:
    return [word.strip() for word in raw.split(",") if word.strip()]


def currency(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", raw):
        raise ValueError(f"{raw!r} is not a currency code of ISO 4217, such as EUR")
    return raw


def time_zone(raw: str) -> str:
    if raw not in available_timezones():
        raise ValueError(f"{raw!r} is no time zone, such as Europe/Berlin")
    return raw


def log_level(raw: str) -> str:
    if raw.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError(f"{raw!r} is none of DEBUG, INFO, WARNING, ERROR")
    return raw.upper()


def web_address(raw: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", raw):
        raise ValueError(f"{raw!r} is not an address such as https://shop.example")
    return raw.rstrip("/")


def database(raw: str) -> dict[str, Any]:
    scheme = raw.partition("://")[0]
    if scheme not in {"postgres", "postgresql"}:
        raise ValueError("it must be a PostgreSQL address, postgresql://user:password@host:5432/name")
    config = dict(environ.Env.db_url_config(raw))
    if not config.get("NAME"):
        raise ValueError("it names no database")
    return config


def mail(raw: str) -> dict[str, Any]:
    try:
        return dict(environ.Env.email_url_config(raw))
    except (KeyError, ValueError) as error:
        raise ValueError("it must be a mail server's address, smtp+tls://user:password@host:587") from error
