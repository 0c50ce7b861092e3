import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.pooling import check_pooling, pool
from ingest.errors import UsageError

numbers = st.floats(-100, 100, width=32)
texts = st.lists(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=5), min_size=1, max_size=5)


@given(texts, st.booleans())
def test_each_text_becomes_the_mean_of_its_tokens_or_the_first(reply: list[list[list[float]]], wrapped: bool) -> None:
    given_reply = [[text] for text in reply] if wrapped else reply  # as pipelines of transformers answer
    means = np.array(pool(given_reply, "mean"))
    assert np.allclose(means, [np.mean(text, axis=0) for text in reply], atol=1e-4)
    assert np.array_equal(np.array(pool(given_reply, "cls")), np.array([text[0] for text in reply], np.float32))


@pytest.mark.parametrize(
    "reply", [None, {}, "no", [], [[1.0, 2.0]], [[]], [["a"]], [None], [[[1.0], [2.0, 3.0]]], [[[[1.0]], [[2.0]]]]]
)
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_what_holds_no_tokens_stays(reply: object, pooling: str) -> None:
    assert pool(reply, pooling) == reply


def test_without_a_pooling_tokens_stay_tokens() -> None:
    assert pool([[[1.0], [2.0]]], "") == [[[1.0], [2.0]]]


def test_only_two_are_known() -> None:
    assert [check_pooling(name) for name in ("", "mean", "cls")] == ["", "mean", "cls"]
    with pytest.raises(UsageError, match="no pooling 'lasttoken': use mean or cls"):
        check_pooling("lasttoken")
