"""What becomes of a run in which a test hangs, or takes its process along."""

import os
from pathlib import Path

import pytest
from django.conf import settings

from bookstore.core.tests.processes import Process
from bookstore.core.tests.scheduling import pytest_collection_modifyitems

BAD = """
import os, threading, pytest

@pytest.mark.timeout(1)
def test_that_hangs():
    threading.Event().wait()

def test_that_ends_its_process():
    os._exit(1)

def test_behind():
    pass
"""


def run(folder: Path) -> str:
    options = "-n 1 --dist loadfile -p bookstore.core.tests.scheduling"
    ours = settings.BASE_DIR / "pytest.ini"
    environment = os.environ | {"PYTHONPATH": str(settings.BASE_DIR), "PYTEST_XDIST_WORKER": ""}
    with Process("-m", "pytest", *options.split(), "-c", ours, "--rootdir", folder, folder, env=environment) as process:
        return process.communicate(timeout=150)[0]  # it starts three times, on a busy machine too


def test_a_test_that_hangs_or_ends_its_process_fails_and_all_others_are_run(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text(BAD)
    (tmp_path / "test_good.py").write_text("def test(): pass")
    said = run(tmp_path)
    assert "2 failed, 2 passed" in said, said
    assert "Failed: Timeout (>1.0s)" in said and "Stack of" in said
    assert "crashed while running 'test_bad.py::test_that_ends_its_process'" in said


def test_several_tests_with_one_id_are_refused(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.UsageError, match="test_several_tests_with_one_id_are_refused"):
        pytest_collection_modifyitems([request.node, request.node])
