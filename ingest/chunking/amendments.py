"""Amendments that a law quotes without quotation marks: what another law is to say stands in the words of this one.

Under "1. Sửa đổi, bổ sung Điều 5 như sau:" the line "Điều 5. Quyền" begins no article of this law. What does is known
by what was announced: it has another number. Where a chapter is announced, or no title says that a law is amended, it
is known by its own number: after Điều 1 comes Điều 2. Only there does it matter to the words of another law which
articles this one has behind them. In doubt nothing is taken for an amendment, and none reaches over one of the `walls`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.chunking.announcements import (
    Named,
    Number,
    amends_laws,
    announces,
    announces_chapter,
    announces_item,
    find_amending,
    find_clause,
    list_named,
    may_amend,
    order,
)
from ingest.chunking.walls import Walls, find_walls

# The end of a line that announces an article, a clause or a point, up to where that begins.
_LEAD = re.compile(
    r"(?:[:：]|같이[ \t]*(?:신설|개정|변경)?[ \t]*한다\.?)[*_ \t]*+\n\s*+(?=[#*_]*+[ \t]*+(?:"
    r"(?P<article>(?:Điều|ĐIỀU)[ \t]+\d|제[ \t]*\d+[ \t]*조)|"
    r"(?P<chapter>(?:Chương|CHƯƠNG|Mục|MỤC)[ \t]+[\dIVXLC]|제[ \t]*\d+[ \t]*[장절])|"
    r"\d{1,3}[a-zđ]?\.\s|[a-zđ]\d?\)\s|[①-⑳]))"
)
_ARTICLE = re.compile(
    r"^[ \t#*_]*+(?:(?:Điều|ĐIỀU)[ \t]+(\d{1,4})([a-zđ]?)(?!\.\d)(?=[ \t]*(?:[.:*_]|$))|"
    r"제[ \t]*(\d{1,4})[ \t]*조(?:[ \t]*의[ \t]*(\d{1,2}))?(?=[ \t]*(?:[(（]|삭제|$)))",
    re.MULTILINE,
)
# The headings above an article, and their titles: few and short lines, none of them numbered.
_CHAPTER = re.compile(
    r"^[#*_ \t]*+(?:Phần|PHẦN|Chương|CHƯƠNG|Mục|MỤC|제\d+[편장절])[ \t]+[^\n]{0,200}\n"
    r"(?:(?![#*_ \t]*(?:Điều[ \t]|ĐIỀU[ \t]|\d|[a-zđ]\)))[^\n]{0,200}\n){0,10}\Z",
    re.MULTILINE,
)
_LONGEST_CHAPTER = 1_000  # characters
_LONGEST_LINE = 2_000  # characters of a line that is looked at


@dataclass(frozen=True, slots=True)
class _Articles:
    """What looks like the articles of a text, in order: where they begin, and where those of each number do.

    amending: where the lines begin that say what is amended.
    """

    starts: Sequence[int]
    numbers: Sequence[Number]
    places: Mapping[Number, Sequence[int]]
    amending: Sequence[int]
    walls: Walls

    def find_following(self, host: int, position: int, named: Named) -> int | None:
        """Find, from a position on, the article that follows the host in the same law; None for none.

        named: those that are quoted first.
        """
        found = [self._find(number, position, named) for number in _list_following(*self.numbers[host])]
        first = min((place for place in found if place is not None), default=None)
        another_law = self._find((1, ""), position, named)
        return None if first is None or (another_law is not None and another_law < first) else first

    def find_unnamed(self, first: int, end: int, named: Named) -> int:
        """Find where the articles that are named end, in their order; first: the first of them, one of `starts`."""
        index = first + 1
        while index < len(self.starts) and self.numbers[index] in named:
            if order(self.numbers[index]) <= order(self.numbers[index - 1]):
                break
            index += 1
        return min(end, self.starts[index]) if index < len(self.starts) else end

    def find_amending(self, position: int, end: int) -> int:
        """Find the next line that says what is amended; `end` where there is none before it."""
        index = bisect_left(self.amending, position)
        return min(end, self.amending[index]) if index < len(self.amending) else end

    def find_last(self, start: int, end: int) -> int:
        """Find the last article that begins in a stretch; `start` for none."""
        index = bisect_left(self.starts, end) - 1
        return max(start, self.starts[index]) if index >= 0 else start

    def _find(self, number: Number, position: int, named: Named) -> int | None:
        places = self.places.get(number, ())
        index = bisect_left(places, position) + (number in named)
        return places[index] if index < len(places) else None


def find_amendments(text: str) -> Iterator[tuple[int, int]]:
    """Find the stretches of a text that are the words of another law, in order. Those in quotation marks are none."""
    if not may_amend(text):
        return
    articles: _Articles | None = None
    position, host, reached = 0, -1, 0  # host: the last article of this law itself
    for lead in _LEAD.finditer(text):
        line, start = _read_line(text, lead.start()), lead.end()
        if start < reached or not announces(line):
            continue
        articles = articles or _list_articles(text)
        while position < len(articles.starts) and articles.starts[position] <= lead.start():
            host = position if articles.starts[position] >= reached else host
            position += 1
        if host < 0:
            continue
        amends = amends_laws(text, articles.starts[host])
        if lead["article"] or lead["chapter"]:
            end = _find_end(text, articles, host, line, lead, amends=amends)
        elif amends and announces_item(line):
            end = articles.starts[position] if position < len(articles.starts) else len(text)
            end = articles.walls.find(start, end, inner=True)
        else:
            end = None
        if end is not None and start < (end := articles.find_amending(start, end)):
            reached = find_clause(text, articles.find_last(start, end), end, line)
            yield start, reached


def _find_end(text: str, articles: _Articles, host: int, line: str, lead: re.Match[str], *, amends: bool) -> int | None:
    """Find where the articles end that a line announces; None where they are this law's own.

    amends: the title of the host says that it amends another law.
    """
    start, named = lead.end(), list_named(line)
    first = bisect_left(articles.starts, start)
    if first == len(articles.starts):
        return None
    wall = articles.walls.find(start, len(text), inner=False)
    following = articles.find_following(host, start, named)
    if following is not None and following > wall:
        following = None  # beyond a wall the numbers of this law tell nothing
    if lead["article"] and articles.numbers[first] in named:
        if following is None and not amends:
            return None
        end = len(text) if following is None else following
        return articles.walls.find(start, articles.find_unnamed(first, end, named), inner=True)
    if following is None or following <= articles.starts[first] or not (amends or announces_chapter(line)):
        return None
    return _find_chapter(text, text.find("\n", start) + 1, following)


def _read_line(text: str, position: int) -> str:
    """Read the line of a position, or as much of it as is looked at."""
    begin = text.rfind("\n", max(0, position - _LONGEST_LINE), position) + 1 or max(0, position - _LONGEST_LINE)
    return text[begin : text.find("\n", position)]


def _find_chapter(text: str, start: int, end: int) -> int:
    """Find where the chapter begins, from a line on, whose first article begins at `end`; it may be no first one."""
    chapter = _CHAPTER.search(text, max(start, end - _LONGEST_CHAPTER), end)
    return chapter.start() if chapter else end


def _list_articles(text: str) -> _Articles:
    starts: list[int] = []
    numbers: list[Number] = []
    places: dict[Number, list[int]] = {}
    for found in _ARTICLE.finditer(text):
        number = int(found[1] or found[3]), found[2] or found[4] or ""
        starts.append(found.start())
        numbers.append(number)
        places.setdefault(number, []).append(found.start())
    return _Articles(starts, numbers, places, list(find_amending(text)), find_walls(text))


def _list_following(number: int, letter: str) -> Sequence[Number]:
    """List what may come after an article: after 7 comes 8, or 7a, or 제7조의2."""
    if not letter:
        return (number + 1, ""), (number, "a"), (number, "2")
    return (number + 1, ""), (number, str(int(letter) + 1) if letter.isdecimal() else chr(ord(letter) + 1))
