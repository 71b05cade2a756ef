"""The worker itself, in this process: which jobs it does, and what becomes of one that fails."""

import asyncio
import threading

from procrastinate.contrib.django import app

from bookstore.core.tests.racing import LONGEST_RACE


def work_off(queue: str) -> None:
    """Let a worker do what may begin in a queue, until nothing may; tests need real transactions for it."""

    async def work() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):
            async with app.open_async():
                await app.run_worker_async(
                    queues=[queue], wait=False, listen_notify=False, install_signal_handlers=False
                )

    # A thread without the browser tests' event loop.
    worker = threading.Thread(target=asyncio.run, args=(work(),), daemon=True)
    worker.start()
    worker.join(LONGEST_RACE)
    assert not worker.is_alive(), "the worker does not end"
