"""The headings of a text: Markdown's, and those of laws. One that stands in a quotation or in code is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from ingest.chunking import korean, vietnamese
from ingest.chunking.prefixes import shorten
from ingest.chunking.ranks import ARTICLE
from ingest.chunking.verbatim import Verbatim

_LONGEST_TITLE = 200  # characters of a title that go into a path
_MOST_TITLE_LINES = 3  # lines that the title under "CHƯƠNG I" is made of

# What a line must begin with to be looked at: one pass over the text finds the few lines that matter.
_CANDIDATE = re.compile(r"\n[ \t]*+(?=#|\*|_|(?:Đi|Ði|ĐI)[ềỀ]|C[hH][ưƯ]|P[hH][ầẦụỤ]|M[ụỤ]|T[iI][ểỂ]|제|부|[\[<〈])")
_SPACE = ("", " ", "\t")
_DEEPEST = 6  # level of a Markdown heading
_CODE_INDENT = 4  # columns from which on a line of Markdown is code (CommonMark 0.31, section 4.4)
_MOST_BLANK_LINES = 2  # between the number and the title
_CONTEXT = 40  # characters before a line that show whether a sentence goes on
_LINE_BELOW = re.compile(r"[ \t]*+\n([^\n]*)")
_REVISION = re.compile(
    r"[ \t]*[<〈](?:전문)?(?:개정|신설)[^<>〈〉\n]*+[>〉]"
)  # when a title was changed; no part of it


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.

    start, end: from the beginning of its line to the end of its title.
    rank: its rank in a law, None for a plain Markdown heading.
    level: its Markdown level, 1 to 6, None where it has no `#`.
    """

    start: int
    end: int
    title: str
    rank: int | None
    level: int | None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its markup: `words` begin at `start` in the text."""

    start: int
    words: str
    level: int | None

    @property
    def end(self) -> int:
        return self.start + len(self.words)


def find_headings(text: str) -> Sequence[Heading]:
    """List the headings of a text, in order. Lines end with a newline and letters are in NFC."""
    verbatim: Verbatim | None = None
    headings: list[Heading] = []
    after = 0  # where the last title ended: it may go on for some lines
    for start in chain((0,), (candidate.start() + 1 for candidate in _CANDIDATE.finditer(text))):
        heading = _read_heading(text, start) if start >= after else None
        if heading is None:
            continue
        verbatim = verbatim or Verbatim(text)
        if start not in verbatim:
            headings.append(heading)
            after = heading.end
    return headings


def _read_heading(text: str, start: int) -> Heading | None:
    line = _read_line(text, start)
    before = "" if line.level else text[max(0, start - _CONTEXT) : start]
    vietnamese_law = vietnamese.read_heading(line.words, before)
    if vietnamese_law:
        rank, titled = vietnamese_law
        if titled or rank == ARTICLE:
            return Heading(start, line.end, _clean(line.words), rank, line.level)
        end, titles = _read_title_below(text, line.end)
        return Heading(start, end, _clean(" ".join([line.words, *titles])), rank, line.level)
    korean_law = korean.read_heading(line.words, marked=line.level is not None)
    if korean_law:
        rank, length = korean_law
        return Heading(start, line.start + length, _clean(line.words[:length]), rank, line.level)
    title = _clean(line.words)
    return Heading(start, line.end, title, None, line.level) if line.level and title else None


def _read_line(text: str, start: int) -> _Line:
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)].rstrip()
    words = line.lstrip(" \t")
    indent = line[: len(line) - len(words)]
    behind = words.lstrip("#")
    level = len(words) - len(behind)
    if not 0 < level <= _DEEPEST or behind[:1] not in _SPACE or len(indent.expandtabs()) >= _CODE_INDENT:
        level = 0
    else:
        words = behind
        unclosed = words.rstrip("#")  # "## Title ##"
        words = unclosed.rstrip() if unclosed[-1:] in _SPACE else words
    words = words.lstrip("*_ \t")
    return _Line(start + len(line) - len(words), words, level or None)


def _read_title_below(text: str, end: int) -> tuple[int, list[str]]:
    """Read the title under a line that has only a number: where it ends, and its lines.

    Where it is in capitals it may have more lines than one.
    """
    titles: list[str] = []
    position, blank = end, 0
    while len(titles) < _MOST_TITLE_LINES and (below := _LINE_BELOW.match(text, position)):
        position = below.end()
        line = _read_line(text, below.start(1))
        if not line.words and not titles and blank < _MOST_BLANK_LINES:
            blank += 1
            continue
        if not _is_title(line.words) or (titles and not (titles[-1] + line.words).isupper()):
            break
        titles.append(line.words)
        end = line.end
    return end, titles


def _is_title(words: str) -> bool:
    return (
        len(words) <= _LONGEST_TITLE
        and words[:1].isupper()
        and words[-1] not in ".;:,"
        and not vietnamese.read_heading(words, "")
    )


def _clean(title: str) -> str:
    """Give a title on one line, without emphasis, not longer than a path can bear."""
    words = _REVISION.sub("", title[: 2 * _LONGEST_TITLE]).replace("**", "").replace("__", "")
    return shorten(" ".join(words.strip("*_ \t").split()), _LONGEST_TITLE)
