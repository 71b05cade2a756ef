"""The local server, used by real processes that come, go and are killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from bookstore.core.local_postgres.server import LocalServer

ROOT = Path(__file__).parents[3]

USER = """
import sys
from pathlib import Path
from bookstore.core.local_postgres.server import LocalServer

server = LocalServer(Path(sys.argv[1]))
server.join()
print("joined", flush=True)
for line in sys.stdin:
    server.heal()
    print("healed", flush=True)
server.leave()
"""

# Takes in the orphans of what it starts, and never asks how they ended: they stay zombies.
ADOPT_ZOMBIES = "import ctypes; ctypes.CDLL(None).prctl(36, 1)\n"  # PR_SET_CHILD_SUBREAPER

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


class User(subprocess.Popen[str]):
    """A process that uses the server until `leave`."""

    def __init__(self, data: Path, program: str = USER):
        pipe = subprocess.PIPE
        super().__init__(
            [sys.executable, "-c", program, str(data)], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def joined(self) -> "User":
        assert self.stdout and self.stdout.readline() == "joined\n", self.communicate()[1]
        return self

    def heal(self) -> None:
        assert self.stdin and self.stdout
        self.stdin.write("heal\n")
        self.stdin.flush()
        assert self.stdout.readline() == "healed\n"

    def leave(self) -> None:
        _, errors = self.communicate()
        assert (self.returncode, errors) == (0, "")


@contextmanager
def using(data: Path, program: str = USER) -> Iterator[User]:
    user = User(data, program).joined()
    yield user
    user.leave()


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split("\n")[0])


def is_running(data: Path) -> bool:
    return (data / "postmaster.pid").exists() and LocalServer(data)._is_alive()


def ask(data: Path, statement: str) -> object:
    address = LocalServer(data).address
    with psycopg.connect(host=address["HOST"], port=5432, user="postgres", dbname="bookstore") as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def made_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("made") / "postgres"
    with using(data):
        ask(data, "CREATE TABLE note AS SELECT 'kept' AS text")
    return data


@pytest.fixture
def data(made_cluster: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "postgres"
    shutil.copytree(made_cluster, folder)
    yield folder
    if is_running(folder):
        with using(folder):
            pass


def test_server_runs_from_the_first_user_to_the_last(data: Path) -> None:
    first = User(data).joined()
    second = User(data).joined()
    first.leave()
    assert ask(data, "SELECT text FROM note") == "kept"
    second.leave()
    assert not is_running(data)


def test_users_that_come_at_once_share_one_server(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    users = [User(data) for _ in range(6)]
    for user in users:
        user.joined()
    postmasters = [p for p in psutil.process_iter(["cmdline"]) if str(data) in (p.info["cmdline"] or [])]
    assert [p.pid for p in postmasters] == [postmaster(data)]
    assert ask(data, "SELECT count(*) FROM pg_database WHERE datname = 'bookstore'") == 1
    for user in users:
        user.leave()
    assert not is_running(data)


def test_user_that_comes_while_the_last_one_goes_is_served(data: Path) -> None:
    for _ in range(3):
        leaver = User(data).joined()
        assert leaver.stdin
        leaver.stdin.close()
        with using(data):
            leaver.wait()
            assert ask(data, "SELECT text FROM note") == "kept"


def test_killed_user_leaves_a_server_that_the_next_one_uses_and_stops(data: Path) -> None:
    user = User(data).joined()
    user.kill()
    user.wait()
    running = postmaster(data)
    with using(data):
        assert postmaster(data) == running
    assert not is_running(data)


def test_killed_server_is_started_again_with_all_it_had(data: Path) -> None:
    with using(data) as user:
        ask(data, "UPDATE note SET text = 'changed'")
        os.kill(postmaster(data), signal.SIGKILL)
        user.heal()
        assert ask(data, "SELECT text FROM note") == "changed"


def test_killed_server_and_user_leave_nothing_in_the_way(data: Path) -> None:
    user = User(data).joined()
    os.kill(postmaster(data), signal.SIGKILL)
    user.kill()
    user.wait()
    with using(data):
        assert ask(data, "SELECT text FROM note") == "kept"


@linux_only
def test_killed_server_that_nobody_buries_is_not_in_the_way(data: Path) -> None:
    with using(data, ADOPT_ZOMBIES + USER) as user:
        killed = psutil.Process(postmaster(data))
        killed.kill()
        wait_until(lambda: killed.status() == psutil.STATUS_ZOMBIE)
        user.heal()
        assert ask(data, "SELECT text FROM note") == "kept"


@linux_only
def test_number_of_a_dead_server_may_belong_to_another_process(data: Path) -> None:
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n\n\n1 1\nready\n")
    with using(data):
        assert ask(data, "SELECT text FROM note") == "kept"


def test_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    half_made = tmp_path / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with using(tmp_path / "postgres"):
        assert ask(tmp_path / "postgres", "SELECT 1") == 1


@pytest.mark.parametrize("folder", ["a path with spaces & 'quotes'", "/".join(["very-long-name" * 8] * 4)])
def test_any_path_will_do(folder: str, made_cluster: Path, tmp_path: Path) -> None:
    data = tmp_path / folder / "postgres"
    shutil.copytree(made_cluster, data)
    with using(data):
        assert ask(data, "SELECT text FROM note") == "kept"


def test_socket_folder_that_others_may_enter_is_refused(made_cluster: Path, tmp_path: Path) -> None:
    data = tmp_path / ("very-long-name" * 8) / "postgres"
    shutil.copytree(made_cluster, data)
    sockets = Path(LocalServer(data).address["HOST"])
    sockets.mkdir(mode=0o755)
    try:
        user = User(data)
        assert "is not ours alone" in user.communicate()[1]
        assert not is_running(data)
    finally:
        sockets.rmdir()


@needs_root
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_root_runs_it_as_nobody_below_open_and_closed_folders(
    mode: int, made_cluster: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Path("/var/tmp", f"bookstore-test-{os.getpid()}")
    home.mkdir(mode=mode)
    try:
        shutil.copytree(made_cluster, home / "postgres")
        with using(home / "postgres"):
            assert psutil.Process(postmaster(home / "postgres")).username() == "nobody"
            assert home.stat().st_mode & 0o777 == mode
    finally:
        shutil.rmtree(home)


def test_server_listens_on_no_port_and_its_socket_is_private(data: Path) -> None:
    with using(data):
        assert ask(data, "SHOW listen_addresses") == ""
        assert (data / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0
        assert data.stat().st_mode & 0o777 == 0o700


@pytest.mark.soak
def test_kills_and_restarts_lose_nothing(data: Path) -> None:
    for number in range(100):
        user = User(data).joined()
        ask(data, f"INSERT INTO note VALUES ('{number}')")
        if number % 2:
            os.kill(postmaster(data), signal.SIGKILL)
        if number % 3:
            user.kill()
            user.wait()
        else:
            user.heal()
            user.leave()
    with using(data):
        assert ask(data, "SELECT count(*) FROM note") == 101
