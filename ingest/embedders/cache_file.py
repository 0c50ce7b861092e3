"""A cache in one file: SQLite in the user's cache folder, the least recently used out."""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.embedders.cache_failure import CacheError

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger("ingest")

LIMIT = 2 * 2**30  # bytes that the file takes, but for its log of a few MiB
LOW = 0.95  # of the limit, down to which values leave once it is passed
LOG = 16 * 2**20  # bytes that the write-ahead log keeps when it is empty
PATIENCE = 5.0  # seconds that other processes may hold the file
DAY = 86_400  # seconds; what was marked as used within one is not marked again, so that a hit is rarely a write
LEAVING = 500  # values that leave in one step
MATCHED = 500  # keys in one question; SQLite before 3.32 takes 999
NAME = "vectors-1.sqlite"  # another number for another layout
APPLICATION = 0x43564442  # in the header of our files: https://www.sqlite.org/pragma.html#pragma_application_id
_SCHEMA = (
    "CREATE TABLE canaries (identity TEXT NOT NULL, canaries BLOB NOT NULL, UNIQUE (identity, canaries))",
    "CREATE TABLE kept (key TEXT NOT NULL UNIQUE, used INTEGER NOT NULL, value BLOB NOT NULL)",
    "CREATE INDEX kept_by_use ON kept (used)",
    f"PRAGMA application_id = {APPLICATION}",
)


class FileCache:
    """Values in `<directory>/vectors-1.sqlite`, shared by threads and processes of this machine.

    A value survives the death of its process, and a power cut soon after. A damaged file is set aside, with a line that
    says so, and another begun; a file that another program made is left alone. Once it failed, it fails at once.

    directory: None means the user's cache folder.
    limit: bytes; beyond them the least recently used leave.
    patience: seconds to wait for other processes.
    read_only: make no file, keep nothing, count nothing as used, and leave a damaged file where it is.
    now: gives seconds since 1970.
    """

    def __init__(
        self,
        directory: str | None = None,
        *,
        limit: int = LIMIT,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.time,
        read_only: bool = False,
    ) -> None:
        self._path = (Path(directory).expanduser() if directory else _find_folder()) / NAME
        self._limit = limit
        self._patience = patience
        self._now = now
        self._read_only = read_only
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._failure = ""  # threads that waited for the one that failed do not try again, each for as long

    @property
    def name(self) -> str:
        return str(self._path)

    def list_canaries(self, identity: str) -> Sequence[bytes]:
        """List what was added for an identity, the first first."""
        if self._is_absent():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT canaries FROM canaries WHERE identity = ? ORDER BY rowid", [identity])
            return [canaries for (canaries,) in rows]

    def add_canaries(self, identity: str, canaries: bytes) -> None:
        """Add to what is listed for an identity."""
        if self._read_only:
            return
        with self._open() as connection, _write(connection):
            connection.execute("INSERT OR IGNORE INTO canaries VALUES (?, ?)", [identity, canaries])

    def fetch(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Fetch what is kept under these keys, and count it as used, to the day."""
        found: dict[str, bytes] = {}
        if self._is_absent():
            return found
        today = int(self._now())
        with self._open() as connection:
            for some in _cut(keys):
                rows = connection.execute(f"SELECT key, used, value FROM kept WHERE key IN ({_mark(some)})", some)  # noqa: S608 - question marks
                old = []
                for key, used, value in rows:
                    found[key] = value
                    if not today - DAY < used <= today:
                        old.append(key)
                if old and not self._read_only:
                    with _write(connection):
                        connection.execute(f"UPDATE kept SET used = ? WHERE key IN ({_mark(old)})", [today, *old])  # noqa: S608 - question marks
        return found

    def keep(self, values: Mapping[str, bytes]) -> None:
        """Keep values, in one transaction, and let the least recently used go where there is no room."""
        if self._read_only:
            return
        used = int(self._now())
        with self._open() as connection, _write(connection):
            rows = [(key, used, value) for key, value in values.items()]
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
            if _measure(connection) > self._limit:
                _shrink(connection, int(self._limit * LOW))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _is_absent(self) -> bool:
        """Say whether there is nothing to read, and nothing may be made."""
        return self._read_only and not self._path.exists()

    @contextmanager
    def _open(self) -> "Iterator[sqlite3.Connection]":
        """Give the connection to one thread at a time, and turn what goes wrong into CacheError."""
        import sqlite3  # noqa: PLC0415 - heavy

        with self._lock:
            if self._failure:
                raise CacheError(self._failure)
            try:
                if self._connection is None:
                    self._connection = self._connect_to_read() if self._read_only else self._connect_anew()
                    weakref.finalize(self, self._connection.close)
                yield self._connection
            except (sqlite3.Error, OSError, NotImplementedError) as error:  # the last of filelock, where none can be
                self._close()
                self._failure = f"the cache {self._path} failed: {error}"
                if _is_damaged(error) and not self._read_only:
                    self._failure += f"; {self._set_aside()}"
                raise CacheError(self._failure) from error

    def _connect_to_read(self) -> "sqlite3.Connection":
        """Connect to a file that is there.

        It is opened like any other, since what reads a write-ahead log has files beside it and takes them away again:
        https://www.sqlite.org/wal.html#read_only_databases
        """
        import sqlite3  # noqa: PLC0415 - heavy

        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._patience,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA query_only = ON")
            self._check_ours(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_ours(self, connection: "sqlite3.Connection") -> None:
        if _read(connection, "application_id") != APPLICATION:
            raise CacheError(f"the cache {self._path} is of another program, or is being made")

    def _connect_anew(self) -> "sqlite3.Connection":
        """Connect to the file, or to a new one in the place of one that is damaged; one process at a time.

        SQLite lets nobody wait for a file that turns to its write-ahead log: https://www.sqlite.org/wal.html#concurrency
        """
        import sqlite3  # noqa: PLC0415 - heavy

        from filelock import FileLock  # noqa: PLC0415 - heavy

        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(f"{self._path}.lock", timeout=self._patience):
            try:
                return self._connect()
            except sqlite3.DatabaseError as error:
                if not _is_damaged(error):
                    raise
                log.warning("the cache %s failed: %s; %s", self._path, error, self._set_aside())
                return self._connect()

    def _connect(self) -> "sqlite3.Connection":
        import sqlite3  # noqa: PLC0415 - heavy

        connection = sqlite3.connect(self._path, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            if _read(connection, "application_id") != APPLICATION:
                self._begin(connection)
            connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may take the last writes, no more
            connection.execute(f"PRAGMA journal_size_limit = {LOG}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: "sqlite3.Connection") -> None:
        """Make the tables of a file that is new, and last the mark that it is ours."""
        [(tables,)] = connection.execute("SELECT count(*) FROM sqlite_master")
        if tables or _read(connection, "application_id"):
            raise CacheError(f"the cache {self._path} is of another program: name another folder with --cache-dir")
        connection.execute("PRAGMA journal_mode = WAL")  # readers and a writer do not wait for each other
        with _write(connection):
            for statement in _SCHEMA:
                connection.execute(statement)

    def _set_aside(self) -> str:
        """Take a damaged file out of the way, for the next to begin anew; say what became of it."""
        aside = self._path.with_name(f"{NAME}.damaged")
        try:
            self._path.replace(aside)
            for ending in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self._path.with_name(NAME + ending).unlink()
        except OSError as error:
            return f"remove it, since it can't be set aside: {error.strerror}"
        return f"it was set aside as {aside.name}"


def _find_folder() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415 - where it is needed

    return user_cache_path("create-vector-db", appauthor=False)


@contextmanager
def _write(connection: "sqlite3.Connection") -> Iterator[None]:
    """Make one transaction, which waits its turn before it reads anything."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk ends it by itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _shrink(connection: "sqlite3.Connection", size: int) -> None:
    """Delete the least recently used until at most `size` bytes are taken."""
    while _measure(connection) > size:
        oldest = "SELECT rowid FROM kept ORDER BY used, rowid LIMIT ?"
        if not connection.execute(f"DELETE FROM kept WHERE rowid IN ({oldest})", [LEAVING]).rowcount:  # noqa: S608 - a constant
            return


def _measure(connection: "sqlite3.Connection") -> int:
    """Give the bytes of the pages that hold something; the others are used again before the file grows."""
    pages = _read(connection, "page_count") - _read(connection, "freelist_count")
    return pages * _read(connection, "page_size")


def _read(connection: "sqlite3.Connection", pragma: str) -> int:
    [(value,)] = connection.execute(f"PRAGMA {pragma}")
    return int(value)


def _is_damaged(error: Exception) -> bool:
    import sqlite3  # noqa: PLC0415 - heavy

    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details of an extended code
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _cut(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), MATCHED):
        yield keys[start : start + MATCHED]


def _mark(keys: Sequence[str]) -> str:
    return ", ".join("?" * len(keys))
