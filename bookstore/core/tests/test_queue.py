"""Jobs that are put into the queue by jobs."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.core.mail import post_mail
from bookstore.core.models import Mail
from bookstore.core.tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_in_the_worker() -> Iterator[None]:
    with app.replace_connector(app.connector.get_worker_connector()):
        yield


def waiting() -> tuple[int, int]:
    return Mail.objects.count(), ProcrastinateJob.objects.filter(task_name="bookstore.core.jobs.send_mail").count()


def test_what_a_job_rolls_back_leaves_no_job_behind():
    with transaction.atomic():
        post_mail("ada@example.com", "mail/account_closed", {"name": "Ada"})
        transaction.set_rollback(True)
    assert waiting() == (0, 0)


def test_what_a_job_puts_into_the_queue_begins_once_it_is_committed():
    with transaction.atomic():
        post_mail("ada@example.com", "mail/account_closed", {"name": "Ada"})
        assert race(waiting) == [(0, 0)]  # as everybody else sees it
    assert waiting() == (1, 1)
