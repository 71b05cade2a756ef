"""Child processes that are kept running, and that never outlive whoever started them."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

logger = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.5  # seconds before an ended child is started again; doubles while it keeps ending
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds; a child that ran for so long begins anew with the shortest pause
PATIENCE = 20.0  # seconds that children have to stop by themselves

AUTOGROUP = Path("/proc/self/autogroup")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """
    Have the kernel send this process a signal when its parent ends, however that ends.

    Linux only; elsewhere an orphan has to be ended by hand.
    """
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, by)
        if os.getppid() != parent:
            os.kill(os.getpid(), by)


def be_nice(niceness: int) -> None:
    """
    Let others go first where all processors are busy.

    Linux may share them out by session first, and weigh only processes of one session against one another; so the
    session of this process, which is to be its own, steps back as well.
    Source: sched(7), the autogroup feature.
    """
    os.nice(niceness)
    # There is no such file elsewhere, and it takes one change in a tenth of a second. That is no reason not to start.
    with suppress(OSError):
        AUTOGROUP.write_text(str(niceness))


class Child:
    """One command that is started again whenever it ends; with a `niceness` it lets others go first."""

    def __init__(self, name: str, command: list[str], *, folder: Path, environment: dict[str, str], niceness: int = 0):
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._folder = folder
        self._environment = environment
        self._niceness = niceness
        self._pause = SHORTEST_PAUSE
        self._due_at = self._started_at = 0.0

    def tend(self) -> None:
        """Start the child where it does not run and its pause is over."""
        now = time.monotonic()
        if self.process and self.process.poll() is not None:
            self._pause = SHORTEST_PAUSE if now - self._started_at > STEADY else min(self._pause * 2, LONGEST_PAUSE)
            self._due_at = now + self._pause
            logger.warning("%s ended (%s), starting again", self.name, self.process.returncode)
            self.process = None
        if not self.process and now >= self._due_at:
            self._start(now)

    def _start(self, now: float) -> None:
        self._started_at = now
        self.process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C reaches the supervisor alone, which stops all in order
            preexec_fn=partial(self._begin, os.getpid()),
        )

    def _begin(self, parent: int) -> None:
        if self._niceness:
            be_nice(self._niceness)
        die_with(parent)


def stop(children: Iterable[Child]) -> None:
    """Ask all children to stop, wait for them, and kill those that take too long."""
    running = [child.process for child in children if child.process]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in running:
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
