"""What no text holds: controls, bytes that could not be decoded, and marks of characters that were lost before."""

import re
from itertools import islice

from ingest.sources.detection import Encoding
from ingest.sources.unreadable import UnreadableError

# Left out are white space and U+0085, an old line end. A byte that could not be decoded stands here as a surrogate.
_STRAY = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd]")
# The same in UTF-8, which is searched faster.
_RAW = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]|\xc2[\x80-\x84\x86-\x9f]|\xed[\xa0-\xbf]|\xef\xbf\xbd")
# Those that stand for a part of a letter, also where it was read as Latin-1. A broken one of UTF-8 leaves up to three.
_LOST = re.compile("[\x80-\x84\x86-\x9f\ud800-\udfff\ufffd]")
_LETTERS = re.compile(f"{_LOST.pattern}{{1,3}}|{_STRAY.pattern}")
_SHIFT = re.compile("[\x0e\x0f\x1b]")  # ESC, SO and SI change what the bytes behind them mean
_FEW = 3  # that a text may hold and be read, or more in a long one:
_RARE = 0.001  # of the characters that are there to be lost
_BESIDE = 10  # so many of them must stand beside each: else it is another encoding, or no text
_SHOWN = 3  # that are named one by one


def is_clean(content: bytes) -> bool:
    """Tell whether nothing is stray in bytes of UTF-8, of which a surrogate may be a part."""
    return not _RAW.search(content)


def is_sound(text: str, encoding: Encoding) -> bool:
    """Tell whether what is stray in a text is so little that the rest is what was written."""
    there = len(text) if encoding.is_wide else len(text) - len(text.encode("ascii", "ignore"))
    most = int(max(_FEW, _RARE * there))
    strays = [found.group() for found in islice(_LETTERS.finditer(text), most + 1)]
    lost = sum(_LOST.match(stray) is not None for stray in strays)
    few = len(strays) <= most and not _SHIFT.search(text)
    return few and lost * _BESIDE <= there and len(strays) * _BESIDE <= len(text)


def leave_out(text: str, content: bytes, start: int, encoding: Encoding) -> tuple[str, str, str]:
    """Leave out what is stray; give the text, the first line that it was in, and what it was.

    content: the bytes, which `encoding` shows as the text from `start` on. Raises UnreadableError where it is too much.
    """
    if is_clean(text.encode("utf-8", "surrogatepass")):
        return text, "", ""
    found = list(islice(_STRAY.finditer(text), _SHOWN))
    line = f"line {1 + text.count(chr(10), 0, found[0].start())}"
    named = [_describe(text, stray.start(), content, start, encoding) for stray in found]
    if not is_sound(text, encoding):
        raise UnreadableError(_refuse(found[0].group(), named[0], line, encoding))
    more = len(_STRAY.findall(text)) - len(found)
    named += [f"{more} more"] if more else []
    return _STRAY.sub("", text), line, f"left out: {', '.join(named)}"


def _refuse(stray: str, named: str, line: str, encoding: Encoding) -> str:
    if stray == "\ufffd":
        return f"{line} holds U+FFFD, which stands where a character was lost; restore it from the original"
    if "\ud800" <= stray <= "\udfff":
        place = "" if encoding.is_wide else f" in {line}"
        return f"it is not {encoding.name}: {named}{place}; save it as UTF-8"
    return f"it is not plain text: control character {named} in {line}; save it as UTF-8"


def _describe(text: str, at: int, content: bytes, start: int, encoding: Encoding) -> str:
    if not "\ud800" <= text[at] <= "\udfff":
        return f"U+{ord(text[at]):04X}"
    offset = start + encoding.measure(text[:at])
    return f"bad byte 0x{content[offset]:02X} at offset {offset}"
