"""What the tests of all apps share."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

pytest_plugins = ["bookstore.web.tests.browser"]


@pytest.fixture(scope="session", autouse=True)
def files_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve static files by their plain names, as nobody has collected them; keep uploads out of the shop's folder."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    uploads = tmp_path_factory.mktemp("media")
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, MEDIA_ROOT=uploads):
        yield
