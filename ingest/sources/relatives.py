"""What tells that a text was read in a near relative of its encoding, which has most of its letters."""

import re

# Of Windows → of ISO 8859, which has some of its letters elsewhere, and none in the first 32 bytes beyond ASCII.
_TWINS = {"cp1250": "iso8859-2", "cp1252": "iso8859-15"}
_WINDOWS_ONLY = bytes(range(0x80, 0xA0))
_UNITS = "[кмгдн](?:Вт|ВА|В|Ач|А|Па|Гц|Гн|Дж|Ом|Зв|Вб|Б|Ф|Н)"  # kW, kV, mA: a capital behind a small letter
_WRONG = re.compile(
    "[\u2500-\u259f¤]"  # letters of KOI8-U in KOI8-R; the euro sign of ISO 8859-15
    "|[¶¦©][^\\W\\d_]"  # letters of ISO 8859-7, -15 and -2 at the beginning of a word
    f"|(?!(?<![^\\W\\d_]){_UNITS}(?![^\\W\\d_]))[а-яёђ-џґ][А-ЯЁЂ-ЏҐ]"  # of the Mac; of KOI8 in Windows, and back
    "|[ά-ώ][Ά΅Α-Ω]"  # an apostrophe of ISO 8859-7
)


def is_doubtful(content: bytes, codec: str) -> bool:
    """Tell whether bytes that a codec of the standard library reads may well be in a relative of its encoding.

    They may where the relative lacks none of them and reads another text, and are where the text has what no writer
    has: the frames of DOS, a capital behind a small letter, a sign in the place of a letter.
    """
    twin = _TWINS.get(codec)
    text = content.decode(codec, "ignore")
    if twin and len(content.translate(None, _WINDOWS_ONLY)) == len(content):
        return content.decode(twin, "ignore") != text or _WRONG.search(text) is not None
    return _WRONG.search(text) is not None
