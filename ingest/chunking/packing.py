"""A unit packed into parts: each as full as its budget allows, cut at the best boundary that fits."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingest.chunking.boundaries import (
    find_blank_line,
    find_grapheme,
    find_line,
    find_pause,
    find_sentence,
    find_word,
    find_word_start,
)
from ingest.chunking.sizers import Sizer
from ingest.records import record

# A cut leaves at least this share of a part's room on either side of it, wherever such a boundary can be had.
_SHARE = 4
_VISIBLE = re.compile(r"\S")


@record
class Joints:
    """Where a stretch of text may well be cut, and where not: positions in ascending order.

    best: the best places first; any of an earlier tier is better than any of a later one or than a paragraph's end.
    good: the same for places that are better than a line's end, but not than a paragraph's.
    solids: spans that stay whole where they fit into a part.
    body: no cut before this position, where what is under a heading begins, as long as some of it fits beside that.
    """

    best: Sequence[Sequence[int]] = ()
    good: Sequence[Sequence[int]] = ()
    solids: Sequence[tuple[int, int]] = ()
    body: int = 0


ANYWHERE = Joints()


@dataclass(frozen=True, slots=True)
class Budget:
    """What a part may be: within the sizer's limit, its prefix included, and at most so many characters repeated."""

    sizer: Sizer
    overlap: int = 0

    def measure(self, prefix: str, text: str, start: int, end: int) -> int | None:
        """Measure `text[start:end]` behind a prefix; None where that is over the limit."""
        lead = f"{prefix}\n" if prefix else ""
        if self.sizer.reach(lead, text, start, end) < end:
            return None  # measuring would cost more than it may tell
        measured = self.sizer.measure(lead + text[start:end])
        return measured if measured <= self.sizer.limit else None


# A part: `text[start:end]`, the prefix that it is embedded behind, and what both together measure.
Packed: TypeAlias = tuple[int, int, str, int]


def pack(
    text: str,
    start: int,
    end: int,
    budget: Budget,
    *,
    prefix: Callable[[int], str] = lambda _: "",
    joints: Joints = ANYWHERE,
) -> Iterator[Packed]:
    """Cut `text[start:end]` into parts, in order.

    prefix: what stands before a part whose own text begins at a position. Parts are measured with it.
    Both starts and ends ascend strictly; only white space lies between parts. A part is over the limit only where one
    character with its prefix is.
    """
    end = skip_back(text, start, end)
    begin = fresh = skip(text, start, end)  # fresh: what no part holds yet begins here
    while fresh < end:
        words = prefix(fresh)
        lead = f"{words}\n" if words else ""
        begin, stop, size = _fill(text, (begin, fresh, end), lead, budget, joints)
        yield begin, stop, words, size
        length = stop - begin
        fresh = skip(text, stop, end)
        begin = _step_back(text, (begin, stop, fresh), budget.overlap, length) if budget.overlap else fresh


def skip(text: str, start: int, end: int) -> int:
    """Find the first visible character."""
    if start < end and not text[start].isspace():
        return start
    visible = _VISIBLE.search(text, start, end)
    return visible.start() if visible else end


def skip_back(text: str, start: int, end: int) -> int:
    """Find the end of the last visible character."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _fill(text: str, span: tuple[int, int, int], lead: str, budget: Budget, joints: Joints) -> tuple[int, int, int]:
    """Find where a part begins and where it ends, so that it is within the limit; and give what it measures.

    span: where it begins with what it repeats, where its own text begins, and where the unit ends.
    """
    begin, fresh, end = span
    sizer = budget.sizer
    high = sizer.reach(lead, text, begin, end)
    while True:
        if high <= fresh:  # what it repeats leaves no room
            begin, high = fresh, sizer.reach(lead, text, fresh, end)
        if high >= end:
            cut = end
        else:
            cut = _find_cut(text, (fresh, high, end), joints)
            if joints.solids:
                cut = _spare_solid(text, (fresh, cut), lead, budget, joints.solids)
        stop = skip_back(text, fresh, cut)
        measured = sizer.measure(lead + text[begin:stop])
        if measured <= sizer.limit or high == fresh + 1:
            return begin, stop, measured
        length = min(cut, high) - begin
        high = max(begin + min(length - 1, length * sizer.limit // measured), fresh + 1 if begin == fresh else fresh)


def _find_cut(text: str, span: tuple[int, int, int], joints: Joints) -> int:
    """Find the best place to cut.

    span: where the part's own text begins, what is the last place, and where the unit ends.
    """
    fresh, high, end = span
    share = (high - fresh) // _SHARE
    low = fresh + (share or 1)
    least = fresh + (share // _SHARE or 1)
    if low <= joints.body < high:
        low = least = joints.body + 1
    balanced = end - share  # a later cut leaves a tiny rest
    limits = (balanced, high) if low <= balanced < high else (high,)
    if best := _find_last(joints.best, low, limits):
        return best
    one_line = text.find("\n", low, high + 1) < 0
    return (
        (None if one_line else _find_boundary(find_blank_line, text, low, limits))
        or _find_last(joints.good, low, limits)
        or (None if one_line else _find_boundary(find_line, text, low, limits))
        or _find_last((*joints.best, *joints.good), least, limits)  # a small part before an item in two pieces
        or _find_boundary(find_sentence, text, low, limits)
        or _find_boundary(find_pause, text, low, limits)
        or find_word(text, fresh + 1, limits[0])
        or find_grapheme(text, fresh + 1, high)
    )


def _find_last(tiers: Sequence[Sequence[int]], low: int, limits: Sequence[int]) -> int | None:
    for positions in tiers:
        for limit in limits if positions else ():
            position = positions[bisect_right(positions, limit) - 1]
            if low <= position <= limit:
                return position
    return None


def _find_boundary(
    find: Callable[[str, int, int], int | None], text: str, low: int, limits: Sequence[int]
) -> int | None:
    for limit in limits:
        found = find(text, low, limit)
        if found is not None:
            return found
        low = limit + 1
    return None


def _spare_solid(text: str, span: tuple[int, int], lead: str, budget: Budget, solids: Sequence[tuple[int, int]]) -> int:
    """Move a cut that falls into a solid span before it, if the next part can hold the span whole.

    span: where the part's own text begins, and the cut.
    """
    fresh, cut = span
    index = bisect_right(solids, cut, key=lambda solid: solid[0]) - 1
    if index < 0:
        return cut
    start, end = solids[index]
    whole = fresh < start < cut < end and budget.measure(lead[:-1], text, start, end) is not None
    return start if whole else cut


def _step_back(text: str, span: tuple[int, int, int], overlap: int, length: int) -> int:
    """Find where a part begins that repeats the end of the one before.

    span: where that one begins, where it ends, and where the rest begins.
    """
    begin, stop, fresh = span
    # At least half of the room is for what is new, however much white space lies between.
    low = max(begin + 1, stop - overlap, fresh - length // 2)
    start = find_word_start(text, low, stop) if low < stop else None
    return fresh if start is None else start
