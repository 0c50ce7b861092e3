"""An end to what may hang: time-outs of HTTP clients bound each read, not the whole."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")

LEAST = 10.0  # seconds that any request may take, however short the wait that the user asked for
_NAME = "bounded"  # of the threads
SLICE = 0.5  # seconds of waiting at most: on Windows no Ctrl-C comes through while a lock is waited for


def run_within(seconds: float, function: Callable[[], Result]) -> Result:
    """Run a function in a thread of its own and give its result, or raise what it raises.

    Raises TimeoutError after `seconds`; the thread is left to itself, and holds up no exit.
    """
    future: Future[Result] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is taken
            future.set_exception(error)

    threading.Thread(target=work, daemon=True, name=_NAME).start()
    while not future.done() and seconds > 0:
        try:
            return future.result(min(seconds, SLICE))
        except TimeoutError:  # of the waiting; one that the function raised is raised below
            seconds -= SLICE
    return future.result(0)


def is_any_left() -> bool:
    """Say whether a function is still under way in a thread that was left to itself."""
    return any(thread.name == _NAME for thread in threading.enumerate())
