"""Requests that are under way at the same time, for one thread that makes them."""

import threading
from collections.abc import Callable

SLICE = 0.5  # seconds of waiting at most: on Windows no Ctrl-C comes through while a lock is waited for


class Flight:
    """Makes requests in threads of their own, at most so many at the same time; 1 makes each in the caller's.

    The error of one is raised by the next call, and nothing is started before that. The threads are daemons: who
    leaves waits for none that hangs.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way = 0
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    @property
    def has_room(self) -> bool:
        """Whether another request would start at once."""
        return self._most == 1 or self._under_way < self._most

    def start(self, request: Callable[[], None]) -> None:
        """Start a request as soon as there is room for it."""
        if self._most == 1:
            request()
            return
        with self._changed:
            self._wait(lambda: self._under_way < self._most)
            self._under_way += 1
        threading.Thread(target=self._make, args=(request,), daemon=True).start()

    def settle(self, seconds: float | None = None) -> bool:
        """Wait until nothing is under way, or for so many seconds; say whether nothing is."""
        with self._changed:
            self._wait(lambda: not self._under_way, seconds)
            return not self._under_way

    def drain(self, seconds: float) -> None:
        """Wait until nothing is under way, at most so long, whatever becomes of it."""
        waited = 0.0
        with self._changed:
            while self._under_way and waited < seconds:
                waited += 0 if self._changed.wait(SLICE) else SLICE
            self._error = None

    def _wait(self, ready: Callable[[], bool], seconds: float | None = None) -> None:
        waited = 0.0
        while not self._error and not ready() and (seconds is None or waited < seconds):
            waited += 0 if self._changed.wait(SLICE) else SLICE
        if self._error:
            error, self._error = self._error, None
            raise error

    def _make(self, request: Callable[[], None]) -> None:
        error: BaseException | None = None
        try:
            request()
        except BaseException as raised:  # noqa: BLE001 - it is raised again in the caller's thread
            error = raised
        with self._changed:
            self._error = self._error or error
            self._under_way -= 1
            self._changed.notify_all()
