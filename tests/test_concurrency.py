"""The map over threads is ordered, bounded and lazy, and waits for nothing when it is left."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.concurrency import map_ordered


@given(st.lists(st.integers()), st.integers(1, 8), st.integers(1, 20))
def test_results_come_in_order(items: list[int], workers: int, ahead: int) -> None:
    assert list(map_ordered(lambda item: item * 2, items, workers=workers, ahead=ahead)) == [item * 2 for item in items]


@given(st.integers(1, 4), st.integers(1, 10))
def test_no_more_items_are_taken_than_allowed(workers: int, ahead: int) -> None:
    taken = 0

    def count() -> Iterator[int]:
        nonlocal taken
        for item in range(50):
            taken += 1
            yield item

    for done, _ in enumerate(map_ordered(lambda item: item, count(), workers=workers, ahead=ahead)):
        assert taken <= done + ahead


def test_items_are_taken_in_the_thread_of_the_caller() -> None:
    threads: set[int] = set()

    def items() -> Iterator[int]:
        for item in range(9):
            threads.add(threading.get_ident())
            yield item

    list(map_ordered(lambda item: item, items(), workers=3))
    assert threads == {threading.get_ident()}


def test_an_exception_is_raised_in_its_place() -> None:
    results = map_ordered(lambda item: 1 // item, [1, 1, 0, 1], workers=2)
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_caller_that_leaves_does_not_wait_for_a_call_that_hangs() -> None:
    release = threading.Event()
    results = map_ordered(lambda item: release.wait() if item else item, [0, 1, 1, 1], workers=2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # a generator is one
    release.set()
