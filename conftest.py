"""What the tests of all apps share."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from bookstore.core.tests.racing import PATIENCE

# The same examples in every run, others in each of the long loops, and as long for each as it takes.
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci")

pytest_plugins = ["bookstore.core.tests.scheduling", "bookstore.web.tests.browser"]


@pytest.fixture(scope="session", autouse=True)
def files_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """
    Serve static files by their plain names, as nobody has collected them; keep uploads out of the shop's folder,
    and mails on this machine.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    uploads = tmp_path_factory.mktemp("media")
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, MEDIA_ROOT=uploads, OUTBOX=True):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Let connections and locks be waited for longer than a slow machine may stand still."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["connect_timeout"] = 60
    options["options"] += f" -c lock_timeout={PATIENCE}s"


@pytest.fixture(autouse=True)
def no_jobs_left_behind(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """The job queue's tables are not Django's, so what a test with real transactions leaves there is not flushed."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if {"live_server", "transactional_db"} & {*request.fixturenames} or (mark and mark.kwargs.get("transaction")):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_events")
            cursor.execute("DELETE FROM procrastinate_jobs")
