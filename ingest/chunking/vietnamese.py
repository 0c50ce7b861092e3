"""The headings of Vietnamese laws: the title, Phần, Chương, Mục, Tiểu mục, Điều, Phụ lục, and what closes a law.

The forms are those counted at the beginnings of lines in 148 MB of laws. What looks like one and is none: "Điều này",
"ĐIỀU KHOẢN", "Chương trình", "mục tiêu" (no number), and references that a line begins with: "Chương I của Luật này",
"Điều 5 Luật Đất đai".
"""

import re

from ingest.chunking.ranks import (
    ANNEX,
    ARTICLE,
    CHAPTER,
    LAW,
    PART,
    SECTION,
    SUBSECTION,
    LawHeading,
    drop_footnotes,
)

_NUMBER = r"(?:[IVXLC]+|\d+)[a-zđ]?\b"
_ORDINAL = r"(?i:thứ[ \t]+(?:mười[ \t]+(?:một|hai|ba|bốn|tư|lăm|sáu|bảy|tám|chín)|\w+))\b"
# Articles of old laws and of charters: "Điều thứ nhất", "Điều thứ hai mươi mốt", "Điều thứ 2"; never "Điều thứ yếu".
_DIGIT = "(?:một|mốt|hai|ba|bốn|tư|năm|lăm|nhăm|sáu|bảy|bẩy|tám|chín)"
_TENS = f"(?:mười(?: {_DIGIT})?|{_DIGIT}(?: mươi(?: {_DIGIT})?)?)"
_SPELLED = f"thứ (?:NUMBER|nhất|nhứt|nhì|(?:{_DIGIT} )?trăm(?: (?:lẻ |linh )?{_TENS})?|{_TENS})"
_COUNTED = "|".join(
    spelled.replace(" ", r"[ \t]+").replace(number, r"\d+")
    for spelled, number in (
        (_SPELLED, "NUMBER"),
        (_SPELLED.upper(), "NUMBER"),
        (_SPELLED.title(), "Number"),
    )
)
# Articles of the codified law (pháp điển) are numbered by subject, document and kind of document: "Điều 21.2.LQ.1."
_CODE = r"\d+\.\d+\.(?:LQ|NĐ|TT|QĐ|TL|PL|NQ|NL|CT)\.\d[\d.]*(?<=\d)[a-zđ]?"
_FORMS = (
    (
        ARTICLE,
        "Điều",
        re.compile(rf"(?:Đi[ềê]u|Ðiều|ĐI[ỀÊ]U)[ \t]*({_CODE}|\d+[a-zđ]?\b|(?<=[ \t])(?:{_COUNTED})\b)"),
    ),
    (CHAPTER, "Chương", re.compile(rf"(?:Chương|CHƯƠNG)[ \t]+({_NUMBER})")),
    (SECTION, "Mục", re.compile(rf"(?:Mục|MỤC)[ \t]+({_NUMBER}|[A-Z]\b)")),
    (SUBSECTION, "Tiểu mục", re.compile(rf"(?:Tiểu[ \t]+[mM]ục|TIỂU[ \t]+MỤC)[ \t]+({_NUMBER})")),
    (PART, "Phần", re.compile(rf"(?:Phần|PHẦN)[ \t]+({_ORDINAL}|{_NUMBER})")),
    (ANNEX, "Phụ lục", re.compile(rf"(?:Phụ lục|PHỤ LỤC)\b(?:[ \t]+(?:(?i:số)[ \t]+)?({_NUMBER}|[A-Z]\b))?")),
)
# The title of a law: a line in capitals, or its kind alone with the title on the next line. "QUYẾT ĐỊNH:" is none.
_TITLE = re.compile(
    r"(?:(?:BỘ LUẬT|LUẬT|PHÁP LỆNH|HIẾN PHÁP)(?:[ \t]+(?P<title>[^\W\d_a-zà-ỹ][^\n]*))?|NGHỊ ĐỊNH|NGHỊ QUYẾT|"
    r"THÔNG TƯ LIÊN TỊCH|THÔNG TƯ|QUYẾT ĐỊNH|CHỈ THỊ|QUY CHẾ|QUY ĐỊNH|ĐIỀU LỆ|NỘI QUY)(?: MẪU)?[*_ \t]*\Z"
)
# What stands below the last article and is none of it: who passed it, who signed it, who gets it.
_CLOSING = re.compile(
    r"(?:Nơi nhận|NƠI NHẬN)[*_ \t]*:|"
    r"(?:Bộ luật|Luật|Pháp lệnh|Nghị quyết) này (?:đã )?được (?:Quốc hội|Ủy ban|Uỷ ban)[^\n]* thông qua"
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
_ENDS = "\n.;:"  # what a line ends with, most of them: an empty one too
_EMPHASIS = "*_ \t"


def read_heading(words: str, before: str) -> LawHeading | None:
    """Read a line as a heading; None where it is none.

    words: the line without markup.
    before: the end of the text before it.
    """
    for rank, name, form in _FORMS:
        number = form.match(words)
        if number:
            rest = drop_footnotes(words[number.end() :])
            if not _opens(rest) or (before[-2:-1] not in _ENDS and _UNFINISHED.search(before)):
                return None
            titled = rank == ARTICLE or bool(rest.strip(".:" + _EMPHASIS))
            own = number[1] or ""
            if rank == ARTICLE and own[0] in "tT":
                own = " ".join(own.lower().split())  # "ĐIỀU THỨ NHẤT" is cited as "Điều thứ nhất"
            label = f"{name} {own}" if own else name
            return LawHeading(rank, label, own, len(words), titled)
    if _CLOSING.match(words):
        return LawHeading(ANNEX, "", "", 0, titled=True)
    return None


def read_title(words: str) -> LawHeading | None:
    """Read a line as the title of a law, or as its beginning: where `titled` is false, it is one if a title follows."""
    found = _TITLE.match(words)
    if not found or not words.strip(_EMPHASIS).isupper() or words[-1] in ".:;,":
        return None
    return LawHeading(LAW, "", "", len(words), titled=found["title"] is not None)


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
