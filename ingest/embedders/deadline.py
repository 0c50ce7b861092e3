"""An end to what may hang: time-outs of HTTP clients bound each read, not the whole."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


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

    threading.Thread(target=work, daemon=True).start()
    return future.result(seconds)
