"""The wishlists' work that can wait."""

import structlog
from procrastinate.contrib.django import app

from wishlist import services

log = structlog.get_logger(__name__)


@app.periodic(cron="30 7 * * *")
@app.task(queueing_lock="tell_price_drops", retry=3)
def tell_price_drops(timestamp: int = 0) -> int:
    """Tell readers of what on their wishlists costs less."""
    readers = services.tell_price_drops()
    log.info("wishlist.drops_told", readers=readers)
    return readers
