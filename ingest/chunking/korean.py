"""The headings of Korean laws: 편, 장, 절, 관, 조, 부칙, 별표.

The forms are those counted in 62 acts. What looks like one and is none: references that a line begins with, such as
"제55조부터 제61조까지" and "제2조(정의)에 따른".
"""

import re

from ingest.chunking.ranks import ANNEX, ARTICLE, CHAPTER, PART, SECTION, SUBSECTION

_ARTICLE = re.compile(r"제[ \t]*\d+[ \t]*조(?:[ \t]*의[ \t]*\d+)?")
# The title stands in brackets, with at most one pair inside; a particle or a conjunction behind makes it a reference.
_TITLE = re.compile(
    r"[ \t]*[(（](?:[^()（）\n]|[(（][^()（）\n]*+[)）])*+[)）]"
    r"(?!(?:에|에서|의|를|을|와|과|는|은|부터|까지|로|도|제\d+항)(?:\W|제|$)|[ \t]*(?:및|또는|내지|부터|[,ㆍ·]))"
)
_REPEALED = re.compile(r"[ \t]+삭제")
_OUTER = re.compile(
    r"제[ \t]*\d+[ \t]*([편장절관])(?:[ \t]*의[ \t]*\d+)?(?:(?=$)|(?=[ \t])(?![ \t]+(?:및|또는|내지)[ \t]))"
)
_RANKS = {"편": PART, "장": CHAPTER, "절": SECTION, "관": SUBSECTION}
_ANNEX = re.compile(r"부[ \t]*칙(?=[ \t]*(?:$|[<(\[〈]))|[\[<〈][ \t]*별[ \t]*표[^\]>〉\n]*[\]>〉](?=[ \t]|$)")
_LONGEST = 100  # characters of a line that is a heading above the articles; a longer one is a sentence


def read_heading(words: str, *, marked: bool) -> tuple[int, int] | None:
    """Read a line: the rank of the heading that it is, and where in it the title ends. None where it is no heading.

    words: the line without markup.
    marked: Markdown says that it is a heading.
    """
    article = _ARTICLE.match(words)
    if article:
        return _read_article(words, article.end(), marked=marked)
    if len(words) > _LONGEST or words.endswith("."):
        return None
    outer = _OUTER.match(words)
    if outer:
        return _RANKS[outer[1]], len(words)
    return (ANNEX, len(words)) if _ANNEX.match(words) else None


def _read_article(words: str, end: int, *, marked: bool) -> tuple[int, int] | None:
    title = _TITLE.match(words, end)
    if title:
        return ARTICLE, title.end()
    whole = end == len(words) or _REPEALED.match(words, end) or (marked and words[end].isspace())
    return (ARTICLE, len(words)) if whole else None
