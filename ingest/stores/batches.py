"""Cutting a sequence into what one request takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def cut(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def fit(weights: Sequence[int], start: int, *, items: int, weight: int) -> int:
    """Find where a batch ends that begins at `start`: at least one item, at most so many, within the weight."""
    end, total = start + 1, weights[start]
    while end < len(weights) and end - start < items and total + weights[end] <= weight:
        total += weights[end]
        end += 1
    return end
