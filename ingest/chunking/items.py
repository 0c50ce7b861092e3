"""What an article or a list is made of: khoản, điểm; 항, 호, 목; marked items. And the lines that announce them.

A label counts only in its place: khoản 3 comes after khoản 2, điểm c after điểm b, 호 only where a line announces them,
and none stands in a quotation. What looks like a label and is out of place makes an item without one: a good place to
cut, and cited by nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.chunking import korean
from ingest.chunking.headings import Heading
from ingest.chunking.letters import CAPITALS
from ingest.chunking.ranks import ANNEX, ARTICLE
from ingest.chunking.structure import Unit
from ingest.chunking.verbatim import Verbatim
from ingest.records import record

CLAUSE, POINT, SUBPOINT, BULLET = range(4)  # depths: khoản and 항, điểm and 호, 목, and any other

_BEHIND = r"[\s*_]|\\?\[\d|<sup>"  # a label, that is: in a consolidated law a footnote, "2.[3] Tổ chức"
_FORM = re.compile(
    r"\n(?P<indent>[ \t]*+)(?:[-*+][ \t]+)?[*_]{0,3}(?:"  # Markdown's own mark may stand before it
    r"(?P<circle>[①-⑳㉑-㉟])|"
    rf"(?P<number>[0-9]{{1,3}}(?:[a-zđ]|의\d{{1,2}})?)\\?[.)](?={_BEHIND}|[{CAPITALS}])|"
    rf"(?P<letter>[a-zđ]\d?)[.)](?={_BEHIND})|"
    r"(?P<syllable>[가나다라마바사아자차카타파하])\.(?=\s)|"
    r"(?P<other>[-–+*•](?=\s)|[a-zđ]\.\d+\)|[가-하]\)))"
)
_FIRST_CIRCLE = re.compile(r"[ \t]*①")
_CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟"
_LETTERS = "abcdđeghiklmnopqrstuvxy"
_SUFFIXES = "abcdefghijklmnopqrstuvwxyzđ"
_SYLLABLES = "가나다라마바사아자차카타파하"
_MISSING = 2  # items that may be missing between two
_SAME_INDENT = 2  # columns by which the items of one list may differ
_LONGEST_LINE = 2_000  # characters of a line that is looked at
_LONGEST_ITEM = 10_000  # characters of a marked item
_REVISION = re.compile(r"(?:[ \t]*[<〈\[][^<>〈〉\[\]\n]*+[>〉\]])+[ \t]*\Z")
_ANNOUNCED = re.compile(r"다음[ \t]*(?:각|과[ \t]*같|의[ \t]*(?:각|어느))")
_PARAGRAPH = re.compile(r"\n(?=\S)")


@record
class Item:
    """An item.

    label: "3", "a", "4의2"; "" where it is out of place.
    inside: the position, in the list of items, of the one that it stands in; -1 for none.
    announcer: where the line begins that announces it and its like: "… bao gồm:"; -1 for none.
    """

    start: int
    depth: int
    label: str
    inside: int
    announcer: int


@record
class Outline:
    """A unit and its items, in order.

    starts: where each begins; tiers: where those of each depth begin.
    article, annex: the headings of those that the unit is of, None outside of one.
    """

    text: str
    unit: Unit
    article: Heading | None
    annex: Heading | None
    items: Sequence[Item]
    starts: Sequence[int]
    tiers: Sequence[Sequence[int]]

    def find_leads(self, position: int) -> tuple[str, ...]:
        """Give the lines that announce what begins at a position, outermost first."""
        index = bisect_right(self.starts, position) - 1
        if index < 0:
            return ()
        item = self.items[index]
        leads: list[int] = []
        if position > item.start:
            if not item.label and self._is_over(item.start, position):
                return ()
            line = self._read_line(item.start)
            if announces(line) and item.start + len(line) <= position:
                leads.append(item.start)
        while True:
            if item.announcer >= 0 and item.announcer not in leads:
                leads.append(item.announcer)
            if item.inside < 0:
                break
            item = self.items[item.inside]
        if not leads:
            return ()
        return tuple([_REVISION.sub("", " ".join(self._read_line(start).split())) for start in reversed(leads)])

    def _is_over(self, start: int, position: int) -> bool:
        """Say whether a list whose last item begins at `start` has ended before a position."""
        return position - start > _LONGEST_ITEM or _PARAGRAPH.search(self.text, start, position + 1) is not None

    def _read_line(self, start: int) -> str:
        limit = min(self.unit.end, start + _LONGEST_LINE)
        end = self.text.find("\n", start, limit)
        return self.text[start : end if end >= 0 else limit]


@dataclass(slots=True)
class _List:
    """A list that goes on: what its labels are, the place of the last, its indent, its last item, what announces it."""

    kind: str
    place: int
    indent: int
    item: int
    announcer: int


@dataclass(slots=True)
class _Scan:
    """What was found so far: the items, where those of each depth begin, and what goes on.

    lists: the open list of each depth. bullets: the open ones, outermost first.
    """

    text: str
    unit: Unit
    korean: bool
    items: list[Item] = field(default_factory=list)
    tiers: list[list[int]] = field(default_factory=lambda: [[], [], [], []])
    lists: list[_List | None] = field(default_factory=lambda: [None] * BULLET)
    bullets: list[_List] = field(default_factory=list)

    def add_label(self, start: int, indent: int, label: str, reading: tuple[str, int, int]) -> bool:
        """Add an item with a label, if it is in its place.

        reading: what the label is, of which depth, and its place in the list.
        """
        kind, depth, place = reading
        going_on = self.lists[depth]
        if going_on is None:
            if place != 1:
                return False
            announcer = self._find_announcer(start)
            if self.korean and depth == POINT and announcer < 0:
                return False
            self.lists[depth] = _List(kind, place, indent, len(self.items), announcer)
        else:
            step = place - going_on.place if kind == going_on.kind else -1
            if abs(indent - going_on.indent) > _SAME_INDENT or step < 0 or (not step and len(label) == 1):
                return False
            if step > 1 and (step > 1 + _MISSING or self._comes(kind, going_on.place + 1, start)):
                return False
            announcer = going_on.announcer
            going_on.place, going_on.item = place, len(self.items)
        for deeper in range(depth + 1, BULLET):
            self.lists[deeper] = None
        if self.bullets:
            self.bullets.clear()
        self.tiers[depth].append(start)
        self.items.append(Item(start, depth, label, self._find_holder(depth) if depth else -1, announcer))
        return True

    def add_bullet(self, start: int, indent: int) -> None:
        """Add an item without a label."""
        if self.bullets and _PARAGRAPH.search(self.text, self.items[-1].start, start - indent - 1):
            self.bullets.clear()
        while self.bullets and self.bullets[-1].indent > indent + 1:
            self.bullets.pop()
        if self.bullets and abs(self.bullets[-1].indent - indent) <= 1:
            last = self.bullets.pop()
            announcer, inside = last.announcer, self.items[last.item].inside
        else:
            announcer = self._find_announcer(start)
            inside = self.bullets[-1].item if self.bullets else self._find_holder(BULLET)
        self.bullets.append(_List("", 0, indent, len(self.items), announcer))
        self.tiers[BULLET].append(start)
        self.items.append(Item(start, BULLET, "", inside, announcer))

    def _comes(self, kind: str, place: int, start: int) -> bool:
        """Say whether the item that should stand here comes further down: then what is here is of another list.

        Where it comes nowhere it is missing, or mistyped. Of letters that is not asked: few lists have all.
        """
        if kind == "letter":
            return False
        labels = {"circle": _CIRCLES, "syllable": _SYLLABLES}.get(kind, "")
        label = labels[place - 1 : place] or rf"{place}[a-zđ]?\\?[.)]"
        end = min(self.unit.end, start + _LONGEST_ITEM)
        return re.compile(rf"\n[ \t]*(?:[-*+][ \t]+)?[*_]{{0,3}}{label}").search(self.text, start, end) is not None

    def _find_holder(self, depth: int) -> int:
        """Find the last item that is less deep and still open; -1 for none."""
        for above in range(depth - 1, -1, -1):
            going_on = self.lists[above]
            if going_on:
                return going_on.item
        return -1

    def _find_announcer(self, start: int) -> int:
        """Find where the line above begins, if it announces what follows."""
        low = max(self.unit.body, start - _LONGEST_LINE)
        above = self.text[low:start].rstrip()
        begin = above.rfind("\n") + 1
        line = above[begin:]
        return low + begin + len(line) - len(line.lstrip()) if announces(line) else -1


def find_items(text: str, unit: Unit, verbatim: Verbatim) -> Outline:
    """List the items of a unit. Only in an article they have labels."""
    article = unit.find_heading(ARTICLE)
    scan = _Scan(text, unit, korean=article is not None and korean.is_label(article.label))
    first = _FIRST_CIRCLE.match(text, unit.body, unit.end) if scan.korean else None
    if first:  # it stands behind the title
        scan.add_label(first.end() - 1, 0, "1", ("circle", CLAUSE, 1))
    some_quoted = verbatim.touches(unit.own, unit.end)
    for found in _FORM.finditer(text, max(unit.body - 1, 0), unit.end):
        begin, start = found.span("indent")
        if some_quoted and start in verbatim:
            continue
        if not article or not _add_label(scan, found, start, start - begin):
            scan.add_bullet(start, start - begin)
    starts = [item.start for item in scan.items]
    return Outline(text, unit, article, unit.find_heading(ANNEX), scan.items, starts, scan.tiers)


def announces(line: str) -> bool:
    """Say whether a line announces a list."""
    line = line.rstrip("*_ \t")
    if line.endswith((">", "〉", "]")):
        line = _REVISION.sub("", line)
    return line.endswith((":", "：")) or ("다음" in line and _ANNOUNCED.search(line) is not None)


def _add_label(scan: _Scan, found: re.Match[str], start: int, indent: int) -> bool:
    """Add a line as an item with a label, if it has one and that is in its place."""
    kind = found.lastgroup or ""
    label = found[kind]
    if kind == "number":
        place = int(label) if label.isdecimal() else int(label.partition("의")[0].rstrip(_SUFFIXES))
        is_point = scan.korean and scan.add_label(start, indent, label, (kind, POINT, place))
        return is_point or scan.add_label(start, indent, label, (kind, CLAUSE, place))
    if scan.korean and kind == "circle":
        place = _CIRCLES.index(label) + 1
        return scan.add_label(start, indent, str(place), (kind, CLAUSE, place))
    if scan.korean and kind == "syllable":
        return scan.add_label(start, indent, label, (kind, SUBPOINT, _SYLLABLES.index(label) + 1))
    if kind == "letter" and not scan.korean:
        return scan.add_label(start, indent, label, (kind, POINT, _LETTERS.find(label[0]) + 1))
    return False
