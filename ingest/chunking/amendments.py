"""Amendments that a law quotes without quotation marks: what another law is to say stands in the words of this one.

Under "1. Sửa đổi, bổ sung Điều 5 như sau:" the line "Điều 5. Quyền" begins no article of this law. What does is known
by its number: after Điều 1 comes Điều 2. Where that doesn't follow, nothing is taken for an amendment.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

# The end of a line that announces an article, a clause or a point, up to where that begins.
_LEAD = re.compile(
    r"(?:[:：]|같이[ \t]*(?:신설|개정|변경)?[ \t]*한다\.?)[*_ \t]*+\n\s*+(?=[#*_]*+[ \t]*+(?:"
    r"(?P<article>(?:Điều|ĐIỀU|Chương|CHƯƠNG|Mục|MỤC)[ \t]+[\dIVXLC]|제[ \t]*\d+[ \t]*[조장절])|"
    r"\d{1,3}[a-zđ]?\.\s|[a-zđ]\d?\)\s|[①-⑳]))"
)
_AMENDS = re.compile(r"sửa đổi|bổ sung|thay thế|다음과[ \t]*같이", re.IGNORECASE)
# A line under its own number that says what else this law amends.
_AMENDING = re.compile(
    r"^[*_ \t]*(?:(?:\d{1,3}[a-zđ]?[.)]|[a-zđ]\d?\))[*_ \t]*(?:Sửa đổi|Bổ sung|Thay thế|Thay|Bãi bỏ|Bỏ|Đổi)\b|"
    r"[^\n]{1,200}다음과[ \t]*같이[ \t]*(?:신설|개정|변경)?[ \t]*한다)",
    re.MULTILINE,
)
_WORDS = ("ửa đổi", "ổ sung", "hay thế", "다음과")  # without one of these a text amends nothing
_PLACE = re.compile(r"(?:khoản|điểm|Điều)[ \t]+\w|제\d+[조항호]")
_HOST = re.compile(r"[^\n]*(?:sửa đổi|bổ sung|thay thế|의[ \t]*개정\))", re.IGNORECASE)
_ARTICLE = re.compile(
    r"^[ \t#*_]*+(?:(?:Điều|ĐIỀU)[ \t]+(\d{1,4})([a-zđ]?)(?=[ \t]*(?:[.:*_]|$))|"
    r"제[ \t]*(\d{1,4})[ \t]*조(?:[ \t]*의[ \t]*(\d{1,2}))?(?=[ \t]*(?:[(（]|삭제|$)))",
    re.MULTILINE,
)
_NAMED = re.compile(r"(?:điều[ \t]+|,[ \t]*|\bvà[ \t]+|제)(\d{1,4})(?:조의(\d{1,2})|([a-zđ])\b)?", re.IGNORECASE)
# The headings above an article, and their titles: few and short lines.
_CHAPTER = re.compile(
    r"^[#*_ \t]*+(?:Phần|PHẦN|Chương|CHƯƠNG|Mục|MỤC|제\d+[편장절])[ \t]+(?:[^\n]{0,200}\n){1,4}\Z", re.MULTILINE
)
_LONGEST_CHAPTER = 1_000  # characters
_LONGEST_LINE = 2_000  # characters of a line that is looked at

_Number = tuple[int, str]  # of an article: 7 and "a", 8 and "2"


@dataclass(frozen=True, slots=True)
class _Articles:
    """What looks like the articles of a text, in order: where they begin, and where those of each number do.

    amending: where the lines begin that say what is amended.
    """

    starts: Sequence[int]
    numbers: Sequence[_Number]
    places: Mapping[_Number, Sequence[int]]
    amending: Sequence[int]

    def find_following(self, host: int, position: int, named: Collection[_Number]) -> int | None:
        """Find, from a position on, the article that follows the host in the same law; None for none.

        named: the numbers of those that are quoted first.
        """
        found = [self._find(number, position, named) for number in _list_following(*self.numbers[host])]
        first = min((place for place in found if place is not None), default=None)
        another_law = self._find((1, ""), position, named)
        return None if first is None or (another_law is not None and another_law < first) else first

    def find_amending(self, position: int, end: int) -> int:
        """Find the next line that says what is amended; `end` where there is none before it."""
        index = bisect_left(self.amending, position)
        return min(end, self.amending[index]) if index < len(self.amending) else end

    def _find(self, number: _Number, position: int, named: Collection[_Number]) -> int | None:
        places = self.places.get(number, ())
        index = bisect_left(places, position) + (number in named)
        return places[index] if index < len(places) else None


def find_amendments(text: str) -> Iterator[tuple[int, int]]:
    """Find the stretches of a text that are the words of another law, in order. Those in quotation marks are none."""
    if not any(word in text for word in _WORDS):
        return
    articles: _Articles | None = None
    position, host, reached = 0, -1, 0  # host: the last article of this law itself
    for lead in _LEAD.finditer(text):
        line, start = _read_line(text, lead.start()), lead.end()
        if start < reached or not _AMENDS.search(line):
            continue
        articles = articles or _list_articles(text)
        while position < len(articles.starts) and articles.starts[position] <= lead.start():
            host = position if articles.starts[position] >= reached else host
            position += 1
        if host < 0:
            continue
        end = None
        if lead["article"]:
            end = articles.find_following(host, start, _list_named(line))
            end = end and _find_chapter(text, start, end)
        elif _HOST.match(text, articles.starts[host]) and _AMENDING.match(line) and _PLACE.search(line):
            end = articles.starts[position] if position < len(articles.starts) else len(text)
        if end is not None and start < (end := articles.find_amending(start, end)):
            reached = end
            yield start, end


def _read_line(text: str, position: int) -> str:
    """Read the line of a position, or as much of it as is looked at."""
    begin = text.rfind("\n", max(0, position - _LONGEST_LINE), position) + 1 or max(0, position - _LONGEST_LINE)
    return text[begin : text.find("\n", position)]


def _find_chapter(text: str, start: int, end: int) -> int:
    """Find where the chapter begins whose first article begins at `end`; it may be no first one."""
    low = max(start, end - _LONGEST_CHAPTER)
    chapter = _CHAPTER.search(text, low, end)
    return chapter.start() if chapter else end


def _list_articles(text: str) -> _Articles:
    starts: list[int] = []
    numbers: list[_Number] = []
    places: dict[_Number, list[int]] = {}
    for found in _ARTICLE.finditer(text):
        number = int(found[1] or found[3]), found[2] or found[4] or ""
        starts.append(found.start())
        numbers.append(number)
        places.setdefault(number, []).append(found.start())
    return _Articles(starts, numbers, places, [found.start() for found in _AMENDING.finditer(text)])


def _list_named(line: str) -> Collection[_Number]:
    return {(int(found[1]), found[2] or found[3] or "") for found in _NAMED.finditer(line)}


def _list_following(number: int, letter: str) -> Sequence[_Number]:
    """List what may come after an article: after 7 comes 8, or 7a, or 제7조의2."""
    if not letter:
        return (number + 1, ""), (number, "a"), (number, "2")
    return (number + 1, ""), (number, str(int(letter) + 1) if letter.isdecimal() else chr(ord(letter) + 1))
