"""The headings of a text: Markdown's, and those of laws.

One that stands in a quotation or in code is none, and neither are those of a table of contents.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from ingest.chunking import english, korean, vietnamese
from ingest.chunking.lines import Line, read_line
from ingest.chunking.numbering import find_misplaced
from ingest.chunking.prefixes import shorten
from ingest.chunking.ranks import (
    LAW,
    Heading,
    LawHeading,
    drop_footnotes,
    is_bare,
    is_repealed,
    leaves,
    stands_in_contents,
)
from ingest.chunking.sections import drop_translations, place_sections
from ingest.chunking.underlines import read_underlined
from ingest.chunking.verbatim import Verbatim

__all__ = ["LONGEST_TITLE", "Heading", "find_headings", "is_bare", "leaves"]

LONGEST_TITLE = 200  # characters of a title that go into a path
_LONG_TITLE = 40  # characters of what a sentence on several lines may begin with
_MOST_TITLE_LINES = 3  # lines that the title under "CHƯƠNG I" is made of

# What a line must begin with to be looked at: one pass over the text finds the few lines that matter.
_CANDIDATE = re.compile(
    r"\n[ \t]*+(?=[^\w\s.(|]|[ABCĐÐEHLMNPQST제부_])(?=#|\*|_|(?:Đi|Ði|ĐI)[ềỀêÊ]|C[hH][ưƯỉỈaA]|P[hH][ầẦụỤÁ]|M[ụỤ]|"
    r"T[iI][ểỂ]|제|부|[\[<〈【■]|LUẬT|BỘ L|NGHỊ|THÔNG|QU[YỐ]|HIẾN|ĐIỀU|NỘI|Nơi nh|NƠI|Luật này|Bộ luật này|"
    r"Pháp lệnh này|Nghị quyết này|={3}|-{3}|A(?:rt|RT|nn|NN|pp|PP)|S(?:ec|EC|ch|CH)|P(?:art|ART)\b|E(?:xh|XH))"
)
_MOST_BLANK_LINES = 2  # between the number and the title
_CONTEXT = 40  # characters before a line that show whether a sentence goes on
_LINE_BELOW = re.compile(r"[ \t]*+\n([^\n]*)")
_ANCHOR = re.compile(r"\d{12,}\Z")  # a heading that names nothing: a number that a converter left
_NUMBER_OF_LAW = re.compile(r"(?:Luật )?[Ss]ố[ \t]*:")  # may stand between the kind of a law and its title
_REVISION = re.compile(
    r"[ \t]*[<〈](?:전문)?(?:개정|신설)[^<>〈〉\n]*+[>〉]"
)  # when a title was changed; no part of it
_CONTENTS = 3  # headings in a row that come again further down are a table of contents
_WORD = re.compile(r"\w+")


def find_headings(text: str, verbatim: Verbatim, start: int = 0) -> Sequence[Heading]:
    """List the headings of a text from a position on, in order. Lines end with a newline and letters are in NFC."""
    headings: list[Heading] = []
    after = start  # where the last title ended: it may go on for some lines
    for begin in chain((start,), (candidate.start() + 1 for candidate in _CANDIDATE.finditer(text, start))):
        if begin < after:
            continue
        is_below = begin == after + 1 and bool(headings)
        title, heading = _read_title_above(text, after, begin), _read_heading(text, begin, is_below=is_below)
        for found in (title, heading):
            if found and found.start not in verbatim:
                headings.append(found)
                after = found.end
    left = _drop_doubtful(headings)
    if not english.INITIALS.isdisjoint({heading.label[:1] for heading in left}):
        left = drop_translations(text, place_sections(text, left))
    return _drop_contents(text, left)


def _drop_doubtful(headings: Sequence[Heading]) -> Sequence[Heading]:
    """Leave out the headings that are not sure and that the others don't bear out.

    The articles do by their numbers. A line of dashes under a title does not make it one in a text without any other
    mark of a Markdown heading: it rules off what is above it.
    """
    if all(heading.sure for heading in headings):
        return headings
    dropped = find_misplaced(headings)
    marked = any(heading.level and heading.sure for heading in headings)
    return [
        heading
        for position, heading in enumerate(headings)
        if position not in dropped and (marked or heading.sure or heading.rank is not None)
    ]


def _drop_contents(text: str, headings: Sequence[Heading]) -> Sequence[Heading]:
    """Leave out the headings of tables of contents.

    These are rows of headings of a law with nothing under them but, for some, others of the row; and they come again
    further down. Articles of one line each have nothing under them either, nor has a repealed article. The articles of
    a decision often have the numbers of those of the rules below it that it passes, so titles are compared too.
    """
    lasts = _Lasts(headings)
    kept: list[Heading] = []
    row: list[Heading] = []
    leaves_of_row = last_leaf = 0

    def end_row() -> None:
        nonlocal leaves_of_row, last_leaf
        kept.extend(row[last_leaf:] if leaves_of_row >= _CONTENTS else row)
        row.clear()
        leaves_of_row = last_leaf = 0

    for position, heading in enumerate(headings):
        following = headings[position + 1] if position + 1 < len(headings) else None
        bare = is_bare(text, heading, following.start if following else len(text))
        if heading.rank is None or heading.rank == LAW or not bare or is_repealed(heading.title):
            end_row()
            kept.append(heading)
            continue
        row.append(heading)
        is_leaf = not following or leaves(heading, following)
        if is_leaf and lasts.find(heading) > heading.start:
            leaves_of_row += 1
            last_leaf = len(row)
    end_row()
    return kept


@dataclass(slots=True)
class _Lasts:
    """Where headings of the same words stand last; few texts have so many bare ones that it matters."""

    headings: Sequence[Heading]
    _starts: dict[tuple[str, ...], int] = field(default_factory=dict)

    def find(self, heading: Heading) -> int:
        """Find where the last one begins that has its title, or has it as its number: some contents have just that."""
        if not self._starts:
            for each in self.headings:
                for words in (each.label, each.title):
                    self._starts[_list_words(words)] = each.start
        return self._starts[_list_words(heading.title)]


def _list_words(title: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(title.casefold()))


def _read_heading(text: str, start: int, *, is_below: bool) -> Heading | None:
    """Read a line as a heading. is_below: another heading stands right above it."""
    line = read_line(text, start)
    before = "" if line.level else text[max(0, start - _CONTEXT) : start]
    law = (
        vietnamese.read_heading(line.words, before)
        or korean.read_heading(line.words, marked=line.level is not None)
        or english.read_heading(line.words, "" if is_below else before, marked=line.level is not None)
    )
    if law is None and line.level is None:
        law = vietnamese.read_title(line.words)
    if law is None:
        title = "" if _ANCHOR.match(line.words) else _clean(line.words)
        return Heading(start, line.end, title, None, line.level) if line.level and line.words else None
    if stands_in_contents(line.words):
        return None
    return _read_law(text, start, line, law)


def _read_law(text: str, start: int, line: Line, law: LawHeading) -> Heading | None:
    end, words = line.start + law.length, line.words[: law.length]
    if not law.titled:
        is_english = english.is_label(law.label)
        if is_english and english.goes_on(text, line.end):
            return None
        end, titles = _read_title_below(text, line.end, skip=_NUMBER_OF_LAW if law.rank == LAW else None)
        if law.rank == LAW and not titles:
            return None
        if is_english and titles and len(titles[-1]) > _LONG_TITLE and english.goes_on(text, end):
            end, titles = line.end, []  # it is no title: a sentence begins with it
        words = " ".join([line.words, *titles])
    return Heading(start, end, _clean(words), law.rank, line.level, law.label, law.number, law.sure)


def _read_title_above(text: str, after: int, start: int) -> Heading | None:
    """Read the line above a line as a title that only the line below it tells: underlined, or of a Korean law."""
    underlined = read_underlined(text, after, start) if text[start : start + 1] in "=- " else None
    if underlined:
        title, level = _clean(underlined.words), underlined.level
        return Heading(underlined.start, underlined.end, title, None, level, sure=level == 1)
    if not korean.opens_law(text, start):
        return None
    low = max(after, start - 2 * LONGEST_TITLE)
    above = text[low:start].rstrip()
    begin = low + above.rfind("\n") + 1
    if not above or (begin and text[begin - 1] != "\n"):
        return None
    line = read_line(text, begin)
    if line.level or not korean.is_title(line.words):
        return None
    return Heading(begin, line.end, _clean(line.words), LAW, None)


def _read_title_below(text: str, end: int, skip: re.Pattern[str] | None) -> tuple[int, list[str]]:
    """Read the title under a line that has only a number: where it ends, and its lines.

    Where it is in capitals it may have more lines than one. skip: a line like this may stand above it.
    """
    titles: list[str] = []
    position, blank = end, 0
    while len(titles) < _MOST_TITLE_LINES and (below := _LINE_BELOW.match(text, position)):
        position = below.end()
        line = read_line(text, below.start(1))
        passed = not line.words or (skip and skip.match(line.words))
        if passed and not titles and blank < _MOST_BLANK_LINES:
            blank += 1
            continue
        if not _is_title(line.words) or (titles and not (titles[-1] + line.words).isupper()):
            break
        titles.append(line.words)
        end = line.end
    return end, titles


def _is_title(words: str) -> bool:
    return (
        len(words) <= LONGEST_TITLE
        and words[:1].isupper()
        and words[-1] not in ".;:,"
        and not vietnamese.read_heading(words, "")
        and not english.read_heading(words, "", marked=False)
    )


def _clean(title: str) -> str:
    """Give a title on one line, without emphasis, not longer than a path can bear."""
    words = drop_footnotes(title[: 2 * LONGEST_TITLE].replace("**", "").replace("__", ""))
    if words.endswith((">", "〉")):
        words = _REVISION.sub("", words)
    return shorten(" ".join(words.strip("*_ \t").split()), LONGEST_TITLE)
