import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UsageError
from ingest.sources.detection import find_encoding, name_encoding
from ingest.sources.syllables import fit_korean, fit_vietnamese, is_syllable
from tests.sources.encodings import KOREAN, VIETNAMESE, WRITERS

# The first sentences of the Universal Declaration of Human Rights: enough to tell each.
OTHERS = {
    "cp1251": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
    "koi8-r": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
    "shift_jis": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "euc_jp": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "gb18030": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "big5": "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。",
    "cp1252": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de "
    "conscience et doivent agir les uns envers les autres dans un esprit de fraternité. L'été, la forêt brûlait déjà.",
    "cp1250": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni "
    "rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa. Każdy ma prawo do nauki.",
}


def read(content: bytes) -> str | None:
    encoding = find_encoding(content)
    return encoding.read(encoding.show(content)) if encoding else None


@pytest.mark.parametrize("codec", OTHERS)
def test_other_languages_are_found_too(codec: str) -> None:
    assert read(OTHERS[codec].encode(codec)) == OTHERS[codec]


@given(st.sampled_from(list(OTHERS)), st.data())
def test_a_part_of_another_language_is_read_right_or_not_at_all(codec: str, data: st.DataObject) -> None:
    text = OTHERS[codec]
    start = data.draw(st.integers(0, len(text) - 10))
    part = text[start : start + data.draw(st.integers(10, len(text)))]
    if not part.isascii():
        assert read(part.encode(codec)) in {part, None}


@given(st.sampled_from(list(WRITERS)), st.data())
def test_words_of_vietnamese_are_read_right_or_not_at_all(name: str, data: st.DataObject) -> None:
    words = VIETNAMESE.split()
    start = data.draw(st.integers(0, len(words) - 4))
    part = " ".join(words[start : start + data.draw(st.integers(4, 40))])
    if not part.isascii():
        found = read(WRITERS[name](part))  # which may be the same letters in two encodings
        assert found is None or unicodedata.normalize("NFC", found).lower() == part.lower()


@given(st.sampled_from(["cp949", "johab"]), st.data())
def test_words_of_korean_are_read_right(codec: str, data: st.DataObject) -> None:
    words = KOREAN.split()
    start = data.draw(st.integers(0, len(words) - 5))
    part = " ".join(words[start : start + data.draw(st.integers(5, 40))])
    assert read(part.encode(codec)) in {part, None}
    assert read((part + KOREAN).encode(codec)) == part + KOREAN


@pytest.mark.parametrize("text", ["The court’s decision — as “reported” — wasn’t final…", "don’t"])
def test_quotation_marks_of_english_are_those_of_windows(text: str) -> None:
    assert read(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    "content",
    [
        "thé".encode("cp1252"),
        "né là".encode("cp1252")[:2],
        "Số".encode()[:-1],
        bytes(range(128, 256)),
        "Müller".encode("cp1252"),
        "informaci\u2013n de canci\u2014n".encode("cp1252"),  # Spanish of the Mac, as Windows shows it
        "zugreifen zu können, höchstens zwei".encode("cp850"),
        "Mise à jour du site".encode("cp850"),
        "æ været hær, på en stor gård".encode("cp850"),
        b"all exc\xe5pt gravity are manifestations of it",
        b"in the fou\x92rth row and the fifth",
    ],
)
def test_what_is_too_little_to_tell_stays_in_doubt(content: bytes) -> None:
    assert find_encoding(content) is None


@pytest.mark.parametrize(
    "name", ["CP949", "euc-kr", "johab", "TCVN3", "vni", "VNI-Windows", "viscii", "utf-16", "windows-1258"]
)
def test_an_encoding_is_known_by_its_usual_names(name: str) -> None:
    assert name_encoding(name).name


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "hex", " ", "a\0b"])
def test_what_is_no_encoding_of_texts_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="--encoding"):
        name_encoding(name)


@pytest.mark.parametrize(
    "word", ["Điều", "nghiêng", "khuỷu", "QUYỀN", "gì", "giếng", "ý", "thuở", "xoong", "quýt", "Đắk"]
)
def test_a_vietnamese_syllable_is_one(word: str) -> None:
    assert is_syllable(word) == (word != "Đắk")  # a name of another language


@pytest.mark.parametrize("word", ["für", "está", "việk", "các\u0301", "của\u0300", "®éng", "tàt", "ngoẹ̀", "đ", ""])
def test_what_no_vietnamese_word_is_like_is_none(word: str) -> None:
    assert not is_syllable(word)


def test_a_language_fits_itself_alone() -> None:
    assert fit_vietnamese(VIETNAMESE).enough
    assert fit_korean(KOREAN).enough
    assert not fit_vietnamese(KOREAN).enough
    assert not fit_korean(VIETNAMESE).enough
    assert not fit_vietnamese("").enough
    assert not fit_korean("").enough


def test_a_part_that_does_not_fit_cannot_hide_in_a_long_text() -> None:
    foreign = OTHERS["cp1252"] * 3
    assert fit_vietnamese(VIETNAMESE * 10).enough
    assert not fit_vietnamese(VIETNAMESE * 10 + foreign).enough


@pytest.mark.parametrize("tail", ["Message de réinitialisation à vérifier", "des éléments procédés"])
@pytest.mark.parametrize("codec", ["cp949", "johab", "cp1258", "TCVN3 (ABC)", "VNI"])
def test_a_little_utf_8_behind_another_encoding_is_not_read_as_that(tail: str, codec: str) -> None:
    writer = WRITERS.get(codec) or WRITERS.get("Windows-1258" if codec == "cp1258" else "")
    content = writer(VIETNAMESE) if writer else KOREAN.encode(codec)
    assert read(content * 3 + tail.encode()) is None
