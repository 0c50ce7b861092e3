import threading

import pytest

from ingest.embedders.deadline import run_within


def test_a_result_is_given_and_an_error_raised() -> None:
    nothing: list[int] = []
    assert run_within(10, lambda: 7) == 7
    with pytest.raises(IndexError):
        run_within(10, nothing.pop)
    with pytest.raises(StopIteration):
        run_within(10, lambda: next(iter(nothing)))


def test_what_hangs_is_left() -> None:
    hangs = threading.Event()
    with pytest.raises(TimeoutError):
        run_within(0.01, hangs.wait)
    hangs.set()
