"""Bytes to text: Unicode in the forms that can be told for certain. What cannot be told is refused, never guessed."""

import codecs
import re
import unicodedata

from ingest.sources.mojibake import find_mojibake
from ingest.sources.unreadable import UnreadableError

# UTF-32 before UTF-16, whose mark is the beginning of the other's (Unicode 17.0, section 23.8).
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_NO_MARK = (b"", "utf-8", "UTF-8")
_FORMATS = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a Rich Text file"),
    (b"PK\x03\x04", "a zip archive or an Office file"),
    (bytes.fromhex("d0cf11e0a1b11ae1"), "an old Office file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)
# No text holds these. ESC, SO and SI are how ISO-2022-KR writes Korean in seven bits, which passes for UTF-8. Left out
# is U+0085, an old line end.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_HEAD = 4096  # bytes looked at for zeros
_ZEROS = 0.05  # UTF-16 has more of them, at odd or at even places, in white space and digits; UTF-8 has none


def decode(content: bytes) -> str:
    r"""Decode UTF-8 with or without a byte order mark, or UTF-16 or UTF-32 with one, to normalised text.

    The text is NFC, its lines end in "\n", and it holds no U+FEFF. Raises UnreadableError for anything else, and for
    a text that was damaged earlier: U+FFFD in it, control characters, or UTF-8 once read as a Western encoding.
    """
    for signature, name in _FORMATS:
        if content.startswith(signature):
            raise UnreadableError(f"it is {name}, not a text; save it as text in UTF-8")
    mark, codec, encoding = next((row for row in _MARKS if content.startswith(row[0])), _NO_MARK)
    if not mark and _looks_wide(content):
        raise UnreadableError(
            "it is full of zero bytes: UTF-16 without a byte order mark, or no text at all; save it as UTF-8"
        )
    try:
        text = content[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        offset = len(mark) + error.start
        line = f" in line {1 + content.count(10, 0, offset)}" if codec == "utf-8" else ""
        raise UnreadableError(
            f"it is not {encoding}: bad byte 0x{content[offset]:02X} at offset {offset}{line}; save it as UTF-8"
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    text = text.removesuffix("\x1a")  # Ctrl-Z ended a text under DOS
    _refuse_damage(text)
    return unicodedata.normalize("NFC", text)


def _looks_wide(content: bytes) -> bool:
    head = content[:_HEAD]
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) * _ZEROS


def _refuse_damage(text: str) -> None:
    if name := find_mojibake(text):
        raise UnreadableError(
            f"its letters are damaged: UTF-8 that was once read as {name}; restore it from the original"
        )
    if found := _CONTROL.search(text):
        line, code = text.count("\n", 0, found.start()) + 1, ord(found.group())
        raise UnreadableError(f"it is not plain text: control character U+{code:04X} in line {line}; save it as UTF-8")
    if (lost := text.find("\ufffd")) >= 0:
        line = text.count("\n", 0, lost) + 1
        raise UnreadableError(
            f"line {line} holds U+FFFD, which stands where a character was lost; restore it from the original"
        )
