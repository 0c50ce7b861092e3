"""Batches lose nothing, keep the order, and keep to their limits."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.stores.batches import cut, fit


@given(st.lists(st.integers()), st.integers(1, 9))
def test_a_cut_loses_nothing(items: list[int], size: int) -> None:
    batches = list(cut(items, size))
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(0 < len(batch) <= size for batch in batches)


@given(st.lists(st.integers(0, 120)), st.integers(1, 9), st.integers(1, 100))
def test_a_batch_is_as_large_as_its_limits_allow(weights: list[int], items: int, weight: int) -> None:
    start, batches = 0, []
    while start < len(weights):
        end = fit(weights, start, items=items, weight=weight)
        assert end > start
        batches.append(weights[start:end])
        start = end
    assert [value for batch in batches for value in batch] == weights
    assert all(len(batch) <= items and (len(batch) == 1 or sum(batch) <= weight) for batch in batches)
    for batch, after in pairwise(batches):
        assert len(batch) == items or sum(batch) + after[0] > weight
