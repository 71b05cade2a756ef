"""What the audit finds is kept, whoever ran it."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import StaffFactory
from bookstore.core import audit
from bookstore.core.jobs import run_audit
from bookstore.core.models import AuditRun

pytestmark = pytest.mark.django_db
NAME = "Nothing is <odd>"


@pytest.fixture
def odd() -> Iterator[list[str]]:
    """A check more than the shop's own; the rows that it finds."""
    rows: list[str] = []
    audit.check(NAME)(lambda: iter(rows))
    yield rows
    del audit._checks[NAME]


def test_a_shop_in_order_is_kept_as_such(odd: list[str]) -> None:
    run_audit.func(timestamp=0)
    run = AuditRun.objects.get()
    assert (run.fault_count, run.faults, run.checks) == (0, [], len(audit.all_checks()))
    assert run.started_at <= run.finished_at


def test_faults_are_counted_and_the_first_of_them_kept(odd: list[str]) -> None:
    odd += [f"row {number}" for number in range(audit.MOST_SHOWN + 5)]
    run_audit.func(timestamp=0)
    run = AuditRun.objects.get()
    assert run.fault_count == audit.MOST_SHOWN + 5
    assert run.faults == [{"check": NAME, "count": audit.MOST_SHOWN + 5, "rows": odd[: audit.MOST_KEPT]}]


def test_the_command_keeps_what_it_prints(odd: list[str]) -> None:
    odd += [f"row {number}" for number in range(audit.MOST_SHOWN + 5)]
    out = StringIO()
    with pytest.raises(CommandError, match="^105 rows are at fault.$"):
        call_command("audit", stdout=out)
    assert f"FAULT {NAME}\n      row 0\n" in out.getvalue() and "      and 5 more\n" in out.getvalue()
    assert AuditRun.objects.get().fault_count == 105


def test_runs_of_three_months_ago_go() -> None:
    before = timezone.now() - audit.KEPT_FOR
    for at in (before - timedelta(minutes=1), before + timedelta(minutes=1)):
        AuditRun.objects.create(started_at=at, finished_at=at, checks=1, fault_count=0)
    run_audit.func(timestamp=0)
    assert AuditRun.objects.count() == 2


def test_staff_read_what_was_found(client: Client, odd: list[str]) -> None:
    odd += ["<b>row</b>"]
    run_audit.func(timestamp=0)
    client.force_login(StaffFactory())
    run = AuditRun.objects.get()
    assert "Rows at fault: 1" in client.get("/admin/core/auditrun/").text
    page = client.get(f"/admin/core/auditrun/{run.pk}/change/").text
    assert "<strong>Nothing is &lt;odd&gt; (1)</strong>" in page and "<li>&lt;b&gt;row&lt;/b&gt;</li>" in page
