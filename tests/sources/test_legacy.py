import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources import legacy
from ingest.sources.detection import name_encoding

# As the fonts of the 1990s had them, typed by hand.
BYTES = {
    "tcvn3": b"\xa7i\xd2u 2. \xa7\xe8i t\xad\xeeng \xb8p d\xf4ng",
    "vni": b"\xd1ie\xe0u 2. \xd1o\xe1i t\xf6\xf4\xefng a\xf9p du\xefng",
    "viscii": b"\xd0i\xabu 2. \xd0\xafi t\xdf\xfeng \xe1p d\xf8ng",
    "cp1258": b"\xd0i\xea\xccu 2. \xd0\xf4\xeci t\xfd\xf5\xf2ng \xe1p du\xf2ng",
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_are_the_letters_that_they_were_typed_as(name: str) -> None:
    encoding = name_encoding(name)
    text = encoding.read(encoding.show(BYTES[name]))
    assert unicodedata.normalize("NFC", text) == "Điều 2. Đối tượng áp dụng"


def test_every_letter_of_the_language_has_a_byte_or_two() -> None:
    bases = "aăâeêioôơuưy"
    tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    small = {unicodedata.normalize("NFC", base + tone) for base in bases for tone in tones} | {"đ"}
    assert len(small) == 73
    assert small <= set(legacy.TCVN3)
    assert small | {letter.upper() for letter in small} <= set(legacy.VISCII)
    assert all(len(set(table)) >= 250 and len(table) == 256 for table in (legacy.TCVN3, legacy.VISCII))


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("QUốC HộI", "QUỐC HỘI"),
        ("CộNG HòA Xã HộI CHủ NGHĩA VIệT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("Hà Nội, ngày 13", "Hà Nội, ngày 13"),
        ("ở Hà Nội", "Ở Hà Nội"),
        ("Việc ở đây. ở đó", "Việc ở đây. Ở đó"),
        ("đã học\nở đây;\nở đó\n\nở xa", "đã học\nở đây;\nỞ đó\n\nỞ xa"),
        ("a) ủy ban; b) ý kiến", "a) Ủy ban; b) ý kiến"),
        ("thuộc ủy ban nhân dân, ủy ban lâm thời", "thuộc Ủy ban nhân dân, ủy ban lâm thời"),
        ("LUẬT Số 5 Về ĐấT", "LUẬT SỐ 5 VỀ ĐẤT"),
        ("", ""),
    ],
)
def test_capitals_that_the_bytes_do_not_tell_follow_the_letters_around_them(shown: str, meant: str) -> None:
    assert legacy.read_tcvn3(shown) == meant
    assert legacy.read_tcvn3(meant) == meant


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)))
def test_every_syllable_of_korean_is_composed_of_its_letters(text: str) -> None:
    assert legacy.read_cp949(text.encode("euc_kr").decode("cp949")) == text


@given(st.text(st.sampled_from("\u3164ㄱㅏㅎ가a")))
def test_letters_that_make_no_syllable_stay(text: str) -> None:
    assert legacy.read_cp949(text).replace("\u3164", "") or not text.replace("\u3164", "")
    assert legacy.read_cp949("\u3164ㅏㄱ ㄱㅏ") == "\u3164ㅏㄱ ㄱㅏ"
