"""What orders count for Prometheus."""

from prometheus_client import Counter

CHECKOUTS = Counter("checkout", "Checkouts by what became of them.", ["outcome"])
