"""That every test is run once when several processes share them, whatever becomes of the others."""

from collections import Counter
from typing import Any

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction
from xdist.scheduler import LoadFileScheduling


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Give each test an id of its own: of several with the same one, xdist runs only the first.

    pytest takes none from the names that schemathesis gives to the calls of the API document.
    """
    for item in items:
        if isinstance(item, SchemathesisFunction) and item.id.params is None:
            item._id = item.id.with_params(item.operation_label)
    twice = [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"Several tests have one id, and would not all be run: {', '.join(twice)}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return Scheduler(config, log) if config.getvalue("dist") == "loadfile" else None


class Scheduler(LoadFileScheduling):
    """Give a process whole files, and run no test again that took its process along: it would take the next too."""

    def schedule(self) -> None:
        super().schedule()
        # A process begins a test when it knows the next. One that takes another's place is given a single file, and
        # of that may be left a single test: with the next file, or the word that there is none, it begins.
        super().schedule()

    def remove_node(self, node: Any) -> str | None:
        files = self.assigned_work[node]
        crashed = next(((name, tests) for tests in files.values() for name in tests if not tests[name]), None)
        if crashed:
            name, tests = crashed
            tests[name] = True
        # xdist would hand out files again of which nothing is left to run, and wait for their tests.
        self.assigned_work[node] = {file: tests for file, tests in files.items() if not all(tests.values())}
        super().remove_node(node)
        return crashed[0] if crashed else None
