"""Which encoding a text is in that is not Unicode: told by its language, or not at all."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from string import ascii_letters

from ingest.errors import UsageError
from ingest.sources import legacy
from ingest.sources.syllables import Fit, fit_korean, fit_vietnamese


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding: its name for a person, what shows its bytes as characters, and what those mean.

    codec: of the standard library. table: the 256 characters of one that it lacks. A byte that neither knows is shown
    as a lone surrogate, U+DC80 to U+DCFF.
    """

    name: str
    codec: str = ""
    table: str = ""
    read: Callable[[str], str] = str

    def show(self, content: bytes) -> str:
        """Show bytes as characters. Raises UnicodeError where surrogates are no help."""
        if self.table:
            return codecs.charmap_decode(content, "surrogateescape", self.table)[0]
        return content.decode(self.codec, self._errors)

    def measure(self, shown: str) -> int:
        """Count the bytes that were shown as these characters."""
        return len(shown) if self.table else len(shown.encode(self.codec, self._errors))

    @property
    def is_wide(self) -> bool:
        """Whether even a letter of ASCII takes more than a byte."""
        return self.codec.startswith(("utf-16", "utf-32"))

    @property
    def _errors(self) -> str:
        return "surrogatepass" if self.is_wide else "surrogateescape"


UTF_8 = Encoding("UTF-8", "utf-8")
UTF_16_LE, UTF_16_BE = Encoding("UTF-16", "utf-16-le"), Encoding("UTF-16", "utf-16-be")
_WINDOWS = Encoding("Windows-1252", "cp1252")
_TCVN3 = Encoding("TCVN3 (ABC)", table=legacy.TCVN3, read=legacy.read_tcvn3)
_VISCII = Encoding("VISCII", table=legacy.VISCII)
_VNI = Encoding("VNI", table=legacy.WINDOWS, read=legacy.read_vni)
_VIETNAMESE = (Encoding("Windows-1258", "cp1258"), _TCVN3, _VNI, _VISCII)
_CP949 = Encoding("CP949", "cp949", read=legacy.read_cp949)
_KOREAN = (_CP949, Encoding("Johab", "johab"), UTF_16_LE, UTF_16_BE)
# What the standard library does not know by these names.
_OWN = {"tcvn3": _TCVN3, "tcvn": _TCVN3, "abc": _TCVN3, "vni": _VNI, "vniwindows": _VNI, "viscii": _VISCII}
# What texts are found in today. chardet knows more, and takes short texts for them.
_OTHERS = (
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8-r",
    "cp949", "cp932", "euc-jp", "gb18030", "big5", "iso-2022-kr", "iso-2022-jp",
)  # fmt: skip
_SAMPLE = 200_000  # bytes by which encodings are compared; the one that is chosen must fit the whole text
_SKETCH = 16_384  # bytes by which those are ruled out that come nowhere near the best one
_NEAR = 0.5  # of whose rank is near
_CONFIDENCE = 0.2  # of chardet, whose share of doubt is not that of a probability: wrong answers were below it
_MARGIN = 0.9  # of it, that another reading of the same bytes may have at most
_APART = 0.75  # of the best rank, that another reading may have at most
# Quotation marks, dashes and the like are the same in every Windows code page; English has no other byte beyond ASCII.
_ENGLISH = b"\x85\x91\x92\x93\x94\x95\x96\x97\xa0"
_RARE = 3  # letters beside each at least; in a script of two bytes it is every second byte
# Amid a word the same bytes are letters of DOS and of the Mac. An apostrophe is followed by few endings there.
_NOT_ENGLISH = re.compile(
    rb"[A-Za-z](?:[\x85\x95][A-Za-z]|[\x91\x93][a-z])|\x94[A-Za-z]"
    rb"|[A-Za-z]{3}\x92(?<!qu\x92)(?<!rd\x92)(?!(?:[sdmt]|re|ll|ve|em)(?![A-Za-z]))[a-z]"
)
# ... and these may be both, so that the words must be English.
_HARDLY_ENGLISH = re.compile(rb"\s\x85\s|[A-Za-z][\x96\x97]|[\x96\x97][A-Za-z]|[A-Za-z]\xa0[A-Za-z]")
_ENGLISH_WORDS = re.compile(rb"\b(?:the|of|and|that|with|which|this|not|you|are)\b", re.IGNORECASE)
_ENGLISH_SHARE = 0.04  # of the words
_CAPITALS = "".join(letter for letter in map(chr, range(0xC0, 0x250)) if letter.isupper())
_MIXED = re.compile(
    "[A-Za-zÀ-ÖØ-öø-ɏ][\u0370-\u1dff]|[\u0370-\u1dff][A-Za-zÀ-ÖØ-öø-ɏ]"  # two alphabets in a word
    "|[^\\W\\d_][¡¢£¤¥¦¨©¬®¯±²³µ¶¸¹¼½¾¿×÷†‡‰‹›€™][a-zà-öø-ɏ\u0370-\u1dff]"  # a sign in a word
    f"|[a-z][‚„ˆ˜ƒ“”{_CAPITALS}][a-z]"  # a capital, or a quotation mark
)
_LEAST = 3  # bytes beyond ASCII that tell a language; fewer may be damage
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")  # one character in UTF-8
_BY_CHANCE = 2000  # bytes beyond ASCII in which Vietnamese has one by chance, at most; VISCII has many
_CONTINUED = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")  # three bytes that are one character in UTF-8
_PARTLY = 0.15  # of the bytes beyond ASCII in such sequences, where chance makes fewer


def find_encoding(content: bytes) -> Encoding | None:
    """Find the encoding of bytes that are not Unicode; None where it stays in doubt. Takes linear time."""
    if _is_english(content):
        return _WINDOWS
    vietnamese = len(_SEQUENCE.findall(content)) <= 1 + _count_foreign(content) // _BY_CHANCE
    chosen = [_choose(content, _VIETNAMESE if vietnamese else (_VISCII,), fit_vietnamese)]
    chosen.append(_choose(content, _KOREAN, fit_korean))
    found = [encoding for encoding in chosen if encoding]
    return found[0] if len(found) == 1 else None if found else _ask_chardet(content)


def name_encoding(name: str) -> Encoding:
    """Give the encoding that a user names. Raises UsageError for one that does not exist."""
    if own := _OWN.get(re.sub("[-_ ]", "", name.casefold())):
        return own
    try:
        codec = codecs.lookup(name).name
        b"a".decode(codec, "ignore")
    except (LookupError, ValueError) as error:
        known = "cp949, johab, cp1258, tcvn3, vni, viscii, utf-16"
        raise UsageError(f"--encoding {name}: no such encoding of texts; there are {known} and others") from error
    return Encoding(codec, codec)


def _is_english(content: bytes) -> bool:
    rest = content.translate(None, _ENGLISH)
    signs, letters = len(content) - len(rest), len(rest) - len(rest.translate(None, ascii_letters.encode()))
    if not (0 < signs * _RARE <= letters and rest.isascii()) or _NOT_ENGLISH.search(content):
        return False
    words = len(_ENGLISH_WORDS.findall(content))
    return not _HARDLY_ENGLISH.search(content) or words >= _ENGLISH_SHARE * len(content.split())


def _count_foreign(content: bytes) -> int:
    return len(content) - len(content.translate(None, bytes(range(0x80, 0x100))))


def _choose(content: bytes, encodings: Sequence[Encoding], fit: Callable[[str], Fit]) -> Encoding | None:
    """Choose the encoding in which the bytes fit a language, and no other reading of them comes near."""
    rough = _fit_each(content[:_SKETCH], encodings, fit)
    best_rank = max((other.rank for _, _, other in rough), default=0.0)
    near = [encoding for encoding, _, other in rough if other.rank >= _NEAR * best_rank]
    fits = _fit_each(content[:_SAMPLE], near, fit) if len(content) > _SKETCH else rough
    distinct = {text: (encoding, other) for encoding, text, other in reversed(fits)}  # of two alike, the first
    ranked = sorted(distinct.values(), key=lambda each: each[1].rank, reverse=True)
    if not ranked or not ranked[0][1].enough:
        return None
    best = ranked[0][0]
    if any(other.rank > _APART * ranked[0][1].rank for _, other in ranked[1:]):
        return None
    whole = len(content) <= _SAMPLE or fit(unicodedata.normalize("NFC", best.read(best.show(content)))).enough
    return best if whole else None


def _fit_each(
    content: bytes, encodings: Sequence[Encoding], fit: Callable[[str], Fit]
) -> list[tuple[Encoding, str, Fit]]:
    """Give each encoding that can show the bytes, what they read as, and how that fits."""
    fits = []
    for encoding in encodings:
        with suppress(UnicodeError):
            text = unicodedata.normalize("NFC", encoding.read(encoding.show(content)))
            fits.append((encoding, text, fit(text)))
    return fits


def _ask_chardet(content: bytes) -> Encoding | None:
    import chardet  # noqa: PLC0415 - most runs meet UTF-8 alone

    sample = content[:_SAMPLE]
    foreign = _count_foreign(sample)
    if 0 < foreign < _LEAST or sum(map(len, _CONTINUED.findall(sample))) > _PARTLY * foreign:
        return None
    answers = chardet.detect_all(
        sample,
        ignore_threshold=True,
        compat_names=False,
        include_encodings=_OTHERS,
    )
    readings: dict[str, tuple[str, float]] = {}  # the first is the one that chardet is surest of
    for answer in answers:
        if codec := answer["encoding"]:
            with suppress(UnicodeError):
                readings.setdefault(sample.decode(codec), (codec, answer["confidence"]))
    (text, (codec, confidence)), *others = [*readings.items(), ("", ("", 0.0))]
    if codec == _CP949.codec:
        return None  # it was looked for before
    sure = confidence >= _CONFIDENCE and all(other <= _MARGIN * confidence for _, (_, other) in others)
    return Encoding(codec, codec) if sure and not _MIXED.search(text) else None
