"""The headings of Vietnamese laws: Phần, Chương, Mục, Tiểu mục, Điều, Phụ lục.

The forms are those counted at the beginnings of lines in 148 MB of laws. What looks like one and is none: "Điều này",
"ĐIỀU KHOẢN", "Chương trình", "mục tiêu" (no number), and references that a line begins with: "Chương I của Luật này",
"Điều 5 Luật Đất đai".
"""

import re

from ingest.chunking.ranks import ANNEX, ARTICLE, CHAPTER, PART, SECTION, SUBSECTION

_NUMBER = r"(?:[IVXLC]+|\d+)[a-zđ]?\b"
_ORDINAL = r"(?i:thứ[ \t]+(?:mười[ \t]+(?:một|hai|ba|bốn|tư|lăm|sáu|bảy|tám|chín)|\w+))\b"
# Articles of the codified law (pháp điển) are numbered by subject, document and kind of document: "Điều 21.2.LQ.1."
_CODE = r"\d+\.\d+\.(?:LQ|NĐ|TT|QĐ|TL|PL|NQ|NL|CT)\.\d[\d.]*(?<=\d)[a-zđ]?"
_FORMS = (
    (ARTICLE, re.compile(rf"(?:Điều|Ðiều|ĐIỀU)[ \t]+(?:{_CODE}|\d+[a-zđ]?\b)")),
    (CHAPTER, re.compile(rf"(?:Chương|CHƯƠNG)[ \t]+{_NUMBER}")),
    (SECTION, re.compile(rf"(?:Mục|MỤC)[ \t]+(?:{_NUMBER}|[A-Z]\b)")),
    (SUBSECTION, re.compile(rf"(?:Tiểu[ \t]+[mM]ục|TIỂU[ \t]+MỤC)[ \t]+{_NUMBER}")),
    (PART, re.compile(rf"(?:Phần|PHẦN)[ \t]+(?:{_ORDINAL}|{_NUMBER})")),
    (ANNEX, re.compile(rf"(?:Phụ lục|PHỤ LỤC)\b(?:[ \t]+(?:(?i:số)[ \t]+)?(?:{_NUMBER}|[A-Z]\b))?")),
)
_OTHER_TEXT = re.compile(
    r"(?:Luật|Bộ luật|Nghị định|Nghị quyết|Thông tư|Hiến pháp|Pháp lệnh|Quyết định|Quy định này|Quy chế này|Phần|"
    r"Chương|Mục|Điều)\b"
)
# The end of a line whose sentence goes on with a reference on the next one.
_UNFINISHED = re.compile(
    r"(?:,|\(|\b(?:tại|theo|của|và|hoặc|đến|từ|các|với|số|(?:khoản|mục)[ \t]+\d+\w?|điểm[ \t]+\w\d?))[ \t]*\n\Z",
    re.IGNORECASE,
)
_EMPHASIS = "*_ \t"


def read_heading(words: str, before: str) -> tuple[int, bool] | None:
    """Read a line: the rank of the heading that it is, and whether its title stands in it. None where it is no heading.

    words: the line without markup.
    before: the end of the text before it.
    """
    for rank, form in _FORMS:
        number = form.match(words)
        if number:
            rest = words[number.end() :]
            opens = _opens(rest) and not _UNFINISHED.search(before)
            return (rank, bool(rest.strip(".:" + _EMPHASIS))) if opens else None
    return None


def _opens(rest: str) -> bool:
    """Say whether this may follow the number of a heading: nothing, a stop, or a title, which begins with a capital."""
    title = rest.lstrip(_EMPHASIS)
    if not title:
        return True
    if title[0] in ".:":
        title = title[1:].lstrip("*_")
        return not title or title[0].isspace() or title[0].isupper()
    title = title.lstrip("-–— \t")
    return rest[0] in _EMPHASIS and title[:1].isupper() and not _OTHER_TEXT.match(title)
