"""Who calls the API in the catalogue's tests."""

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import StaffFactory


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def staff() -> APIClient:
    client = APIClient()
    client.force_login(StaffFactory())
    return client
