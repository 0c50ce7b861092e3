import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import NAMESPACE, canonical, name_point

texts = st.text(st.characters(codec="utf-8") | st.sampled_from('\x00\x1f"\\\n\u2028đ질'))


@given(texts, texts, texts, st.integers(0, 10**6))
def test_a_point_is_named_by_the_uuid_of_the_standard(dataset: str, origin: str, text: str, ordinal: int) -> None:
    expected = uuid.uuid5(NAMESPACE, canonical([dataset, origin, text, ordinal]))
    assert name_point(dataset, origin, text, ordinal) == str(expected)


def test_a_name_never_changes() -> None:
    assert name_point("laws", "a.txt", "Điều 1\nNghỉ", 0) == "6abc0313-fa13-5e4c-b693-b72ad0fdde64"


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match=r"JSON compliant"):
        canonical({"a": float("nan")})
