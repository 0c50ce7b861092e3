"""A line of a text without its markup: Markdown's marks of a heading, and emphasis."""

from ingest.records import record

_SPACE = ("", " ", "\t")
_DEEPEST = 6  # level of a Markdown heading
_CODE_INDENT = 4  # columns from which on a line of Markdown is code (CommonMark 0.31, section 4.4)


@record
class Line:
    """A line without its markup: `words` begin at `start` in the text."""

    start: int
    words: str
    level: int | None

    @property
    def end(self) -> int:
        """Where its words end."""
        return self.start + len(self.words)


def read_line(text: str, start: int) -> Line:
    """Read the line that begins at a position."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)].rstrip()
    words, level = line.lstrip(" \t"), 0
    if words[:1] == "#":
        words, level = _read_level(line, words)
    words = words.lstrip("*_ \t")
    return Line(start + len(line) - len(words), words, level or None)


def is_code(indent: str) -> bool:
    """Say whether a line of Markdown that is indented so is code."""
    return len(indent.expandtabs()) >= _CODE_INDENT


def _read_level(line: str, words: str) -> tuple[str, int]:
    """Take the marks of a Markdown heading off the words of a line; give its level too, 0 where it is none."""
    indent, behind = line[: len(line) - len(words)], words.lstrip("#")
    level = len(words) - len(behind)
    if level > _DEEPEST or behind[:1] not in _SPACE or is_code(indent):
        return words, 0
    unclosed = behind.rstrip("#")  # "## Title ##"
    return unclosed.rstrip() if unclosed[-1:] in _SPACE else behind, level
