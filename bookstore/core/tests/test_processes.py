"""Child processes of the shop."""

import os
import time
from pathlib import Path

import pytest

from bookstore.core.processes import AUTOGROUP, Child, stop
from bookstore.core.tests.processes import PATIENCE

SAY = """
printf '%s\\n' "$(nice)" "$(cat /proc/self/autogroup 2>/dev/null)" > said.tmp
mv said.tmp said
sleep 600
"""


@pytest.mark.parametrize("niceness", [0, 7])
def test_a_child_lets_others_go_first_and_so_does_its_session(niceness: int, tmp_path: Path):
    child = Child("A child", ["sh", "-c", SAY], folder=tmp_path, environment={**os.environ}, niceness=niceness)
    child.tend()
    try:
        deadline = time.monotonic() + PATIENCE
        while not (tmp_path / "said").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        own, session = (tmp_path / "said").read_text().splitlines()
    finally:
        stop([child])
    assert int(own) == os.nice(0) + niceness
    if AUTOGROUP.exists():
        assert session.endswith(f" nice {niceness}")
