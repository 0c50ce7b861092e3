"""Bytes to text: what they say for certain. What stays doubtful is refused, never guessed."""

import codecs
import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import islice

from ingest.sources.detection import UTF_8, UTF_16_BE, UTF_16_LE, Encoding, find_encoding, name_encoding
from ingest.sources.mojibake import Mojibake, find_mojibake
from ingest.sources.normalisation import normalise
from ingest.sources.strays import is_clean, is_sound, leave_out
from ingest.sources.unreadable import UnreadableError

# UTF-32 before UTF-16, whose mark is the beginning of the other's (Unicode 17.0, section 23.8).
_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, Encoding("UTF-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, Encoding("UTF-32", "utf-32-be")),
    (codecs.BOM_UTF16_LE, UTF_16_LE),
    (codecs.BOM_UTF16_BE, UTF_16_BE),
)
_FORMATS = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a Rich Text file"),
    (b"PK\x03\x04", "a zip archive or an Office file"),
    (bytes.fromhex("d0cf11e0a1b11ae1"), "an old Office file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)
_SHIFTS = (b"\x0e", b"\x0f", b"\x1b")  # ESC, SO and SI: ISO-2022 writes Korean in seven bits, which passes for UTF-8
_BLOCK = 512  # bytes in which zeros are counted
_PAIR = 2  # zero bytes, of which a single one is stray
_ZEROS = 0.05  # UTF-16 has more of them, at odd or at even places, in white space and digits; UTF-8 has none
_SWAPPED = "\u2000\u0a00"  # a space and a line end of which the bytes are swapped
_NARROW = re.compile(rb"[A-Za-z0-9 .,:;()/\r\n-]{12,}")  # six characters of UTF-16, of which each is two of ASCII
_RARELY = 5000  # Chinese characters among which there is such a run by chance, at least
_CLASH = re.compile(  # Hangul or Chinese beside scripts of which hardly anything but a wrong pair is met there
    "[가-힣一-鿿][\u0530-\u0dff\u0e80-\u0fff\u1200-\u1dff\u2c00-\u2dff\ua000-\uabff]"
    "|[\u0530-\u0dff\u0e80-\u0fff\u1200-\u1dff\u2c00-\u2dff\ua000-\uabff][가-힣一-鿿]"
)
_UNUSED = ("Cn", "Co", "Cs")  # unassigned, for private use, half of a character
_LEAD = re.compile(b"[\xc2-\xf4]")  # the first byte of a character of several (RFC 3629)
_CERTAIN = 2  # characters of several bytes in valid UTF-8: chance does not make so many


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was done to read a text; where: the line, "" for all of it."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and how it was come by.

    encoding: its name for a person. notes: what was found out or repaired; none for a sound text in UTF-8.
    """

    text: str
    encoding: str
    notes: tuple[Note, ...] = ()


def decode(content: bytes, encoding: str = "") -> str:
    """Decode bytes to normalised text; see `examine`."""
    return examine(content, encoding).text


def examine(content: bytes, encoding: str = "") -> Decoded:
    """Decode bytes to normalised text without U+FFFD, and say how: see `recover` and `normalise`."""
    found = recover(content, encoding)
    return replace(found, text=normalise(found.text))


def is_plain(content: bytes) -> bool:
    """Tell whether bytes are sound UTF-8, of which nothing is repaired or left out, and so could be read in parts.

    A byte order mark is none of it.
    """
    if not is_clean(content) or content.startswith(tuple(signature for signature, _ in _FORMATS)):
        return False
    try:
        return find_mojibake(content.decode()) is None
    except UnicodeDecodeError:
        return False


def recover(content: bytes, encoding: str = "") -> Decoded:
    """Decode bytes to the text as it was written, by what they say for certain.

    In this order: a byte order mark; UTF-8; UTF-16 without a mark; an older encoding in which they spell a language. A
    few stray bytes are left out. UTF-8 that was once read as something else is repaired where nothing was lost by it.
    encoding: what the bytes are in that have no mark and are not UTF-8 for certain; "" to find it out.
    Raises UnreadableError for what stays doubtful, UsageError for an encoding that doesn't exist.
    """
    for signature, name in _FORMATS:
        if content.startswith(signature):
            raise UnreadableError(f"it is {name}, not a text; save it as text in UTF-8")
    mark, chosen = next((row for row in _MARKS if content.startswith(row[0])), (b"", None))
    how = ""
    if not chosen:
        chosen, how = _choose(content, name_encoding(encoding) if encoding else None)
    notes = [Note("", f"read as {chosen.name}, {how}")] if how else []
    text = _show(content[len(mark) :], chosen, marked=bool(mark)).removesuffix("\x1a")  # which ended a text under DOS
    if damage := find_mojibake(text) if chosen.read is str else None:
        text = text if damage.example else _repair(damage)
        notes.append(_tell(damage))
    text, line, strays = leave_out(text, content, len(mark), chosen)
    notes += [Note(line, strays)] if strays else []
    return Decoded(chosen.read(text), chosen.name, tuple(notes))


def _choose(content: bytes, named: Encoding | None) -> tuple[Encoding, str]:
    """Choose the encoding of bytes without a mark, and say how, "" for UTF-8. Raises UnreadableError."""
    bad: int | None = None
    cut = False
    try:
        content.decode()
    except UnicodeDecodeError as error:
        bad = error.start
        cut = error.end == len(content) and error.end - bad > 1 and "end of data" in error.reason
    if named:
        certain = bad is None and _is_utf_8(content, named)
        return (UTF_8, "") if certain else (named, "which --encoding names")
    if wide := _find_wide(content):
        return wide, "found by its zero bytes"
    shifted = any(code in content for code in _SHIFTS)
    if not shifted and (bad is None or is_sound(UTF_8.show(content), UTF_8)):
        return UTF_8, ""
    if not cut and (found := find_encoding(content)):
        return found, "found by its letters"
    if bad is None:
        return UTF_8, ""  # what shifts is refused as a control character
    line = 1 + content.count(10, 0, bad)
    raise UnreadableError(
        f"it is not UTF-8: bad byte 0x{content[bad]:02X} at offset {bad} in line {line}, and no other encoding fits "
        f"for certain; name it with --encoding, or save it as UTF-8"
    )


def _is_utf_8(content: bytes, named: Encoding) -> bool:
    """Tell whether bytes that are valid UTF-8 are so for certain, whatever encoding was named for them."""
    if named.is_wide:
        return 0 not in content
    return len(list(islice(_LEAD.finditer(content), _CERTAIN))) == _CERTAIN


def _find_wide(content: bytes) -> Encoding | None:
    """Find UTF-16 without a mark by its zero bytes. Raises UnreadableError where only some of it is."""
    places = [_list_zeros(content, place) for place in (0, 1)]
    if not any(any(blocks) for blocks in places):
        return None
    even, odd = (all(blocks) for blocks in places)
    if even == odd:
        raise UnreadableError("it is full of zero bytes, but not UTF-16 throughout: damaged, or no text; restore it")
    return UTF_16_BE if even else UTF_16_LE


def _list_zeros(content: bytes, place: int) -> list[bool]:
    """Tell of each block whether it has as many zero bytes at even (0) or odd (1) places as UTF-16 has."""
    if content.count(0) < _PAIR:
        return []
    last = max(0, len(content) - _BLOCK) & ~1  # reaches back, so that it is full
    starts = (min(start, last) for start in range(0, len(content), _BLOCK))
    blocks = [content[start : start + _BLOCK] for start in starts]
    return [block[place::2].count(0) > len(block) * _ZEROS for block in blocks]


def _show(content: bytes, encoding: Encoding, *, marked: bool) -> str:
    """Show bytes as characters, half a one at the end of UTF-16 as a surrogate. Raises UnreadableError."""
    half = len(content) % 2 if encoding.name == UTF_16_LE.name else 0
    try:
        text = encoding.show(content[:-1] if half else content)
    except UnicodeError as error:
        raise UnreadableError(f"it is not {encoding.name} ({error}); save it as UTF-8") from error
    if encoding.is_wide and (half or not marked) and (wrong := _find_askew(text)):
        line = 1 + text.count("\n", 0, text.index(wrong))
        raise UnreadableError(
            f"it is not {encoding.name} throughout: U+{ord(wrong):04X} in line {line}, as if a byte were missing; "
            f"restore it from the original"
        )
    return text + "\ud800" * half


def _find_askew(text: str) -> str:
    """Find a character that bytes make when they are paired wrongly, and that no text holds; "" where there is none."""
    content = text.encode("utf-16-le", "surrogatepass")
    runs = list(islice(_NARROW.finditer(content), 1 + len(text) // _RARELY))
    chinese = len(re.findall("[一-鿿]", text)) if runs else 0
    if len(runs) * _RARELY > chinese:
        return text[(runs[0].start() + 1) // 2]
    wrong = (one for one in sorted(set(text)) if one in _SWAPPED or unicodedata.category(one) in _UNUSED)
    return next(wrong, "") or (clash.group()[0] if (clash := _CLASH.search(text)) else "")


def _tell(damage: Mojibake) -> Note:
    if not damage.example:
        return Note("", f"repaired: it was UTF-8, once read as {damage.name}")
    said = f'"{damage.example}" looks like UTF-8 that was once read as {damage.name}'
    return Note(f"line {damage.line}", f"{said}: left as it is; mend it in the original")


def _repair(damage: Mojibake) -> str:
    if damage.repaired is not None:
        return damage.repaired
    place = f" in line {damage.line}" if damage.line else ""
    raise UnreadableError(
        f"its letters{place} are damaged: UTF-8 that was once read as {damage.name}, with a loss; restore it from the "
        f"original"
    )
