"""The lines by which a law announces that it amends another, and what they say of it: which articles, of what.

What only talks of amending ("Hồ sơ sửa đổi, bổ sung giấy phép …") announces nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

# Of an article: 7 and "a", 8 and "2".
Number: TypeAlias = tuple[int, str]

_WORDS = ("ửa đổi", "ổ sung", "hay thế", "다음과")
_KOREAN = r"다음과[ \t]*같이[ \t]*(?:신설|개정|변경)?[ \t]*한다"
_LAWS = r"(?:Bộ luật|Luật|Nghị định|Nghị quyết|Thông tư|Pháp lệnh|Quyết định|Quy định|Quy chế|Điều lệ)"
_AMENDS = r"(?i:sửa đổi|bổ sung|thay thế)"
_ANNOUNCES = re.compile(
    rf"{_AMENDS}[^\n]*(?:như[ \t]+sau|\bbằng\b[^\n]*\b(?:mới|sau[ \t]+đây))[ \t]*[:：]|{_KOREAN}", re.IGNORECASE
)
_OWN = re.compile(r"(?:điều|khoản|điểm)[ \t]+này\b", re.IGNORECASE)  # of this law itself: "theo khoản 1 Điều này"
# A line under its own number that says what else this law amends; or its end is the Korean for that.
_AMENDING = re.compile(
    r"^[*_ \t]*(?:(?:\d{1,3}[a-zđ]?[.)]|[a-zđ]\d?\))[*_ \t]*(?:(?:Sửa đổi|Bổ sung|Thay thế|Thay|Bãi bỏ|Bỏ|Đổi)\b|"
    r"(?:Điểm|Khoản|Điều|Mục|Chương|Phần|Tên|Tiêu đề)\b[^\n]{1,200}?\bđược[ \t]+"
    rf"(?:sửa đổi|bổ sung|thay thế|bãi bỏ)\b)|[^\n]{{1,200}}{_KOREAN})",
    re.MULTILINE,
)
_POINT = re.compile(r"[*_ \t]*[a-zđ]\d?\)")
_PLACE = re.compile(r"(?:khoản|điểm|Điều)[ \t]+\w|제\d+[조항호]", re.IGNORECASE)
# An article whose title says that another law is amended; "một số điều kiện" are none of its articles.
_HOST = re.compile(
    rf"[^\n]*(?:{_AMENDS}[^\n]*(?:\b(?i:một số điều)(?![ \t]+(?:kiện|khoản|lệ|ước)\b)|"
    rf"\bcủa[ \t]+(?:các[ \t]+)?{_LAWS}\b)|{_AMENDS}[ \t]+{_LAWS}\b|의[ \t]*개정[)）])"
)
_NAMES_MORE = re.compile(rf"{_AMENDS}[^\n]*\b(?:Chương|Mục|Phần|{_LAWS})\b|제\d+[편장절]")
_NUMBERED = re.compile(r"^[*_ \t]*(\d{1,3})([.)])(?=[*_ \t])", re.MULTILINE)
_LONGEST_TITLE = 1_000  # characters of the line of an article that are looked at
_SHORT = r"\d{1,4}[a-zđ]?\b"
# The articles that are amended as a whole: neither of which only a clause is, nor behind which another is put.
_NAMED = re.compile(
    rf"\b(?:sau|trước|của|(?:khoản|điểm)\b[^;:\n]{{1,60}}?)[ \t]+điều[ \t]+{_SHORT}|"
    rf"\bđiều[ \t]+(?P<list>{_SHORT}(?:(?:,[ \t]*|[ \t]+và[ \t]+){_SHORT})*)|"
    r"제(\d{1,4})조(?:의(\d{1,2}))?(?![제의])",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(\d+)([a-zđ]?)", re.IGNORECASE)
_RANGE = re.compile(r"\bđến\b|부터", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """The articles that a line names. through: whatever lies between the first and the last of them, too."""

    numbers: frozenset[Number]
    through: bool

    def __contains__(self, number: Number) -> bool:
        if not self.through or not self.numbers:
            return number in self.numbers
        ordered = sorted(map(order, self.numbers))
        return ordered[0] <= order(number) <= ordered[-1]


def may_amend(text: str) -> bool:
    """Say whether a text has one of the words without which nothing is amended."""
    return any(word[0] in text and word in text for word in _WORDS)  # one character is soon looked for


def announces(line: str) -> bool:
    """Say whether the words of another law may follow a line."""
    return _ANNOUNCES.search(line) is not None and not _OWN.search(line)


def announces_item(line: str) -> bool:
    """Say whether a clause or a point of another law follows a line that may announce something."""
    return _AMENDING.match(line) is not None and _PLACE.search(line) is not None


def announces_chapter(line: str) -> bool:
    """Say whether it is a chapter or a whole law that a line amends: its articles are not named by their numbers."""
    return _NAMES_MORE.search(line) is not None


def amends_laws(text: str, start: int) -> bool:
    """Say whether the article that begins here says in its title that it amends another law."""
    return _HOST.match(text[start : start + _LONGEST_TITLE].partition("\n")[0]) is not None


def find_amending(text: str) -> Iterator[int]:
    """Find where the lines begin that say what else is amended."""
    return (found.start() for found in _AMENDING.finditer(text))


def find_clause(text: str, start: int, end: int, line: str) -> int:
    """Find, in what a clause quotes, the next clause of the law that quotes it; `end` where none can be told.

    It has the number after that of the line that announces, and that can be none of what is quoted: there it came
    already, or what is quoted are points alone.
    """
    own = _NUMBERED.match(line)
    if not own:
        return end
    following, last = int(own[1]) + 1, 0
    some_points = _POINT.match(text, start) and not re.search(rf"khoản[^;:\n]*\b{following}\b", line, re.IGNORECASE)
    for found in _NUMBERED.finditer(text, start, end):
        number = int(found[1])
        came = number <= last or (not last and some_points)
        if number == following and found[2] == own[2] and came:
            return found.start()
        last = number
    return end


def list_named(line: str) -> Named:
    """List the articles that a line names as a whole: "Điều 7, 8a và 9", "제6조의2"."""
    numbers: set[Number] = set()
    for found in _NAMED.finditer(line):
        if found["list"]:
            numbers.update((int(digits), letter.casefold()) for digits, letter in _LISTED.findall(found["list"]))
        elif found[2]:
            numbers.add((int(found[2]), found[3] or ""))
    return Named(frozenset(numbers), _RANGE.search(line) is not None)


def order(number: Number) -> tuple[int, int, str]:
    """Give what articles are in order by: 제8조의2 is before 제8조의10."""
    return number[0], len(number[1]), number[1]
