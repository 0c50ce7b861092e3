"""What no library reads: Vietnamese in eight bits, TCVN3, VISCII and VNI, and Korean syllables in eight bytes."""

import re
import unicodedata

# Below A0 stand quotation marks and dashes, as in Windows. U+FFFE is what a codec's table has for "no character".
WINDOWS = bytes(range(256)).decode("cp1252", "replace").replace("\ufffd", "\ufffe")
# TCVN 5712:1993, A0 to FF. The fonts named .VnTime, whose encoding is called TCVN3 or ABC, have no capital with a tone.
_TCVN = (
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ"
    "\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽ"
    "éẹềểễếệìỉỄẾỒĩíịò"
    "Ổỏõóọồổỗốộờởỡớợù"
    "ỖủũúụừửữứựỳỷỹýỵỐ"
)
TCVN3 = WINDOWS[:0xA0] + _TCVN
# RFC 1456: 80 to FF, and six letters among the control characters.
_VISCII = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐ"
    "ỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "Õắằặấầẩậẽẹếềểễệố"
    "ồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳ"
    "ĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉ"
    "đựòóôõỏọụùúũủýợỮ"
)
VISCII = bytes(range(128)).decode().translate(dict(zip(b"\x02\x05\x06\x14\x19\x1e", "ẲẴẪỶỸỴ", strict=True))) + _VISCII
# VNI Windows, as Windows-1252 shows it: a mark is a byte of its own behind its letter, another one behind a capital.
_VNI = {
    "ñ": "đ", "ô": "ơ", "ö": "ư", "ì": "ì", "í": "í", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ",
    "ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323", "ê": "\u0306", "è": "\u0306\u0300", "é": "\u0306\u0301", "ú": "\u0306\u0309",
    "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_TABLE = str.maketrans(_VNI | {letter.upper(): meant.upper() for letter, meant in _VNI.items()})
_TONED = frozenset(letter for letter in _TCVN if letter.islower()) - frozenset("ăâêôơưđ")  # no capital of their own
_WORD = re.compile(r"[^\W\d_]+")
# Where a capital is due: at the beginning of a text, a sentence, a paragraph, or an item of a list, but not of a line,
# which may be one of a wrapped sentence; and in the names of state bodies.
_BEGINNING = re.compile(
    r"(?:^[ \t]*(?:[-–+•]|\d+[.)]|\w[.)])[ \t]*|\A\s*|[.!?]\s+|[:;][ \t]*\n\s*|\n[ \t]*\n\s*)([^\W\d_])", re.MULTILINE
)
_BODY = re.compile(r"\bủ(?=y ban (?:nhân dân|thường vụ|mặt trận)\b)", re.IGNORECASE)
_FILLER = "\u3164"
# The letters that begin a syllable, stand in its middle and end it, as Unicode numbers syllables by them (3.12).
_JAMO = (
    "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
    "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
    f"{_FILLER}ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ",
)
_SPELLED = re.compile(_FILLER + "".join(f"[{part}]" for part in _JAMO))
_CAPITALS = 2  # so many certain capitals, and no certain small letter: the whole word is in capitals


def read_tcvn3(shown: str) -> str:
    """Read TCVN3, also called ABC, to NFC.

    The bytes do not tell the case of a letter with a tone: it is a capital where the letters or the words around it
    are, and where one is due.
    """
    return _restore_capitals(unicodedata.normalize("NFC", shown))


def read_cp949(shown: str) -> str:
    """Read the syllables that EUC-KR has no code for, which some write as a filler and three letters (KS X 1001)."""
    return _SPELLED.sub(_compose, shown) if _FILLER in shown else shown


def _compose(found: re.Match[str]) -> str:
    initial, vowel, final = (part.index(letter) for part, letter in zip(_JAMO, found.group()[1:], strict=True))
    return chr(0xAC00 + (initial * len(_JAMO[1]) + vowel) * len(_JAMO[2]) + final)


def read_vni(shown: str) -> str:
    """Read VNI Windows, whose bytes were shown as Windows-1252, to NFC; a mark behind the wrong letter stays one."""
    return unicodedata.normalize("NFC", shown.translate(_VNI_TABLE))


def _restore_capitals(text: str) -> str:
    if not any(letter in _TONED for letter in text):
        return text
    text = "\n".join(_restore_line(line) for line in text.split("\n"))
    text = _BEGINNING.sub(lambda found: found.group()[:-1] + _raise(found.group(1)), text)
    return _BODY.sub(lambda found: found.group().upper(), text)


def _raise(letter: str) -> str:
    return letter.upper() if letter in _TONED else letter


def _restore_line(line: str) -> str:
    """Write in capitals the words of which some letters, or the words on both sides of which, are capitals for sure."""
    words = _WORD.findall(line)
    known = [_judge(word) for word in words]
    if True not in known:
        return line
    before, after = _spread(known), _spread(known[::-1])[::-1]
    chosen = iter(
        word.upper() if sure or (sure is None and {left, right} <= {True, None} and (left or right)) else word
        for word, sure, left, right in zip(words, known, before, after, strict=True)
    )
    return _WORD.sub(lambda _: next(chosen), line)


def _judge(word: str) -> bool | None:
    """Tell whether a word is in capitals; None where its letters do not show it: "Hà" or "HÀ", "ở"."""
    sure = [letter for letter in word if letter not in _TONED]
    if any(letter.islower() for letter in sure):
        return False
    return True if len(sure) >= _CAPITALS or (sure and word[0] in _TONED) else None


def _spread(known: list[bool | None]) -> list[bool | None]:
    """Give for each word what the nearest one before it shows; None where there is none."""
    nearest: list[bool | None] = []
    last: bool | None = None
    for sure in known:
        nearest.append(last)
        last = last if sure is None else sure
    return nearest
