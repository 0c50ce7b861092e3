"""The headings of Markdown that a line of `=` or `-` makes of the line above it (CommonMark 0.31, section 4.3).

More is asked than CommonMark does, since plain texts rule off what is no heading: the line above is alone in its
paragraph, short, no sentence and no row of a table; and the rule is three marks long at least. The rules under the
names in the head of a Vietnamese document make no headings.
"""

import re

from ingest.chunking.lines import is_code
from ingest.chunking.ranks import stands_in_contents
from ingest.records import record

_RULE = re.compile(r"( *)(={3,}+|-{3,}+)[ \t]*(?=\n|\Z)")
# What begins a list, a quotation, a row, a tag or an escaped mark; and what separates columns.
_OTHER = re.compile(r"[-+*][ \t]|\d{1,9}[.)](?:[ \t]|\Z)|[>|<#`~=]|.*(?:\||\t| {2})")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE = ".;:,…"  # what no title ends with
_LONGEST = 120  # characters of a title
_MOST_INDENT = 20  # characters before a title that are looked at
_HEAD = re.compile(
    r"(?:Cộng|CỘNG) (?:[hH][òo][aà]|H[ÒO][AÀ]) (?:[xX]ã|XÃ) (?:[hH]ội|HỘI)|"
    r"(?:Độc|ĐỘC) (?:[lL]ập|LẬP)\W{1,5}(?:[tT]ự|TỰ) "
)
_NEAR = 200  # characters between such a line and the rules in the head of a document


@record
class Underlined:
    """A title that is underlined: where it begins, its words, where its rule ends, and its level, 1 or 2."""

    start: int
    words: str
    end: int
    level: int


def read_underlined(text: str, after: int, start: int) -> Underlined | None:
    """Read the title above a line that may be a rule; None where it is none.

    after: where the last heading ended, or the text begins. start: where the rule's line begins.
    """
    rule = _RULE.match(text, start)
    if not rule or is_code(rule[1]):
        return None
    low = max(after, start - 1 - _LONGEST - _MOST_INDENT)
    begin = text.rfind("\n", low, start - 1) + 1 or low
    if begin and text[begin - 1] != "\n":
        return None  # the line is too long, or is that of a heading
    line = text[begin : start - 1]
    words = line.strip()
    if not _is_title(words, line) or not _is_alone(text, after, begin) or _stands_in_head(text, begin, rule.end()):
        return None
    return Underlined(begin, words, rule.end(2), 1 if rule[2][0] == "=" else 2)


def _is_title(words: str, line: str) -> bool:
    return (
        0 < len(words) <= _LONGEST
        and words[-1] not in _SENTENCE
        and not is_code(line[: len(line) - len(line.lstrip())])
        and not _OTHER.match(words)
        and _LETTER.search(words) is not None
        and not stands_in_contents(words)
    )


def _is_alone(text: str, after: int, begin: int) -> bool:
    """Say whether no line of the same paragraph stands above a line."""
    above = text[max(after, begin - _LONGEST) : max(0, begin - 1)]
    return not above.rpartition("\n")[2].strip()


def _stands_in_head(text: str, start: int, end: int) -> bool:
    return _HEAD.search(text, max(0, start - _NEAR), end + _NEAR) is not None
