"""Stretches of a text that are somebody else's: quotations, amendments, fenced code. No heading begins in them."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ingest.chunking.amendments import find_amendments

# A quotation mark that is never closed must not swallow the rest of a law.
_LONGEST_QUOTATION = 10_000  # characters

_CURLY = re.compile("[“”]")
# Straight marks do not say whether they open or close: this one opens an amendment (the line has no second one), and
# one at the end of a line closes it.
_STRAIGHT_OPENS = re.compile(  # a clause or a point only where a line begins
    r'"(?=(?P<article>(?:Điều|ĐIỀU|Chương|CHƯƠNG|Mục|MỤC|제)[ \t]*[\dIVXLC])|'
    r'\d{1,3}[a-zđ]?[.)]\s|[a-zđ]\)\s)[^"\n]*+(?=\n)'
)
_DEEPEST = 100  # columns that a clause may be indented by
_STRAIGHT_CLOSES = re.compile(r'"[.;,]?[ \t]*+(?=\n|\Z)')
_FENCE = re.compile(r"^ {0,3}(`{3,}+|~{3,}+)([^\n]*)", re.MULTILINE)


class Verbatim:
    """The stretches of one text.

    fences: those of fenced code, in order. A fence that nothing closes is none; CommonMark would fence in all that
    follows.
    """

    __slots__ = ("_ends", "_starts", "fences")

    def __init__(self, text: str) -> None:
        self.fences = list(_find_fences(text))
        spans = sorted([*_find_curly(text), *_find_straight(text), *find_amendments(text), *self.fences])
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touches(self, start: int, end: int) -> bool:
        """Say whether something of a stretch of the text is in one of these."""
        index = bisect_right(self._starts, end) - 1
        return index >= 0 and start < self._ends[index]

    def __contains__(self, position: int) -> bool:
        index = bisect_right(self._starts, position) - 1
        return index >= 0 and position < self._ends[index]


def _find_curly(text: str) -> Iterator[tuple[int, int]]:
    """Pair curly marks as brackets are paired; one that is left over pairs with nothing."""
    if "“" not in text:
        return
    opened: list[int] = []
    for mark in _CURLY.finditer(text):
        if mark.group() == "“":
            opened.append(mark.start())
        elif opened:
            start = opened.pop()
            if mark.end() - start <= _LONGEST_QUOTATION:
                yield start, mark.end()


def _find_straight(text: str) -> Iterator[tuple[int, int]]:
    opens = [
        mark.start() for mark in _STRAIGHT_OPENS.finditer(text) if mark["article"] or _begins_line(text, mark.start())
    ]
    closes = [mark.end() for mark in _STRAIGHT_CLOSES.finditer(text)] if opens else []
    for start in opens:
        index = bisect_right(closes, start + 1)
        if index < len(closes) and closes[index] - start <= _LONGEST_QUOTATION:
            yield start, closes[index]


def _begins_line(text: str, position: int) -> bool:
    """Say whether only spaces stand before a position in its line."""
    _, newline, before = text[max(0, position - _DEEPEST) : position].rpartition("\n")
    return not before.strip(" \t") and (bool(newline) or position < _DEEPEST)


def _find_fences(text: str) -> Iterator[tuple[int, int]]:
    """Find fenced code (CommonMark 0.31, section 4.5)."""
    if not any(mark[0] in text and mark in text for mark in ("```", "~~~")):  # one character is soon looked for
        return
    fences: Sequence[re.Match[str]] = list(_FENCE.finditer(text))
    unclosed = {"`": len(text) + 1, "~": len(text) + 1}  # fences of this length or more have no closing one ahead
    position = 0
    while position < len(fences):
        opening = fences[position]
        ticks, info = opening.groups()
        position += 1
        if len(ticks) >= unclosed[ticks[0]] or (ticks[0] == "`" and "`" in info):
            continue
        closing = next((n for n in range(position, len(fences)) if _closes(fences[n], ticks)), None)
        if closing is None:
            unclosed[ticks[0]] = len(ticks)
            continue
        yield opening.start(), fences[closing].end()
        position = closing + 1


def _closes(fence: re.Match[str], ticks: str) -> bool:
    mark, after = fence.groups()
    return mark[0] == ticks[0] and len(mark) >= len(ticks) and not after.strip()
