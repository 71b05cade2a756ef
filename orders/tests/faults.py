"""What the whole shop's audit says."""

from bookstore.core.audit import all_checks


def faults() -> list[str]:
    """Return every row at fault, by any check of any app."""
    return [f"{name}: {line}" for name, check in all_checks().items() for line in check()]
