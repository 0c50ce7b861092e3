"""One run of a server's collection at a time on this host, or one of each share of it."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.errors import LockedError
from ingest.model import digest_text
from ingest.share import Share
from ingest.stores.lock import POLL, FolderLock

_GATE, _GATE_POLL = 1.0, 0.01  # seconds to wait, at least, for who takes a lock at this moment: that takes milliseconds


class ServerLock:
    """The lock of a run of the whole, or of a share, of a collection.

    | held by         | the whole | share 3/8 | share 4/8 | share 1/4 |
    |-----------------|-----------|-----------|-----------|-----------|
    | the whole       | waits     | waits     | waits     | waits     |
    | share 3/8       | waits     | waits     | goes on   | waits     |

    Each is a file lock of its own. Whoever takes one looks, behind a gate that lets in one at a time, whether those
    that exclude it are free. Shares of another number overlap, so that they exclude each other.
    """

    def __init__(self, folder: Path, name: str, share: Share) -> None:
        self._folder, self._name, self._share = folder, name, share
        self._own = self._open("" if share.is_whole else f".{share.number}-of-{share.of}")

    def acquire(
        self,
        wait: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the lock, waiting up to `wait` seconds, or one for the gate. Raises LockedError naming a holder.

        clock: gives seconds, and is not set back.
        """
        began = clock()
        while True:
            try:
                self._take(lambda: began + max(wait, _GATE) - clock(), sleep)
            except LockedError:
                left = began + wait - clock()
                if left <= 0:
                    raise
                sleep(min(POLL, left))
            else:
                return

    def release(self) -> None:
        """Let go; no file of the lock stays on the disk."""
        self._own.release(trace=False)

    def _take(self, tell_left: Callable[[], float], sleep: Callable[[float], None]) -> None:
        gate = self._enter_gate(tell_left, sleep)
        try:
            for other in self._find_excluding():
                other.acquire(0.0)
                other.release(trace=False)
            self._own.acquire(0.0)
        finally:
            gate.release(trace=False)

    def _enter_gate(self, tell_left: Callable[[], float], sleep: Callable[[float], None]) -> FolderLock:
        gate = self._open(".gate")
        while True:
            try:
                gate.acquire(0.0)
            except LockedError:
                if tell_left() <= 0:
                    raise
                sleep(_GATE_POLL)
            else:
                return gate

    def _find_excluding(self) -> Iterator[FolderLock]:
        """Find the locks, besides its own, of which none may be held."""
        if not self._share.is_whole:
            yield self._open("")
        for path in sorted(self._folder.parent.glob(f"{self._folder.name}.*-of-*.lock")):
            number = re.search(r"-of-(\d+)\.lock$", path.name)
            if number and (self._share.is_whole or int(number[1]) != self._share.of):
                yield self._open(path.name.removeprefix(self._folder.name).removesuffix(".lock"))

    def _open(self, suffix: str) -> FolderLock:
        return FolderLock(self._folder.with_name(self._folder.name + suffix), self._name)


def lock_server(server: str, collection: str, share: Share) -> ServerLock:
    """Make the lock of a server's collection for this user on this host. Across hosts the scheduler forbids overlap."""
    user = getattr(os, "getuid", str)()  # Windows has a temporary folder for each user
    folder = Path(tempfile.gettempdir()) / f"create-vector-db-{user}" / digest_text(f"{server} {collection}")
    return ServerLock(folder, f"collection {collection!r} at {server}", share)
