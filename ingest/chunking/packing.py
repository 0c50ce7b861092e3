"""A unit packed into parts: each as full as its budget allows, cut at the largest boundary that fits."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.chunking.boundaries import (
    find_blank_line,
    find_grapheme,
    find_line,
    find_sentence,
    find_word,
    find_word_start,
)

# A cut leaves at least this share of a part's room on either side of it, wherever such a boundary can be had.
_SHARE = 4
_VISIBLE = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Room:
    """Characters for the first part of a unit, for each of the others, and at most repeated by these."""

    first: int
    rest: int
    overlap: int


def pack(
    text: str, start: int, end: int, room: Room, *, body: int = 0, walls: Sequence[int] = ()
) -> Iterator[tuple[int, int]]:
    """Cut `text[start:end]` into parts, in order: (start, end) of each.

    body: no cut before this position, the end of a heading, as long as what follows fits beside it.
    walls: positions, ascending, that are better places to cut than any that the text shows.
    Both starts and ends ascend strictly; only white space lies between parts.
    """
    end = _skip_back(text, start, end)
    begin = fresh = _skip(text, start, end)  # fresh: what no part holds yet begins here
    body = _skip(text, body, end)
    size = room.first
    while fresh < end:
        if end - begin <= size:
            yield begin, end
            return
        cut = _find_cut(text, fresh, begin + size, end, body=body, walls=walls)
        stop = _skip_back(text, fresh, cut)
        yield begin, stop
        size = room.rest
        fresh = _skip(text, cut, end)
        begin = _step_back(text, begin, stop, fresh, room)


def _find_cut(text: str, fresh: int, high: int, end: int, *, body: int, walls: Sequence[int]) -> int:
    share = (high - fresh) // _SHARE
    low = fresh + share
    if low <= body < high:
        low = body + 1
    balanced = end - share  # a later cut leaves a tiny rest
    limits = (balanced, high) if low <= balanced < high else (high,)

    for limit in limits:
        position = bisect_right(walls, limit) - 1
        if position >= 0 and walls[position] >= low:
            return walls[position]
    for find in (find_blank_line, find_line, find_sentence):
        for limit in limits:
            found = find(text, low, limit)
            if found is not None:
                return found
    word = find_word(text, fresh + 1, limits[0])
    return find_grapheme(text, fresh + 1, high) if word is None else word


def _step_back(text: str, begin: int, stop: int, fresh: int, room: Room) -> int:
    """Find where a part begins that repeats the end of the one before, `text[begin:stop]`."""
    # At least half of the room is for what is new, however much white space lies between.
    low = max(begin + 1, stop - room.overlap, fresh - room.rest // 2)
    start = find_word_start(text, low, stop) if low < stop else None
    return fresh if start is None else start


def _skip(text: str, start: int, end: int) -> int:
    visible = _VISIBLE.search(text, start, end)
    return visible.start() if visible else end


def _skip_back(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
