"""The headings of English laws and contracts: Part, Chapter, Article, Section, and Annex, Appendix, Schedule, Exhibit.

What looks like one and is none: references that a line begins with, "Article 5 of this Law", "Section 8(2)", and those
that a wrapped sentence goes on with. What only may be one, "Article 5 Scope of application", is one where its number is
in its place.
"""

import re
from dataclasses import replace

from ingest.chunking.ranks import ANNEX, ARTICLE, CHAPTER, PART, LawHeading

SECTION = "Section"

_NUMBER = r"(?:\d{1,4}[A-Za-z]?|[IVXLC]+)\b"
_WORD = (
    r"(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty)\b"
)
_FORMS = (
    (ARTICLE, "Article", re.compile(rf"(?:Article|ARTICLE)[ \t]+({_NUMBER}|{_WORD})(?!\.\d)")),
    (ARTICLE, SECTION, re.compile(r"(?:Section|SECTION)[ \t]+(\d{1,4}(?:\.\d{1,3})*[A-Za-z]?\b|[IVXLC]+\b)")),
    (CHAPTER, "Chapter", re.compile(rf"(?:Chapter|CHAPTER)[ \t]+({_NUMBER}|{_WORD})(?!\.\d)")),
    (PART, "Part", re.compile(rf"(?:Part|PART)[ \t]+({_NUMBER}|{_WORD}|[A-Z]\b)(?!\.\d)")),
    *(
        (ANNEX, name, re.compile(rf"(?:{name}|{name.upper()})\b(?:[ \t]+({_NUMBER}|{_WORD}|[A-Z]\b)(?!\.\d))?"))
        for name in ("Annex", "Appendix", "Schedule", "Exhibit")
    ),
)
_NAMES = tuple(name for _, name, _ in _FORMS)
INITIALS = frozenset(name[0] for name in _NAMES)
_STOP = re.compile(r"[*_ \t]*(?:[.:](?=[*_]*(?:[ \t]|\Z))[*_]*|[–—]|-(?=[ \t]))[*_ \t]*(?:[–—-][ \t]*)?")
_BEGINS = re.compile(r"[*_]*[\"“'‘(\[]?[A-ZÀ-Þ\d]")  # a title, or the text of an article without one
_LONGEST_LINE = 120  # characters of a line that is a title; a longer one is text
_LONGEST_STOPPED = 60  # … of one that ends with a stop: "Section 1. Short title."
_SENTENCE = ".;:,"
_EMPHASIS = "*_ \t"
# A title at the beginning of the text of an article: "Closing. The closing shall take place on …"
_FIRST_TITLE = re.compile(r"[^.:;,—\n]{2,80}?[^\W\d_]{3}[*_]*(?:[.:]|\.?—)[*_]*(?=[ \t]*[\"“‘(\[A-Z*_\d])")
_REFERENCE = re.compile(
    r"(?:Articles?|Sections?|Subsections?|Paragraphs?|Clauses?|Chapters?|Parts?|Annex|Schedule|Acts?|Laws?|Code|"
    r"Regulations?|Directive|Treaty|Constitution|Applies|See)\b"
)
# The end of a line whose sentence goes on with a reference on the next one.
_UNFINISHED = re.compile(
    r"(?:[,(]|\b(?:in|of|under|with|by|to|from|and|or|see|per|the|this|that|for|than|on|as|at|through|within|"
    r"(?:paragraphs?|subsections?|clauses?|points?|articles?|sections?)(?:[ \t]+\(?\w{1,3}\)?)?))[ \t]*\n\Z",
    re.IGNORECASE,
)
_FINISHED = re.compile(r"(?:\A|[.;:!?)”\"*_]|\n)[ \t]*\n\Z")
_GOES_ON = re.compile(r"[ \t]*\n[ \t]*(?![a-z]{1,4}[.)])[a-z]")


def read_heading(words: str, before: str, *, marked: bool) -> LawHeading | None:
    """Read a line as a heading; None where it is none.

    words: the line without markup.
    before: the end of the text before it; "" where nothing, or a heading, stands right above.
    marked: Markdown says that it is a heading.
    """
    if words[:1] not in INITIALS:
        return None
    for rank, name, form in _FORMS:
        number = form.match(words)
        if number:
            fresh = not before or _FINISHED.search(before) is not None
            if not fresh and _UNFINISHED.search(before):
                return None
            heading = _read(words, rank, name, number, fresh=fresh)
            return replace(heading, sure=True) if heading and marked else heading
    return None


def is_label(label: str) -> bool:
    """Say whether what is cited so is one of these headings."""
    return label.startswith(_NAMES)


def goes_on(text: str, end: int) -> bool:
    """Say whether the line that ends here is wrapped: the next one begins with a small letter, and with no label."""
    return _GOES_ON.match(text, end) is not None


def _read(words: str, rank: int, name: str, found: re.Match[str], *, fresh: bool) -> LawHeading | None:
    """Read what stands behind the number: nothing, a stop and a title or a text, or a title alone."""
    number, end = found[1] or "", found.end()
    stop = _STOP.match(words, end)
    begin = stop.end() if stop else end + len(words[end:]) - len(words[end:].lstrip(_EMPHASIS))
    title = words[begin:]
    heading = LawHeading(rank, f"{name} {number}".rstrip(), number, len(words), titled=bool(title))
    if not title:
        return heading if number or words.isupper() else None  # "Schedule" may be any word
    if not _BEGINS.match(title) or begin == end:
        return None
    is_line = len(words) <= _LONGEST_LINE and words[-1] not in _SENTENCE
    if rank != ARTICLE:
        return heading if is_line and (fresh or words.isupper()) and (number or stop) else None
    return _read_article(heading, words, begin, stop, sure=fresh, is_line=is_line)


def _read_article(
    heading: LawHeading, words: str, begin: int, stop: re.Match[str] | None, *, sure: bool, is_line: bool
) -> LawHeading | None:
    """Read the line of an article that has more than its number, from there on; its text may stand in the line too.

    is_line: it may be a title to its end.
    """
    if not stop and _REFERENCE.match(words, begin):
        return None
    heading = replace(heading, sure=sure and stop is not None)
    if is_line:
        return heading
    first = _FIRST_TITLE.match(words, begin)
    if first:
        return replace(heading, length=first.end())
    if not stop:
        return None
    is_short = len(words) <= _LONGEST_STOPPED and words[-1] == "."
    return heading if is_short else replace(heading, length=len(words[:begin].rstrip(_EMPHASIS)))
