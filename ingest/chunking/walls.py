"""The lines that the words of another law never reach over: the headings of this law that none of those can be.

Where such a line stands in what a law quotes after all, what is below it opens: a chunk more, and none with two walls.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.chunking import korean, vietnamese
from ingest.chunking.ranks import ANNEX, ARTICLE, LAW

_CANDIDATE = re.compile(
    r"^[ \t#*_]*+(?=Ph[ụầ]|PH[ỤẦÁ]|C[hH][ưƯ]|M[ụỤ]|T[iI][ểỂ]|Nơi nh|NƠI NH|Luật này|Bộ luật này|Pháp lệnh này|"
    r"Nghị quyết này|LUẬT|BỘ LUẬT|NGHỊ|THÔNG TƯ|QUY|HIẾN|ĐIỀU LỆ|NỘI QUY|CHỈ THỊ|(?:Điều|ĐIỀU)[ \t]+\d+\.\d|"
    r"제[ \t]*\d+[ \t]*[편장절관]|부[ \t]*칙|■|[\[<〈【][ \t]*별|\[시행|\[법률|\[대통령령|\[헌법)([^\n]*)",
    re.MULTILINE,
)
_MOST_ABOVE = 200  # characters in which the title above such a line is looked for


@dataclass(frozen=True, slots=True)
class Walls:
    """Where the walls of a text begin, in order.

    outer: annexes, what closes a law, the titles of laws, the articles of codified ones. inner: these, and parts,
    chapters and sections.
    """

    outer: Sequence[int]
    inner: Sequence[int]

    def find(self, position: int, end: int, *, inner: bool) -> int:
        """Find the first wall from a position on; `end` where there is none before it."""
        starts = self.inner if inner else self.outer
        index = bisect_left(starts, position)
        return min(end, starts[index]) if index < len(starts) else end


def find_walls(text: str) -> Walls:
    """Find the walls of a text. The time is linear in its length."""
    outer: list[int] = []
    inner: list[int] = []
    for line in _CANDIDATE.finditer(text):
        start, words = line.start(), line[1].rstrip()
        if korean.opens_law(text, start):
            above = text[max(0, start - _MOST_ABOVE) : start].rstrip()
            begin = start - min(start, _MOST_ABOVE) + above.rfind("\n") + 1
            if not korean.is_title(text[begin:start].strip("#*_ \t\n")):
                continue
            start, rank = begin, LAW
        elif (found := _find_rank(words, text[max(0, start - 40) : start])) is not None:
            rank = found
        else:
            continue
        inner.append(start)
        if rank in (LAW, ANNEX, ARTICLE):
            outer.append(start)
    return Walls(outer, inner)


def _find_rank(words: str, before: str) -> int | None:
    heading = vietnamese.read_heading(words, before) or korean.read_heading(words, marked=False)
    heading = heading or vietnamese.read_title(words)
    return heading.rank if heading else None
