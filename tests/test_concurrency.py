"""The maps over threads are bounded and lazy, and wait for nothing when they are left."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.concurrency import map_ordered, map_unordered

Map = Callable[..., Iterator[Any]]
both = pytest.mark.parametrize("map_over", [map_ordered, map_unordered])


@given(st.lists(st.integers()), st.integers(1, 8), st.integers(1, 20))
def test_results_come_in_order(items: list[int], workers: int, ahead: int) -> None:
    assert list(map_ordered(lambda item: item * 2, items, workers=workers, ahead=ahead)) == [item * 2 for item in items]


@given(st.lists(st.integers()), st.integers(1, 8), st.integers(1, 20))
def test_each_result_comes_once(items: list[int], workers: int, ahead: int) -> None:
    results = map_unordered(lambda item: item * 2, items, workers=workers, ahead=ahead)
    assert Counter(results) == Counter(item * 2 for item in items)


def test_a_slow_call_holds_up_no_other_result() -> None:
    release = threading.Event()
    results = map_unordered(lambda item: item or (release.wait(20) and 0), range(100), workers=2)
    assert {next(results) for _ in range(99)} == set(range(1, 100))
    release.set()
    assert list(results) == [0]


@both
@given(st.integers(1, 4), st.integers(1, 10))
def test_no_more_items_are_taken_than_allowed(map_over: Map, workers: int, ahead: int) -> None:
    taken = 0

    def count() -> Iterator[int]:
        nonlocal taken
        for item in range(50):
            taken += 1
            yield item

    for done, _ in enumerate(map_over(lambda item: item, count(), workers=workers, ahead=ahead)):
        assert taken <= done + ahead


@both
def test_items_are_taken_in_the_thread_of_the_caller(map_over: Map) -> None:
    threads: set[int] = set()

    def items() -> Iterator[int]:
        for item in range(9):
            threads.add(threading.get_ident())
            yield item

    list(map_over(lambda item: item, items(), workers=3))
    assert threads == {threading.get_ident()}


def test_an_exception_is_raised_in_its_place() -> None:
    results = map_ordered(lambda item: 1 // item, [1, 1, 0, 1], workers=2)
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


@both
def test_an_exception_ends_it(map_over: Map) -> None:
    started: list[int] = []

    def call(item: int) -> int:
        started.append(item)
        if item == 1:
            raise TimeoutError("of the function's own")
        return item

    with pytest.raises(TimeoutError, match="own"):
        list(map_over(call, iter(range(100)), workers=1, ahead=4))
    assert len(started) <= 2 + 4


@both
def test_a_caller_that_leaves_does_not_wait_for_a_call_that_hangs(map_over: Map) -> None:
    release = threading.Event()
    results = map_over(lambda item: release.wait() if item else item, [0, 1, 1, 1], workers=2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # a generator is one
    release.set()
