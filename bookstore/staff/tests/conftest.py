"""Who works in the admin, and where the files are."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import StaffFactory


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory(email="staff@example.com"))
    return client


@pytest.fixture
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Keep uploads and reports out of the shop's folder."""
    settings.DATA_DIR = tmp_path / "var"
    return settings.DATA_DIR
