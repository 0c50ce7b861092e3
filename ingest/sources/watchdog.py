"""A process that is waited for, but not for ever."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen
from threading import Event, Thread

_TICK = 1.0  # seconds


@contextmanager
def watch(process: Popen[bytes], seconds: float) -> Iterator[Event]:
    """End a process where the block takes longer; the event tells whether it did.

    Ticks are counted and not the time of day: while a terminal has stopped the run, or the machine sleeps, there are
    none.
    """
    done, late = Event(), Event()
    tick = min(_TICK, seconds)

    def count() -> None:
        for _ in range(math.ceil(seconds / tick)):
            if done.wait(tick):
                return
        late.set()
        process.kill()

    thread = Thread(target=count, daemon=True)
    thread.start()
    try:
        yield late
    finally:
        done.set()
        thread.join()
