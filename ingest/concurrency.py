"""Bounded, lazy maps over threads: in order, or as the results come."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Submit = Callable[[Item], Future[Result]]

SLICE = 0.5  # seconds of waiting at most: on Windows no Ctrl-C comes through while a lock is waited for


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int, ahead: int | None = None
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order, computed by `workers` threads.

    At most `ahead` items (twice the workers by default) are taken before their results are; they are taken in the
    caller's thread. The first exception is raised in its place, and nothing is started after it. The threads are
    daemons: a caller that leaves, or an interrupt, does not wait for a request that hangs.
    """
    ahead = ahead or 2 * workers
    pending: deque[Future[Result]] = deque()
    with _start(function, workers) as submit:
        for item in items:
            pending.append(submit(item))
            if len(pending) >= ahead:
                yield _take(pending.popleft())
        while pending:
            yield _take(pending.popleft())


def map_unordered(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int, ahead: int | None = None
) -> Iterator[Result]:
    """Yield `function(item)` for each item as soon as it is there, like `map_ordered` in all else.

    What is there is yielded before another item is taken, so that one slow call holds up no other's result. Four times
    the workers are taken ahead by default: they have work while the caller is busy with a result or the next item.
    """
    ahead = ahead or 4 * workers
    done: SimpleQueue[Future[Result]] = SimpleQueue()
    pending = 0
    with _start(function, workers) as submit:
        for item in items:
            submit(item).add_done_callback(done.put)
            pending += 1
            while pending >= ahead or not done.empty():
                result = _take(_get(done))
                pending -= 1
                yield result
        for _ in range(pending):
            yield _take(_get(done))


@contextmanager
def _start(function: Callable[[Item], Result], workers: int) -> Iterator[Submit[Item, Result]]:
    """Start the threads, and let go of them at the end, without starting what is still queued."""
    queue: SimpleQueue[tuple[Item, Future[Result]] | None] = SimpleQueue()
    left = threading.Event()

    def work() -> None:
        while (job := queue.get()) is not None and not left.is_set():
            item, future = job
            try:
                future.set_result(function(item))
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is taken
                future.set_exception(error)

    def submit(item: Item) -> "Future[Result]":
        future: Future[Result] = Future()
        queue.put((item, future))
        return future

    for _ in range(workers):
        threading.Thread(target=work, daemon=True).start()
    try:
        yield submit
    finally:
        left.set()
        for _ in range(workers):
            queue.put(None)


def _get(done: "SimpleQueue[Future[Result]]") -> "Future[Result]":
    while True:
        try:
            return done.get(timeout=SLICE)
        except Empty:
            continue


def _take(future: "Future[Result]") -> Result:
    while not future.done():
        try:
            return future.result(SLICE)
        except TimeoutError:
            continue  # of the waiting; one that the function raised is raised below
    return future.result()
