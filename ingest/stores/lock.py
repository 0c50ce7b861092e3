"""One process of this host at a time in an embedded collection, for reading too."""

import json
import os
import platform
import re
import shlex
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.errors import LockedError, StoreError

POLL = 0.25  # seconds between two looks at a lock that is held; an interrupt is heeded in between


class FolderLock:
    """The lock of a collection: `<collection>.lock`, held by the operating system, which frees it with its process.

    Beside it `<collection>.lock.json` says who holds it: a locked file itself can't be read on Windows.
    name: what a person calls the thing that is locked; the folder by default.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        self._name = name or str(folder)
        self._path = folder.with_name(f"{folder.name}.lock")
        self._holder = folder.with_name(f"{folder.name}.lock.json")
        self._made: list[Path] = []
        self._lock = FileLock(self._path, thread_local=False)

    def acquire(self, wait: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take the lock, waiting up to `wait` seconds. Raises LockedError naming the holder."""
        left = wait
        while not self._try():
            if left <= 0:
                raise LockedError(self._describe_holder())
            sleep(min(POLL, left))
            left -= POLL

    def release(self, *, trace: bool) -> None:
        """Let go. Without `trace` nothing of the lock stays on the disk: there is no collection to lock.

        The files go while the lock is held, so that no other process' lock can be taken away.
        """
        if not self._lock.is_locked:
            return
        with suppress(OSError):
            self._holder.unlink()
        if not trace:
            with suppress(OSError):  # on Windows a held file can't go; filelock removes it there
                self._path.unlink()
        self._lock.release()
        for folder in [] if trace else self._made:
            with suppress(OSError):  # it is used by now
                folder.rmdir()

    def _try(self) -> bool:
        try:
            self._make_root()
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise StoreError(f"{self._path.parent} can't be used as a store: {error.strerror or error}") from error
        if not self._holds_path():
            self._lock.release()
            return False
        mine = {
            "pid": os.getpid(),
            "host": platform.node(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": _tell_command(),
        }
        with suppress(OSError):  # the lock is what counts
            self._holder.write_text(json.dumps(mine), encoding="ascii")  # a command may hold bytes that are no UTF-8
        return True

    def _holds_path(self) -> bool:
        """Say whether the file that was locked is the one that others find.

        Its last holder may have removed it between our opening and our locking it, and another have made one since.
        Windows removes no file that is open.
        """
        held = self._lock._context.lock_file_fd  # noqa: SLF001 - nothing else tells which file it is
        try:
            there = self._path.stat()
        except OSError:
            return False
        return sys.platform == "win32" or held is None or os.path.samestat(os.fstat(held), there)

    def _make_root(self) -> None:
        root = self._path.parent
        self._made += [folder for folder in (root, *root.parents) if not folder.exists()]
        root.mkdir(parents=True, exist_ok=True)

    def _describe_holder(self) -> str:
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}: {holder['command']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return f"{self._name} is in use by {who}. Try again when it has ended"


def _tell_command() -> str:
    """Give the command of this process on one line, without the credentials that a URL may carry."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:]] if sys.argv else [Path(sys.executable).name]
    text = re.sub(r"://[^/@\s]*@", "://", shlex.join(words).replace("\n", " "))
    return re.sub(r"(--ping-url[= ])\S+", r"\1...", text)  # whoever knows that URL can report a success
