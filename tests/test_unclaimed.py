"""What is unclaimed is kept as by a dictionary of points by their ids that takes fewer bytes."""

import tracemalloc
import uuid

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Stored, digest_text
from ingest.unclaimed import Unclaimed

fingerprints = st.sampled_from(["", "none", *(digest_text(text) for text in "abc")])
# Few values, and ids that agree in their first half: so that what is asked for is there, and is sought among its like.
ids = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda pair: str(uuid.UUID(int=(pair[0] << 64) | pair[1])))
names = ids | st.sampled_from(["7", "8", str(uuid.UUID(int=5)).replace("-", "")])


wanted_ones = st.tuples(names, fingerprints.filter(lambda each: len(each) > 8))


@given(st.lists(st.tuples(names, fingerprints)), st.lists(wanted_ones))
def test_what_is_taken_is_what_a_dictionary_gives(there: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> None:
    """... also where a point is listed twice: what it said last counts, and it is stale once at most."""
    unclaimed = Unclaimed()
    for id_, fingerprint in there:
        unclaimed.put(Stored(id_, "a.txt", fingerprint))
    left = dict(there)
    for id_, fingerprint in wanted:
        stored = left.pop(id_, None)
        assert unclaimed.take(id_, fingerprint) == (None if stored is None else stored == fingerprint)
    assert sorted(unclaimed.list_left()) == sorted(left)


def test_a_hundred_thousand_points_take_a_few_megabytes() -> None:
    points = 100_000
    tracemalloc.start()
    try:
        unclaimed = Unclaimed()
        for number in range(points):
            unclaimed.put(Stored(str(uuid.UUID(int=number << 60)), "a.txt", digest_text(str(number))))
        assert unclaimed.take(str(uuid.UUID(int=7 << 60)), digest_text("7"))
        left = unclaimed.list_left()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(left) == points - 1
    assert held < 80 * points, f"{held / points:.0f} bytes a point"
