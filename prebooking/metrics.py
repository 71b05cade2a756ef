"""What prebooking counts for Prometheus."""

from prometheus_client import Counter

NOTIFIED = Counter("prebook_notified", "Prebooks whose shopper was told that the book is back.")
