"""The front matter of a Markdown file: `key: value` lines between two `---` at its top.

Only what is simple is read: plain and quoted values, numbers, true and false, dates as they are written, and lists with
one `- value` a line. Front matter with anything else in it is text like any other, so that nothing is lost.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.model import Json

_BLOCK = re.compile(r"---[ \t]*\n((?:(?!---[ \t]*(?:\n|\Z))[^\n]*\n)*+)---[ \t]*(?:\n|\Z)")
_KEY = re.compile(r"([^\W\d][\w.-]*(?: [\w.-]+)*)[ \t]*:(?:[ \t]+(.*))?\Z")
_ELEMENT = re.compile(r"[ \t]*-[ \t]+(\S.*)\Z")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d{0,14})\Z")
_DECIMAL = re.compile(r"[-+]?\d{1,15}\.\d{1,15}\Z")
_CONSTANTS: Mapping[str, Json] = {"true": True, "false": False, "null": None, "~": None}
_NOT_PLAIN = tuple("|>&*!%@`{[")  # what begins a value of another kind in YAML 1.2, section 5.3


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file says of itself, and where its text begins."""

    metadata: Mapping[str, Json] = field(default_factory=dict)
    end: int = 0


def read_front_matter(text: str) -> FrontMatter:
    """Read the front matter of a text; none where it has none, none that is simple, or nothing but that."""
    block = _BLOCK.match(text)
    if not block or not text[block.end() : block.end() + 10_000].strip():
        return FrontMatter()
    metadata: dict[str, Json] = {}
    elements: list[Json] | None = None  # of the list under the last key
    for line in block[1].splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        element, pair = _ELEMENT.match(line), _KEY.match(line.rstrip())
        if element and elements is not None and _is_plain(element[1]):
            elements.append(_read_value(element[1]))
        elif pair and not (pair[2] or "").strip():
            metadata[pair[1]] = elements = []
        elif pair and _is_plain(pair[2]):
            metadata[pair[1]], elements = _read_value(pair[2]), None
        else:
            return FrontMatter()
    described = {key: None if value == [] else value for key, value in metadata.items()}
    return FrontMatter(described, block.end())


def _is_plain(value: str) -> bool:
    return not value.startswith(_NOT_PLAIN)


def _read_value(words: str) -> Json:
    words = words.strip()
    for quote in "\"'":
        if len(words) > 1 and words[0] == words[-1] == quote:
            return words[1:-1]
    words = words.partition(" #")[0].rstrip()
    if words.casefold() in _CONSTANTS:
        return _CONSTANTS[words.casefold()]
    if _WHOLE.match(words):
        return int(words)
    return float(words) if _DECIMAL.match(words) else words
