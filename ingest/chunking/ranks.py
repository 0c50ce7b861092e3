"""The ranks of the headings of a law, outermost first, the same in every country; and what is read of one."""

import re
from typing import NamedTuple

LAW, ANNEX, PART, CHAPTER, SECTION, SUBSECTION, ARTICLE = range(7)

# Dots or a tab, and a page: a line of a table of contents.
_PAGE = re.compile(r"(?:(?:[.…·_‧]|(?:[.…·‧] )){3,}|\t)[ \t.…]*\d*[ \t]*\Z")
_LONGEST_PAGE = 200  # characters at the end of a line that are looked at


class LawHeading(NamedTuple):
    """The heading that a line is.

    label: how it is cited, "Điều 8", "제4조의2"; "" for what is not cited. number: what is its own in that, "4의2".
    length: characters of the line that are number and title.
    titled: the title stands in the line, or there can be none; else it is looked for on the lines below.
    """

    rank: int
    label: str
    number: str
    length: int
    titled: bool


def stands_in_contents(line: str) -> bool:
    """Say whether a line is one of a table of contents: it ends with a page behind dots or a tab."""
    return (line[-1:].isdigit() or line[-1:] in ".…") and _PAGE.search(line[-_LONGEST_PAGE:]) is not None
