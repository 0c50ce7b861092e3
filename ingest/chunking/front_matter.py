"""The front matter of a Markdown file: `key: value` lines between two `---` at its top.

Only what is simple is read: plain and quoted values, numbers, true and false, dates as they are written, lists with
one `- value` a line or as `[one, two]`, and `key: value` lines that stand further in under a key. Front matter with
anything else in it is text like any other, so that nothing is lost; and so are questions and articles of a law between
two rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.chunking import korean, vietnamese
from ingest.model import Document, Json

_MARKDOWN = (".md", ".markdown")
_BLOCK = re.compile(r"---[ \t]*\n((?:(?!---[ \t]*(?:\n|\Z))[^\n]*\n)*+)---[ \t]*(?:\n|\Z)")
_KEY = re.compile(r"([^\W\d][\w.-]*(?: [\w.-]+)*)[ \t]*:(?:[ \t]+(.*))?\Z")
# "Hỏi: Mức phạt là bao nhiêu?" stands in a text, not in what a file says of itself.
_DIALOGUE = re.compile(
    r"(?:[QAHĐ]|(?i:(?:câu[ \t]+)?(?:hỏi|trả[ \t]+lời)|(?:giải[ \t]+)?đáp(?:[ \t]+án)?|câu|question|answer)|"
    r"질문|질의|문|답변|답|회신)[ \t.]*\d*[ \t]*:"
)
_ELEMENT = re.compile(r"[ \t]*-[ \t]+(\S.*)\Z")
# `[one, "two"]`, of plain and quoted values alone.
_FLOW_VALUE = r"""(?:"[^"\n]*+"|'[^'\n]*+'|[^\s,\[\]{}"'#&*!|>%@`][^,\[\]{}"'#\n]*+)"""
_FLOW = re.compile(rf"\[[ \t]*(?:{_FLOW_VALUE}[ \t]*(?:,[ \t]*{_FLOW_VALUE}[ \t]*)*)?\][ \t]*\Z")
_FLOW_VALUES = re.compile(_FLOW_VALUE)
_WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d{0,14})\Z")
_DECIMAL = re.compile(r"[-+]?\d{1,15}\.\d{1,15}\Z")
_CONSTANTS: Mapping[str, Json] = {"true": True, "false": False, "null": None, "~": None}
_TITLES = ("title", "tiêu đề", "tên văn bản", "제목", "법령명")
_NOT_PLAIN = tuple("|>&*!%@`{[")  # what begins a value of another kind in YAML 1.2, section 5.3


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file says of itself, and where its text begins."""

    metadata: Mapping[str, Json] = field(default_factory=dict)
    end: int = 0

    @property
    def title(self) -> str:
        """What the file says that it is called; "" where it doesn't."""
        named = {key.casefold(): value for key, value in self.metadata.items() if isinstance(value, str)}
        return next((" ".join(named[key].split()) for key in _TITLES if named.get(key)), "")


def find_front_matter(document: Document) -> FrontMatter:
    """Read the front matter of a document; only a Markdown file may have some."""
    is_row = document.row is not None or document.question
    if is_row or not document.origin.casefold().endswith(_MARKDOWN):
        return FrontMatter()
    return read_front_matter(document.text)


def read_front_matter(text: str) -> FrontMatter:
    """Read the front matter of a text; none where it has none, none that is simple, or nothing but that."""
    block = _BLOCK.match(text)
    if not block or not text[block.end() : block.end() + 10_000].strip():
        return FrontMatter()
    metadata: dict[str, Json] = {}
    key = ""  # the last one, where its value is on the lines under it
    for line in block[1].splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _KEY.match(line.rstrip())
        if _is_of_text(line.lstrip()) or (pair and pair[1] in metadata):
            return FrontMatter()
        if pair and not (pair[2] or "").strip():
            key, metadata[pair[1]] = pair[1], None
        elif pair and _is_plain(pair[2]):
            key, metadata[pair[1]] = "", _read_value(pair[2])
        elif not key or not _add_under(metadata, key, line):
            return FrontMatter()
    if not metadata and block[1].strip():  # nothing but lines that begin with "#": headings between rules
        return FrontMatter()
    return FrontMatter(metadata, block.end())


def _add_under(metadata: dict[str, Json], key: str, line: str) -> bool:
    """Add a line to what stands under a key: an element of its list, or a pair; false where it is neither."""
    held = metadata[key]
    element = _ELEMENT.match(line)
    if element and _is_plain(element[1]) and (held is None or isinstance(held, list)):
        metadata[key] = held = held or []
        held.append(_read_value(element[1]))
        return True
    pair = _KEY.match(line.strip()) if line[0] in " \t" else None
    words = pair[2] if pair else None
    if not pair or not words or not _is_plain(words) or not (held is None or isinstance(held, dict)):
        return False
    metadata[key] = held = held or {}
    if pair[1] in held:
        return False
    held[pair[1]] = _read_value(words)
    return True


def _is_of_text(line: str) -> bool:
    """Say whether a line is a question, an answer or the heading of a law."""
    heading = vietnamese.read_heading(line, "") or korean.read_heading(line, marked=False)
    return heading is not None or _DIALOGUE.match(line) is not None


def _is_plain(value: str) -> bool:
    return not value.startswith(_NOT_PLAIN) or _FLOW.match(value) is not None


def _read_value(words: str) -> Json:
    words = words.strip()
    if words.startswith("["):
        return [_read_value(value) for value in _FLOW_VALUES.findall(words)]
    for quote in "\"'":
        if len(words) > 1 and words[0] == words[-1] == quote:
            return words[1:-1]
    words = words.partition(" #")[0].rstrip()
    if words.casefold() in _CONSTANTS:
        return _CONSTANTS[words.casefold()]
    if _WHOLE.match(words):
        return int(words)
    return float(words) if _DECIMAL.match(words) else words
