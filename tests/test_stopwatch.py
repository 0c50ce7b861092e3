"""A stopwatch runs while anyone is at work, and counts no second twice."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from ingest.stopwatch import Stopwatch


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12))
def test_it_measures_the_union_of_what_overlaps(spans: list[tuple[int, int]]) -> None:
    now = 0
    watch = Stopwatch(lambda: float(now))
    steps = sorted([(start, True) for start, _ in spans] + [(start + length, False) for start, length in spans],
                   key=lambda step: (step[0], not step[1]))  # fmt: skip
    for now, enters in steps:  # noqa: B007 - the clock reads it
        if enters:
            watch.__enter__()
        else:
            watch.__exit__(None, None, None)
    assert watch.seconds == len({second for start, length in spans for second in range(start, start + length)})


def test_what_is_raised_inside_stops_it() -> None:
    times = iter([1.0, 4.0])
    watch = Stopwatch(lambda: next(times))
    with suppress(ZeroDivisionError), watch:
        _ = 1 / 0
    assert watch.seconds == 3
