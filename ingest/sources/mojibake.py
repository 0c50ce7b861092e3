"""Text that some other program damaged before it was saved: valid UTF-8, but not what anyone wrote."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# UTF-8 that was once read as one of these, and saved as UTF-8 again, is what is met in the wild.
_CODECS = {
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "cp1254": "Windows-1254",
    "cp1258": "Windows-1258",
    "cp1250": "Windows-1250",
    "cp437": "code page 437",
    "cp850": "code page 850",
}
# The sequences that encode one character in two to four bytes (RFC 3629).
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Of these, those by which chance does not make a letter: Vietnamese with two marks, Hangul.
_TELLING = re.compile(rb"\xe1[\xb8-\xbb][\x80-\xbf]|[\xea-\xed][\x80-\xbf]{2}")
_SHARE = 0.5  # of the characters beyond ASCII; 0.82 in a sample that lost a third of its letters, 0.00 in sound laws
_MANY = 10  # fewer that hang on words, and none telling, are chance, or an example of what damage looks like
_PAIRS = 2  # of which a text of nothing else consists; one is chance
# What begins no letter in UTF-8 as sound texts hold it: "√π", "3×½", "─┐", "»…".
_SIGNS = frozenset({"Sm", "So", "Pi", "Pf"})
_MARKS = frozenset({"Pi", "Pf", "Pd"})  # what ends a word, and so comes after a letter by chance: "Spaß“", "Groß –"
_LAYERS = 3  # times that a text may have gone through


@dataclass(frozen=True, slots=True)
class Mojibake:
    """UTF-8 that was once read as another encoding.

    name: of that encoding. line: in which it stands, from 1; 0 for the whole text.
    repaired: the text as it was, None where a letter was lost.
    """

    name: str
    line: int
    repaired: str | None


def find_mojibake(text: str) -> Mojibake | None:
    """Find what a text in UTF-8 was once wrongly read as; None where it reads as it was written.

    Only the whole text is ever repaired, and only where every character of it goes back to a byte and all bytes
    together are UTF-8: nothing is lost then.
    """
    if not _is_suspect(text):
        return None
    if name := _recognise(text):
        return Mojibake(name, 0, _repair(text))
    for number, line in enumerate(text.split("\n"), start=1):
        if _is_suspect(line) and (name := _recognise(line, whole=False)):
            return Mojibake(name, number, None)
    return None


def _make_table(codec: str) -> str:
    """List the 256 characters of an encoding; a byte that it leaves open is shown as browsers do, as its own number."""
    return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in range(256))


_TABLES = {codec: _make_table(codec) for codec in _CODECS}
_MAPS = {codec: codecs.charmap_build(table) for codec, table in _TABLES.items()}


def _is_suspect(text: str) -> bool:
    """Tell, at little cost, whether there is anything to look at."""
    starts, start = _list_starts()
    return any(text[found.start() : found.end() + 1] in starts for found in start.finditer(text))


@cache
def _list_starts() -> tuple[frozenset[str], re.Pattern[str]]:
    """List the first two characters of every sequence, as some encoding shows them, and what may be the first of them.

    Each character alone is a letter of sound texts.
    """
    starts = {lead + trail for table in _TABLES.values() for lead in table[0xC2:0xF5] for trail in table[0x80:0xC0]}
    leads, trails = ("".join(map(re.escape, {start[place] for start in starts})) for place in (0, 1))
    return frozenset(starts), re.compile(f"[{leads}](?=[{trails}])")


@cache
def _find_words(codec: str) -> re.Pattern[bytes]:
    """Give the pattern of sequences that make letters of a word, one beside a letter or several in a row.

    Left out are those that show a sign first or a mark later: sound texts hold these.
    """
    kinds = [unicodedata.category(character) for character in _TABLES[codec]]

    def choose(first: int, last: int, kept_out: frozenset[str]) -> bytes:
        chosen = (b"\\x%02x" % byte for byte in range(first, last + 1) if kinds[byte] not in kept_out)
        return b"[%b]" % (b"".join(chosen) or b"^\\x00-\\xff")

    trail = choose(0x80, 0xBF, _MARKS)
    leads = ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4))
    ways = (choose(*lead, _SIGNS) + trail * length for length, lead in enumerate(leads, start=1))
    one = b"(?:%b)" % b"|".join(ways)
    return re.compile(b"(?<=[A-Za-z])%b+|%b{2,}|%b(?=[A-Za-z])" % (one, one, one))


def _recognise(text: str, *, whole: bool = True) -> str:
    """Name the encoding in which most of the characters beyond ASCII spell UTF-8, "" where too few do.

    whole: whether the text is all there is; of a line among others more is asked.
    """
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    spelled: dict[str, int] = {}
    for codec, name in _CODECS.items():
        shown, _ = codecs.charmap_encode(text, "replace", _MAPS[codec])
        rest, sequences = _SEQUENCE.subn(b"", shown)
        length = len(shown) - len(rest)
        if not _TELLING.search(shown) and not (whole and sequences >= _PAIRS and _is_bare(text, rest)):
            words = b"".join(_find_words(codec).findall(shown))
            length = len(words) if len(_SEQUENCE.findall(words)) >= _MANY else 0
        if length and length >= _SHARE * foreign:
            spelled[name] = length
    return max(spelled, key=lambda name: spelled[name], default="")


def _is_bare(text: str, rest: bytes) -> bool:
    """Tell whether a text is nothing but sequences, in characters among which no quotes or boxes are to be met."""
    return not rest.strip() and max(text, default="") <= "\xff"


def _repair(text: str) -> str | None:
    """Undo it as often as it was done; None where no encoding, or more than one, gives another text without a loss."""
    for _ in range(_LAYERS):
        ways = set(_undo(text))
        if len(ways) != 1:
            return None
        text = ways.pop()
        if not _recognise(text):
            return text
    return None


def _undo(text: str) -> Iterator[str]:
    for table in _MAPS.values():
        try:
            yield codecs.charmap_encode(text, "strict", table)[0].decode()
        except UnicodeError:
            continue
