"""Housekeeping of sessions and notices."""

from procrastinate.contrib.django import app

from accounts import services


@app.periodic(cron="20 4 * * *")
@app.task(queueing_lock="delete_old_sessions")
def delete_old_sessions(timestamp: int) -> None:
    """Delete sessions that ended long ago."""
    services.delete_old_sessions()


@app.periodic(cron="25 4 * * *")
@app.task(queueing_lock="delete_old_notices")
def delete_old_notices(timestamp: int) -> None:
    """Delete notices that were read long ago, or that nobody read for very long."""
    services.delete_old_notices()
