import threading
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import deadline
from ingest.deadline import SLICE, is_any_left, run_within


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
    assert is_any_left()
    hangs.set()


def test_the_error_of_a_function_is_told_from_the_end_of_the_waiting() -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        run_within(10, fail)


@given(st.floats(0, 1_000))
def test_it_is_waited_in_slices_between_which_a_signal_comes_through(seconds: float) -> None:
    waited: list[float] = []

    class Unfinished(Future[int]):
        def result(self, timeout: float | None = None) -> int:
            assert timeout is not None
            waited.append(timeout)
            raise TimeoutError

        def done(self) -> bool:
            return False

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deadline, "Future", Unfinished)
        with pytest.raises(TimeoutError):
            run_within(seconds, lambda: 7)
    assert max(waited) <= SLICE
    assert sum(waited) == pytest.approx(seconds)
