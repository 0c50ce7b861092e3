"""Who may ask a server that is waited for: one at a time."""

import threading

SLICE = 0.5  # seconds of waiting at most: on Windows no Ctrl-C comes through while a lock is waited for


class Gate:
    """Open, so that all threads pass, until one takes it; then the others queue up, and each that comes up takes it.

    What holds for one request of a server holds for all: four threads that wait by themselves wait in vain for what
    the first of them to wake uses up.
    """

    def __init__(self) -> None:
        self._taken = False
        self._inside = 0  # those who entered and have not left
        self._changed = threading.Condition()

    def enter(self) -> bool:
        """Pass where it is open, else queue up and take it; say whether it was taken. `leave` must follow."""
        with self._changed:
            self._inside += 1
            return self._taken and self.take()

    def take(self) -> bool:
        """Take it, once it is open; say whether another had it until then."""
        with self._changed:
            queued = self._taken
            while self._taken:
                self._changed.wait(SLICE)
            self._taken = True
            return queued

    def leave(self, *, taken: bool) -> bool:
        """Go, and open it for the next where it was taken; say whether others are still inside."""
        with self._changed:
            self._inside -= 1
            if taken:
                self._taken = False
                self._changed.notify()
            return self._inside > 0
