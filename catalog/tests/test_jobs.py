"""What becomes of the catalogue's jobs that meet somebody's lock."""

from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.core.tests.working import work_off
from catalog import jobs


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("task", "arguments", "work"),
    [
        (jobs.index_many, {"book_ids": [1]}, "index_books"),
        (jobs.carry_on_bulk, {"change_id": 1}, "carry_on_bulk_change"),
    ],
)
def test_work_that_nothing_repeats_is_tried_again_after_a_pause(
    task: Any, arguments: dict[str, Any], work: str, monkeypatch: pytest.MonkeyPatch
):
    def meet_a_lock(*_arguments: Any) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(jobs, work, meet_a_lock)
    began = timezone.now()
    pk = task.defer(**arguments)
    work_off("catalogue")
    job = ProcrastinateJob.objects.get(pk=pk)
    assert job.status == "todo"
    assert job.scheduled_at > began
