"""The ways in which UTF-8 is wrongly read, and back."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

# UTF-8 that was once read as one of these, and saved as UTF-8 again, is what is met in the wild.
NAMES = {
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "cp1254": "Windows-1254",
    "cp1258": "Windows-1258",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp437": "code page 437",
    "cp850": "code page 850",
}
# Those of two bytes, of which only a whole text is known again: their characters are letters of sound texts.
_EASTERN = {"cp949": "CP949", "gb18030": "GB18030", "cp932": "Shift JIS", "big5": "Big5"}
_IDEOGRAPH = re.compile("[\u2e80-\ud7a3\uf900-\ufaff\uff00-\uffef]")
_HEAD = 2000  # characters by which most texts are ruled out
_FEW = 3  # characters that come back from two bytes: as many are no chance, and fewer where one stands amid a word
_AMID = re.compile("[a-z][\u2e80-\ud7a3\uf900-\ufaff\uff00-\uffef]{1,2}[a-z]")
# The sequences that encode one character in two to four bytes (RFC 3629).
SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# What texts hold beyond ASCII: what Windows has for an alphabet, Vietnamese, and what stands in CJK text.
_ALPHABETS = ("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874")
_HARDLY = "¤¦¨¬¯´¶¸ˆ˜\u00adƒ‡‰"  # of the former: what does not
_VOWELS, _MARKS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", "\u0300\u0301\u0303\u0309\u0323\u031b\u0302\u0306"
_BROAD = re.compile("[가-힣ㄱ-ㆎ\u3000-\u30ff一-鿿！-｠①-⓿\U0001f300-\U0001faff→←−⁄′″]")


def _make_table(codec: str) -> str:
    """List the 256 characters of an encoding; a byte that it leaves open is shown as browsers do, as its own number."""
    return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in range(256))


TABLES = {codec: _make_table(codec) for codec in NAMES}
_MAPS = {codec: codecs.charmap_build(table) for codec, table in TABLES.items()}


def show(text: str, codec: str) -> bytes:
    """Give the bytes that an encoding shows as this text, one for each character, "?" for one that it lacks."""
    return codecs.charmap_encode(text, "replace", _MAPS[codec])[0]


def undo(text: str) -> Iterator[tuple[str, str]]:
    """Yield each encoding, and the text that was read as it: every character goes back to a byte, all are UTF-8."""
    for codec, table in _MAPS.items():
        try:
            yield codec, codecs.charmap_encode(text, "strict", table)[0].decode()
        except UnicodeError:
            continue


def undo_eastern(text: str) -> tuple[str, str]:
    """Give the name of the one encoding of two bytes as which a text was read, and what it was; "" for none."""
    if not _IDEOGRAPH.search(text):
        return "", ""
    ways = {was: name for codec, name in _EASTERN.items() if (was := _go_back(text, codec))}
    if len(ways) != 1:
        return "", ""
    [(was, name)] = ways.items()
    return name, undo_eastern(was)[1] or was  # it may have been done more than once


def is_written(text: str) -> bool:
    """Tell whether all characters beyond ASCII are ones that texts hold: of alphabets in use, and usual signs."""
    return all(character in _list_letters() or _BROAD.match(character) for character in set(text) if character > "\x7f")


def is_broad(character: str) -> bool:
    """Tell whether a character is none of an alphabet, and so does not stand alone amid one."""
    return _BROAD.match(character) is not None and character > "\u3000"


def _go_back(text: str, codec: str) -> str:
    try:
        text[:_HEAD].encode(codec).decode(errors="strict" if len(text) <= _HEAD else "ignore")
        was = text.encode(codec).decode()
    except UnicodeError:
        return ""
    many = len(was) - len(was.encode("ascii", "ignore")) >= _FEW or _AMID.search(text)
    return was if many and is_written(was) else ""


@cache
def _list_letters() -> frozenset[str]:
    known = {character for codec in _ALPHABETS for character in _make_table(codec) if character > "\x9f"}
    vietnamese = {unicodedata.normalize("NFC", vowel + mark) for vowel in _VOWELS for mark in _MARKS[:5]}
    return frozenset((known | vietnamese | set(_MARKS)) - set(_HARDLY))
