"""The headings of Korean laws: the title, 편, 장, 절, 관, 조, 부칙, 별표.

The forms are those counted in 62 acts. What looks like one and is none: references that a line begins with, such as
"제55조부터 제61조까지" and "제2조(정의)에 따른". Rules of companies and contracts have titles without brackets,
"제1조 목적": these lines are headings where their numbers are in their place.
"""

import re

from ingest.chunking.ranks import ANNEX, ARTICLE, CHAPTER, PART, SECTION, SUBSECTION, LawHeading

_ARTICLE = re.compile(r"제[ \t]*(\d+)[ \t]*조(?:[ \t]*의[ \t]*(\d+))?")
# The title stands in brackets, with at most one pair inside; a particle or a conjunction behind makes it a reference.
_TITLE = re.compile(
    r"[ \t]*(?:[(（](?:[^()（）\n]|[(（][^()（）\n]*+[)）])*+[)）]|【[^【】\n]*+】|\[[^\[\]\n]*+\])"
    r"(?!(?:에|에서|의|를|을|와|과|는|은|부터|까지|로|도|제\d+항)(?:\W|제|$)|[ \t]*(?:및|또는|내지|부터|[,ㆍ·]))"
)
_REPEALED = re.compile(r"[ \t]+삭제")
# A title without brackets: a short line that begins with no reference and ends as no sentence does.
_BARE_TITLE = re.compile(
    r"(?:[.:][ \t]*|[ \t]+)"
    r"(?!제[ \t]*\d|단서|본문|전단|후단|(?:및|또는|내지|각|규정|위반|에|의|와|과|은|는|부터)(?:[ \t]|\Z))"
    r"[가-힣][가-힣A-Za-z0-9ㆍ·,/「」() ]{0,39}\Z"
)
_SENTENCE = re.compile(
    r"(?:[다며는을를에때,]|니까|세요|어요|하여|되여|의하여|에서|여서|해서|하고|되고|으로|부터|까지|따라|따른|의한|관한|위한|대한|"
    r"[ ](?:및|또는|시|경우|수|위반|적용|준용))[*_ \t]*\Z"
)
_OUTER = re.compile(
    r"제[ \t]*(\d+)[ \t]*([편장절관])(?:[ \t]*의[ \t]*(\d+))?(?:(?=$)|(?=[ \t])(?![ \t]+(?:및|또는|내지)[ \t]))"
)
_RANKS = {"편": PART, "장": CHAPTER, "절": SECTION, "관": SUBSECTION}
_ANNEX_NUMBER = r"(?:[ \t]*(?P<number>\d+(?:[ \t]*의[ \t]*\d+)?))?"
_ANNEX = re.compile(
    r"(?P<supplement>부[ \t]*칙)(?=[ \t]*(?:$|[<(\[〈]))|"
    rf"(?:■[ \t][^\[\]<>【】\n]{{0,80}})?[\[<〈【][ \t]*별[ \t]*표{_ANNEX_NUMBER}[^\]>〉】\n]*[\]>〉】](?=[ \t]|$)"
)
_MARKED_ANNEX = re.compile(r"별[ \t]*표(?:[ \t]*(?P<number>\d+(?:[ \t]*의[ \t]*\d+)?)(?=[ \t(.:]|$)|(?=[ \t]*$))")
_LONGEST = 100  # characters of a line that is a heading above the articles; a longer one is a sentence
_LAW = re.compile(
    r"[가-힣][가-힣0-9ㆍ·,「」 ]{0,98}(?:법|법률|시행령|시행규칙|규칙|조례|규정|훈령|예규|고시)[*_ \t]*\Z"
)
# What stands right under the title of a law.
_BELOW_TITLE = re.compile(r"[#*_ \t]*(?:\[시행[ \t]+\d|\[(?:법률|대통령령|헌법)[ \t]+제|제[ \t]*1[ \t]*[편장조])")


def read_heading(words: str, *, marked: bool) -> LawHeading | None:
    """Read a line as a heading; None where it is none.

    words: the line without markup.
    marked: Markdown says that it is a heading.
    """
    article = _ARTICLE.match(words)
    if article:
        return _read_article(words, article, marked=marked)
    if len(words) > _LONGEST or words.endswith("."):
        return None
    outer = _OUTER.match(words)
    if outer:
        number = _join(outer[1], outer[3])
        label = f"제{outer[1]}{outer[2]}" + (f"의{outer[3]}" if outer[3] else "")
        return LawHeading(_RANKS[outer[2]], label, number, len(words), titled=True)
    annex = _ANNEX.match(words)
    if annex and annex["supplement"]:
        return LawHeading(ANNEX, "부칙", "", len(words), titled=True)
    annex = annex or (_MARKED_ANNEX.match(words) if marked else None)
    if not annex:
        return None
    number = "".join((annex["number"] or "").split())
    return LawHeading(ANNEX, f"별표 {number}".rstrip(), number, len(words), titled=True)


def is_label(label: str) -> bool:
    """Say whether an article that is cited so is one of a Korean law."""
    return label.startswith("제")


def is_title(words: str) -> bool:
    """Say whether a line may be the title of a law; it is one where what is below it `opens_law`."""
    return _LAW.match(words) is not None


def opens_law(text: str, position: int) -> bool:
    """Say whether the line here is one that stands right under the title of a law."""
    return _BELOW_TITLE.match(text, position) is not None


def _read_article(words: str, article: re.Match[str], *, marked: bool) -> LawHeading | None:
    end = article.end()
    number = _join(article[1], article[2])
    label = f"제{article[1]}조" + (f"의{article[2]}" if article[2] else "")
    title = _TITLE.match(words, end)
    if title:
        return LawHeading(ARTICLE, label, number, title.end(), titled=True)
    whole = end == len(words) or _REPEALED.match(words, end) or (marked and words[end].isspace())
    if whole or (_BARE_TITLE.match(words, end) and not _SENTENCE.search(words)):
        return LawHeading(ARTICLE, label, number, len(words), titled=True, sure=bool(whole))
    return None


def _join(number: str, branch: str | None) -> str:
    return f"{number}의{branch}" if branch else number
