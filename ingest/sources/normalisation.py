"""One way to write what looks the same: Unicode's NFC, line ends, spaces, and letters that are mistaken for others."""

import re
import unicodedata

from ingest.sources.syllables import is_syllable

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")  # soft hyphen, zero-width space, word joiner, byte order mark
_NO_BREAK = re.compile("[\u00a0\u2007\u202f]")
# The Icelandic eth and the African D look like Đ, U+0110, and came with fonts and keyboards that had no such letter.
_LOOKALIKES = str.maketrans("ÐðƉ", "ĐđĐ")
_ETH_WORD = re.compile(r"[^\W\d_]*[ÐðƉ][^\W\d_]*")
_CAPITALS = re.compile("[A-ZĐ]+")  # NĐ, QĐ, HĐND: how decrees are numbered
_VIETNAMESE = re.compile("[ơưƠƯạ-ỹẠ-Ỹ]")  # letters of no other language


def normalise(text: str) -> str:
    r"""Give a text in NFC whose lines end in "\n".

    No-break spaces become spaces, soft hyphens and zero-width spaces go, and an Ð becomes Đ where a Vietnamese word
    needs one. Doing it again changes nothing.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", _NO_BREAK.sub(" ", _INVISIBLE.sub("", text)))
    if not any(letter in text for letter in "ÐðƉ"):
        return text
    vietnamese = _VIETNAMESE.search(text) is not None
    return _ETH_WORD.sub(lambda word: _mend_eth(word.group(), vietnamese=vietnamese), text)


def _mend_eth(word: str, *, vietnamese: bool) -> str:
    mended = word.translate(_LOOKALIKES)
    sound = is_syllable(mended) or (vietnamese and _CAPITALS.fullmatch(mended))
    return mended if sound else word
