"""Headings, and the ranks of those of a law: outermost first, the same in every country."""

import re

from ingest.records import record

LAW, ANNEX, PART, CHAPTER, SECTION, SUBSECTION, ARTICLE, SUBARTICLE = range(8)

# Dots or a tab, and a page: a line of a table of contents.
_PAGE = re.compile(r"(?:(?:[.…·_‧]|(?:[.…·‧] )){3,}|\t)[ \t.…]*\d*[ \t]*\Z")
_LONGEST_PAGE = 200  # characters at the end of a line that are looked at
_VISIBLE = re.compile(r"\S")
_REPEALED = re.compile(r"삭제|bãi bỏ|hết hiệu lực", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\\?\[\d{1,3}\\?\]|<sup>\s*\[?\d{1,3}\]?\s*</sup>")


@record
class LawHeading:
    """The heading that a line is.

    label: how it is cited, "Điều 8", "제4조의2"; "" for what is not cited. number: what is its own in that, "4의2".
    length: characters of the line that are number and title.
    titled: the title stands in the line, or there can be none; else it is looked for on the lines below.
    sure: else it is one only where its number is in its place.
    """

    rank: int
    label: str
    number: str
    length: int
    titled: bool
    sure: bool = True


@record
class Heading:
    """A heading.

    start, end: from the beginning of its line to the end of its title.
    title: "" where a wall needs none: what closes a law.
    rank: its rank in a law, None for a plain Markdown heading.
    level: its Markdown level, 1 to 6, None where it has neither a `#` nor a line under it.
    label, number: of a law's, how it is cited, and the number in that; see `LawHeading`.
    sure: else it is one only where the others bear it out.
    """

    start: int
    end: int
    title: str
    rank: int | None
    level: int | None
    label: str = ""
    number: str = ""
    sure: bool = True


def drop_footnotes(words: str) -> str:
    """Leave out the marks of footnotes, which consolidated laws have behind numbers: "Điều 2.[3]", "<sup>45</sup>"."""
    return _FOOTNOTE.sub("", words) if "[" in words or "<" in words else words


def is_repealed(title: str) -> bool:
    """Say whether the title of an article says that nothing is left of it."""
    return _REPEALED.search(title) is not None


def is_bare(text: str, heading: Heading, end: int) -> bool:
    """Say whether nothing visible stands between a heading and a position."""
    return not _VISIBLE.search(text, heading.end, end)


def leaves(above: Heading, heading: Heading) -> bool:
    """Say whether `heading` ends what stands under `above`.

    Ranks of a law are compared with each other, and Markdown levels where either has no rank. A heading of a law
    without a level, as laws pasted into Markdown have them, stands under every Markdown heading and ends at the next.
    """
    if above.rank is not None and heading.rank is not None:
        return above.rank >= heading.rank
    if heading.level is None:
        return False
    return above.level is None or above.level >= heading.level


def stands_in_contents(line: str) -> bool:
    """Say whether a line is one of a table of contents: it ends with a page behind dots or a tab."""
    return (line[-1:].isdigit() or line[-1:] in ".…") and _PAGE.search(line[-_LONGEST_PAGE:]) is not None
