"""Which of the headings that only may be some are in their place: between the articles around them, by their numbers.

What is sure stays whatever its number is, and the others lie between: of those that are left the longest row that rises
is taken, as long as it goes on from what is above it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from ingest.chunking.ranks import ANNEX, ARTICLE, Heading

_Key: TypeAlias = tuple[int, ...]

_MOST_MISSING = 2  # articles that may be missing between two
_PIECES = re.compile(r"\d+|[^\W\d_]")
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)


def find_misplaced(headings: Sequence[Heading]) -> frozenset[int]:
    """Find the positions in a list of the headings of a law that are not sure and not in their place."""
    doubtful = {position for position, heading in enumerate(headings) if not heading.sure and heading.rank is not None}
    if not doubtful:
        return frozenset()
    return frozenset(doubtful.difference(*(_find_placed(headings, row) for row in _list_rows(headings))))


def order(number: str) -> _Key:
    """Give what numbers are in order by: 4의2 is after 4, 2.10 after 2.9, 5a after 5, IX after VIII."""
    if number.casefold() in _WORDS:
        return (_WORDS.index(number.casefold()) + 1,)
    if number and set(number) <= _ROMAN.keys():
        return (_read_roman(number),)
    return tuple(int(piece) if piece.isdecimal() else ord(piece.casefold()) for piece in _PIECES.findall(number))


def _list_rows(headings: Sequence[Heading]) -> Iterator[Sequence[int]]:
    """List the rows of articles that are numbered together, each by the positions of its headings.

    A row ends with a law or an annex; one of sections, with an article too.
    """
    rows: dict[str, list[int]] = {}
    for position, heading in enumerate(headings):
        if heading.rank is None:
            continue
        kind = heading.label.split(" ")[0] if heading.label[:1].isascii() else heading.label[:1]
        if heading.rank == ARTICLE:
            rows.setdefault(kind, []).append(position)
        ended = [each for each in rows if heading.rank <= ANNEX or (each == "Section" and kind == "Article")]
        for each in ended:
            yield rows.pop(each)
    yield from rows.values()


def _find_placed(headings: Sequence[Heading], row: Sequence[int]) -> Iterable[int]:
    """Find the headings of a row that are in their place, the sure ones left out."""
    keys = [order(headings[position].number) for position in row]
    low: _Key = ()
    gap: list[int] = []  # of the row, since the last sure one
    for index, position in enumerate(row):
        sure = headings[position].sure
        restarts = keys[index] == (1,) and (sure or (index + 1 < len(row) and keys[index + 1][:1] == (2,)))
        if restarts and (low or gap):
            yield from (row[each] for each in _take(keys, gap, low, None))
            low, gap = (), []
        if not sure:
            gap.append(index)
            continue
        yield from (row[each] for each in _take(keys, gap, low, keys[index]))
        low, gap = keys[index], []
    yield from (row[each] for each in _take(keys, gap, low, None))


def _take(keys: Sequence[_Key], gap: Sequence[int], low: _Key, high: _Key | None) -> Iterator[int]:
    """Take from a gap what rises from `low`, below `high` where that is above it."""
    bounded = high is not None and high > low
    rise = _find_rise(
        keys, [each for each in gap if keys[each] > low and not (bounded and high and keys[each] >= high)]
    )
    last = low
    for place, index in enumerate(rise):
        key = keys[index]
        following = keys[rise[place + 1]][0] if place + 1 < len(rise) else high[0] if bounded and high else 0
        if key[0] <= last[0] + 1 + _MOST_MISSING if last else key[0] == 1 or 0 <= following - key[0] <= 1:
            yield index
            last = key


def _find_rise(keys: Sequence[_Key], places: Sequence[int]) -> Sequence[int]:
    """Find the longest row that rises (patience sorting; n log n); of several one where 6 follows 5."""
    tops: list[_Key] = []
    ends: list[int] = []
    above: dict[int, int] = {}
    met: dict[_Key, tuple[int, int]] = {}  # of each key, the pile where it was last put, and its place
    for place in places:
        key = keys[place]
        pile = bisect_left(tops, key)
        tops[pile : pile + 1] = [key]
        below, before = met.get((key[0] - 1,), (-1, -1))
        above[place] = before if below == pile - 1 else ends[pile - 1] if pile else -1
        ends[pile : pile + 1] = [place]
        met[key] = pile, place
    rise = [ends[-1]] if ends else []
    while rise and above[rise[-1]] >= 0:
        rise.append(above[rise[-1]])
    return rise[::-1]


def _read_roman(number: str) -> int:
    digits = [_ROMAN[letter] for letter in number]
    return sum(
        -digit if place + 1 < len(digits) and digit < digits[place + 1] else digit for place, digit in enumerate(digits)
    )
