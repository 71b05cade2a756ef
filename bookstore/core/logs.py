"""
Logs: one JSON object a line on stderr, ours and the libraries' alike, each with the id of its request.

Imported by the settings, so nothing here may need Django.
"""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

REMOVED = "[removed]"
SECRET_NAME = re.compile(r"passw|secret|token|authorization|cookie|session|credential", re.IGNORECASE)
SECRET_TEXT = (
    re.compile(r"(?P<kept>\bBearer\s+)[^\s\"',]+", re.IGNORECASE),
    re.compile(r"(?P<kept>\bcookie:).+", re.IGNORECASE),
    re.compile(r"(?P<kept>)\beyJ[\w-]+\.[\w-]+\.[\w-]+"),
    re.compile(
        r"(?P<kept>\b\w*(?:password|secret|token|sessionid|cookie)\w*[\"']?[=:]\s?[\"']?)[^\s\"'&,;)]+", re.IGNORECASE
    ),
)


def configure_logs(level: str) -> None:
    """Send all logs from `level` on to stderr, as JSON."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            remove_secrets,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    quieten_libraries()


def quieten_libraries() -> None:
    """Drop lines that repeat the access line, print an address with the secrets in it, or greet at each start."""
    requests = logging.getLogger("django.request")
    requests.filters = [only_tracebacks]
    logging.getLogger("django.server").setLevel(logging.CRITICAL)
    # Of a name that a template does not know it would print all that the template does, the keys in mails with it.
    logging.getLogger("django.template").setLevel(logging.INFO)
    for name in ("procrastinate.blueprints", "procrastinate.periodic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # While the database is away it tells of every try; the requests that fail for it say so too.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


def only_tracebacks(record: logging.LogRecord) -> bool:
    if record.levelno < logging.ERROR or not record.exc_info:
        return False
    # Django's own message holds the raw path, which may be a link that resets a password.
    record.msg, record.args = "Unhandled error", ()
    return True


def remove_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what a reader of logs must never learn: tokens, passwords, cookies."""
    return {name: cleaned(name, value) for name, value in event.items()}


def cleaned(name: str, value: Any) -> Any:
    if is_secret(name):
        return REMOVED
    if isinstance(value, Mapping):
        return {str(key): cleaned(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned("", inner) for inner in value]
    if isinstance(value, str):
        for pattern in SECRET_TEXT:
            value = pattern.sub(rf"\g<kept>{REMOVED}", value)
    return value


def is_secret(name: str) -> bool:
    """Tell whether what goes by this name does not belong in a log."""
    return bool(SECRET_NAME.search(name))


def current_request_id() -> str | None:
    """Return the id of the request that this thread is answering."""
    return structlog.contextvars.get_contextvars().get("request_id")
