"""Points that wait: none is lost, none overtakes another, and no write is more than it may be."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Point
from ingest.stores.gathering import MOST_BYTES, Gathering
from tests.stores.samples import make_point

POINT = make_point("a")


@given(st.lists(st.lists(st.integers(1, MOST_BYTES), max_size=6), max_size=6), st.integers(1, 4))
def test_every_point_goes_in_one_write_in_order_within_the_limits(batches: list[list[int]], most: int) -> None:
    gathering = Gathering(0.0, lambda: 0.0)
    number, sizes, written = 0, dict[str, int](), list[Point]()
    for batch in batches:
        points = [replace(POINT, id=str(number + n)) for n in range(len(batch))]
        sizes |= {point.id: size for point, size in zip(points, batch, strict=True)}
        number += len(batch)
        gathering.add(zip(points, batch, strict=True))
        while gathering and gathering.is_full(write := gathering.peek(most), most):
            assert write
            assert len(write) <= most
            assert len(write) == 1 or sum(sizes[point.id] for point in write) <= MOST_BYTES
            written += write
            gathering.drop(write)
        assert len(gathering) < most
    written += gathering.peek(most) if gathering else []
    assert [point.id for point in written] == [str(n) for n in range(number)]


@given(st.floats(-1e3, 1e10), st.floats(-1e3, 1e10), st.floats(0, 100))
def test_what_waits_is_due_unless_a_write_began_within_the_time(before: float, now: float, linger: float) -> None:
    """Whatever the clock does: set back, it holds nothing up."""
    clock = [before]
    gathering = Gathering(linger, lambda: clock[0])
    assert gathering.is_due
    gathering.add([(POINT, 1)])
    gathering.drop([POINT])
    clock[0] = now
    assert gathering.is_due == (not 0 <= now - before < linger)
