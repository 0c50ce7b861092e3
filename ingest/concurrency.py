"""A bounded, ordered, lazy map over threads."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int, ahead: int | None = None
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order, computed by `workers` threads.

    At most `ahead` items (twice the workers by default) are taken before their results are; they are taken in the
    caller's thread. The first exception is raised in its place, and nothing is started after it. The threads are
    daemons: a caller that leaves, or an interrupt, does not wait for a request that hangs.
    """
    ahead = ahead or 2 * workers
    queue: SimpleQueue[tuple[Item, Future[Result]] | None] = SimpleQueue()
    pending: deque[Future[Result]] = deque()
    threads = [threading.Thread(target=_work, args=(function, queue), daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        for item in items:
            future: Future[Result] = Future()
            queue.put((item, future))
            pending.append(future)
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
        for _ in threads:
            queue.put(None)


def _work(function: Callable[[Item], Result], queue: "SimpleQueue[tuple[Item, Future[Result]] | None]") -> None:
    while (job := queue.get()) is not None:
        item, future = job
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(function(item))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is taken
            future.set_exception(error)
