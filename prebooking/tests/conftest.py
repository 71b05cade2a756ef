import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def empty_queue(db: None) -> None:
    # Tests with real transactions leave their jobs: Django empties its own tables, not those of the queue.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture
def user() -> User:
    return UserFactory(email="ada@example.com")


@pytest.fixture
def reader(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client
