"""Requests that are under way at the same time, for one thread that makes them."""

import threading
from collections.abc import Callable

from ingest.stores.gate import SLICE


class Flight:
    """Makes requests in threads of their own, at most so many at the same time; 1 makes each in the caller's.

    The first error is raised by the next call, once all others have ended too: theirs are of the same trouble, and are
    dropped. The threads are daemons: who leaves waits for none that hangs.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: set[threading.Thread] = set()
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    @property
    def has_room(self) -> bool:
        """Whether another request would start at once."""
        return self._most == 1 or len(self._under_way) < self._most

    def start(self, request: Callable[[], None]) -> None:
        """Start a request as soon as there is room for it."""
        if self._most == 1:
            request()
            return
        thread = threading.Thread(target=lambda: self._make(request, thread), daemon=True)
        with self._changed:
            self._wait(lambda: len(self._under_way) < self._most)
            self._under_way.add(thread)
        try:
            thread.start()
        except RuntimeError:  # this machine lets no more begin
            self._make(request, thread)

    def settle(self, seconds: float | None = None) -> bool:
        """Wait until nothing is under way, or for so many seconds; say whether nothing is."""
        with self._changed:
            self._wait(lambda: not self._under_way, seconds)
            return not self._under_way

    def _wait(self, ready: Callable[[], bool], seconds: float | None = None) -> None:
        waited = 0.0
        while self._under_way and (self._error or not ready()) and (seconds is None or waited < seconds):
            waited += 0 if self._changed.wait(SLICE) else SLICE
        if self._error:
            error, self._error = self._error, None
            raise error

    def _make(self, request: Callable[[], None], thread: threading.Thread) -> None:
        error: BaseException | None = None
        try:
            request()
        except BaseException as raised:  # noqa: BLE001 - it is raised again in the caller's thread
            error = raised
        with self._changed:
            self._error = self._error or error
            self._under_way.discard(thread)
            self._changed.notify_all()
