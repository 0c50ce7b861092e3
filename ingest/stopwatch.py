"""The time that work took which several threads did at once."""

import threading
import time
from collections.abc import Callable


class Stopwatch:
    """Runs while at least one thread is inside its `with`. Safe to enter from several threads at once.

    clock: gives seconds, of any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._began = self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds that it ran, as of when the last thread left."""
        return self._seconds

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._began = self._clock()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._seconds += self._clock() - self._began
