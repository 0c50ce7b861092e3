import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.portions import ENVELOPE, count_bytes, divide
from ingest.protocols import Limits

texts = st.lists(st.text(max_size=60) | st.text('ếđ한😀\\"\n', max_size=60), max_size=40)


@given(texts, st.integers(1, 10) | st.none(), st.integers(ENVELOPE + 1, ENVELOPE + 2_000) | st.none())
def test_every_text_once_in_order_and_no_portion_over_the_limits(
    texts: list[str], most: int | None, size: int | None
) -> None:
    portions = list(divide(texts, Limits(texts=most, bytes=size)))
    assert [text for portion in portions for text in portion] == texts
    for portion in portions:
        assert len(portion) == 1 or len(portion) <= (most or len(texts))
        assert len(portion) == 1 or not size or len(json.dumps({"inputs": list(portion)})) <= size
    for portion, following in pairwise(portions):  # none could have held one more
        more = [*portion, following[0]]
        assert len(more) > (most or len(texts)) or (size and sum(map(count_bytes, more)) > size - ENVELOPE)


def test_no_text_is_no_portion() -> None:
    assert not list(divide([], Limits(texts=3, bytes=5_000)))
