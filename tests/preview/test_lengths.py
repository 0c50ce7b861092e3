"""Lengths are counted exactly, whatever their order, and little is kept of them."""

from statistics import median_low

from hypothesis import given
from hypothesis import strategies as st

from ingest.preview.lengths import BINS, SAMPLES, Lengths, Sample

sizes = st.lists(st.integers(1, 60), max_size=80)
limits = st.integers(1, 50)


def measure(sizes: list[int], limit: int | None) -> Lengths:
    lengths = Lengths("characters", limit)
    for number, size in enumerate(sizes):
        lengths.add(Sample(size, "a.txt", f"character {number}", ""))
    return lengths


@given(sizes, limits)
def test_every_text_is_in_one_bin_and_the_bins_go_up_to_the_limit(sizes: list[int], limit: int) -> None:
    lengths = measure(sizes, limit)
    bins = list(lengths.list_bins())
    assert sum(each.count for each in bins) == lengths.count == len(sizes)
    assert [each.low for each in bins] == [1, *(each.high + 1 for each in bins[:-1] if each.high)]
    within = [each for each in bins if each.high]
    assert within[-1].high == limit
    assert len(within) <= BINS
    for each in bins:
        assert each.count == sum(each.low <= size <= (each.high or size) for size in sizes)
    assert lengths.over == sum(size > limit for size in sizes) == sum(each.count for each in bins if not each.high)
    assert lengths.near == sum(0.9 * limit < size <= limit for size in sizes)


@given(sizes, st.none() | limits)
def test_the_longest_and_the_shortest_are_named_once(sizes: list[int], limit: int | None) -> None:
    lengths = measure(sizes, limit)
    assert [sample.size for sample in lengths.longest] == sorted(sizes, reverse=True)[:SAMPLES]
    shortest = [sample.size for sample in lengths.shortest]
    assert shortest == sorted(sizes)[: len(shortest)]
    if len(set(sizes)) == len(sizes):
        assert len(shortest) == min(SAMPLES, max(0, len(sizes) - SAMPLES))
    places = [sample.place for sample in (*lengths.longest, *lengths.shortest)]
    assert len(set(places)) == len(places)
    assert lengths.median == (median_low(sizes) if sizes else 0)


def test_of_equal_lengths_the_first_are_named() -> None:
    lengths = measure([7] * 9, 10)
    assert [sample.place for sample in lengths.longest] == ["character 0", "character 1", "character 2"]
    assert [sample.place for sample in lengths.shortest] == []


@given(sizes)
def test_without_a_limit_nothing_is_over_it(sizes: list[int]) -> None:
    lengths = measure(sizes, None)
    assert (lengths.over, lengths.near) == (0, 0)
    assert sum(each.count for each in lengths.list_bins()) == len(sizes)


def test_as_json() -> None:
    shown = measure([4, 10, 10, 12], 10).as_json()
    assert shown.items() >= {"unit": "characters", "limit": 10, "count": 4, "median": 10, "near": 2, "over": 1}.items()
    assert shown["shortest"] == [{"size": 4, "origin": "a.txt", "place": "character 0", "text": ""}]
