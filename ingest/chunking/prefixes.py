"""What goes before a part in the embedded text, cut to its share of the budget."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.chunking.boundaries import find_grapheme
from ingest.chunking.sizers import Sizer

SEPARATOR = " > "
ELLIPSIS = "…"
_WORD = re.compile(r"\w+")
_SHARE = 2  # of the limit: a prefix takes at most the half
_LEAD_SHARE = 4  # of the limit: so much of that at most is for what announces the part


@dataclass(slots=True)
class Prefixes:
    """The prefixes of a unit's parts: its path, and under it the lines that announce what the part goes on with.

    outer: the titles above the unit, outermost first. Its first part begins with its own; they are not said twice.
    titles: the titles above it and its own.
    """

    sizer: Sizer
    outer: Sequence[str]
    titles: Sequence[str]
    _made: dict[tuple[str, ...] | None, str] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """The prefix of the unit's first part."""
        made = self._made.get(None)
        if made is None:
            made = self._made[None] = self._compose(self.outer, ())
        return made

    def follow(self, leads: tuple[str, ...]) -> str:
        """Give the prefix of another part. leads: the lines that announce it, outermost first."""
        made = self._made.get(leads)
        if made is None:
            made = self._made[leads] = self._compose(self.titles, leads)
        return made

    def _compose(self, titles: Sequence[str], leads: Sequence[str]) -> str:
        share = self.sizer.limit // _SHARE
        whole = SEPARATOR.join(titles)
        if not leads:
            return self._fit(lambda length: shorten_path(titles, length), whole, share)
        announced = self._join_leads(leads)
        below = f"\n{announced}"
        path = self._fit(lambda length: shorten_path(titles, length) + below, whole + below, share) if whole else ""
        return (path or announced).strip("\n")

    def _join_leads(self, leads: Sequence[str]) -> str:
        """Join the innermost lines, as many as have room; the innermost is cut to it."""
        share = self.sizer.limit // _LEAD_SHARE
        joined = ""
        for lead in reversed(leads):
            if joined and self.sizer.measure(f"{lead}\n{joined}") > share:
                break
            joined = f"{lead}\n{joined}" if joined else self._shorten_lead(lead, share)
        return joined

    def _shorten_lead(self, lead: str, share: int) -> str:
        return self._fit(lambda length: shorten(lead, length), lead, share)

    def _fit(self, make: Callable[[int], str], whole: str, share: int) -> str:
        """Give a text whole if it is within a share of the limit, else the longest that can be made of it; else ""."""
        text, length = whole, len(whole)
        while (size := self.sizer.measure(text)) > share:
            length = min(length - 1, length * share // size)
            if length <= 0:
                return ""
            text = make(length)
        return text


def says(title: str, name: str) -> bool:
    """Say whether the words of a name stand in a title, in a row."""
    said, wanted = (" ".join(["", *_WORD.findall(words.casefold()), ""]) for words in (title, name))
    return wanted in said


def shorten(text: str, limit: int) -> str:
    """Cut a text at its end to at most `limit` characters (at least 1), "…" included, after a whole word if it can."""
    if len(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    cut = text.rfind(" ", 0, room + 1)
    if 2 * cut < room:  # one word that fills most of it
        cut = find_grapheme(text, 0, room)
    return text[:cut].rstrip() + ELLIPSIS


def shorten_path(titles: Sequence[str], limit: int) -> str:
    """Join titles, outermost first, in at most `limit` characters.

    The innermost stays whole as long as it can, since it says most; the others share what it leaves evenly. Where it
    leaves them nothing, "…" stands for them.
    """
    if not titles:
        return ""
    path = SEPARATOR.join(titles)
    if len(path) <= limit:
        return path
    *outer, inner = titles
    left = limit - len(inner)
    share = _share([len(title) for title in outer], left - len(SEPARATOR) * len(outer)) if outer else 0
    if share > len(ELLIPSIS):
        return SEPARATOR.join([*(shorten(title, share) for title in outer), inner])
    if outer and left >= len(ELLIPSIS + SEPARATOR):
        return ELLIPSIS + SEPARATOR + inner
    return shorten(inner, limit)


def _share(lengths: Sequence[int], room: int) -> int:
    """Find the most that each may take so that all fit: who needs less leaves the rest to the others."""
    share = 0
    for position, length in enumerate(sorted(lengths)):
        share = room // (len(lengths) - position)
        if length > share:
            break
        room -= length
    return share
