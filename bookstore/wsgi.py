"""The web process: a bounded pool of connections, and no statement that outlives a reader's patience."""

import multiprocessing
import os
import signal

from django.core.wsgi import get_wsgi_application

from bookstore.core.processes import die_with
from bookstore.core.wsgi import always_utf8

# A worker without its server would keep the port, and answer from it.
if server := multiprocessing.parent_process():
    die_with(server.pid or 0)
    # Until granian sets its own, after this file, the worker has its parent's handler, which would do nothing here.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", os.environ.get("WEB_THREADS") or "4")
os.environ.setdefault("STATEMENT_TIMEOUT", "15")

application = always_utf8(get_wsgi_application())
