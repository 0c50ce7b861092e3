import codecs
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.decoding import decode, examine
from ingest.sources.mojibake import find_mojibake
from ingest.sources.normalisation import normalise
from ingest.sources.unreadable import UnreadableError
from tests.sources.encodings import KOREAN, VIETNAMESE, WRITERS

LAW = "Điều 1. Người lao động có quyền nghỉ phép năm.\n제1조(목적) 이 법은 근로조건의 기준을 정한다.\n"
MARKS = {
    "utf-8": b"",
    "utf-8-sig": b"",  # the codec writes its own
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}

# What a sound text may hold: no controls but white space, no surrogates, nothing that decoding itself refuses.
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffd\ufeff", include_characters="\n\t")
).filter(lambda text: not find_mojibake(text) and not text.startswith(("%PDF-", "{\\rtf")))


@given(texts, st.sampled_from(list(MARKS)))
def test_every_unicode_form_that_says_what_it_is_reads_the_same(text: str, encoding: str) -> None:
    found = examine(MARKS[encoding] + text.encode(encoding))
    assert found.text == normalise(text)
    assert found.notes == ()


@given(st.binary())
def test_bytes_are_decoded_or_refused_and_never_half_of_each(content: bytes) -> None:
    try:
        text = decode(content)
    except UnreadableError:
        return
    assert text == normalise(text)
    assert not {"\r", "\ufeff", "\0", "\ufffd"} & set(text)
    text.encode()  # no surrogate


def test_what_a_text_begins_or_ends_with_for_programs_is_no_part_of_it() -> None:
    assert decode("\ufeffa\ufeffb".encode("utf-8-sig")) == "ab"
    assert decode(b"a\n\x1a") == "a\n"
    assert decode(b"") == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ab\ncd\xffef", ["not UTF-8", "0xFF", "offset 5", "line 2", "--encoding"]),
        ("Điề".encode()[:-1], ["not UTF-8", "line 1"]),
        (codecs.BOM_UTF16_LE + b"a", ["not UTF-16", "offset 2"]),
        (codecs.BOM_UTF16_BE + b"\xd8\x00\x00a", ["not UTF-16", "0xD8", "offset 2"]),
        (codecs.BOM_UTF8 + b"a\n\xe1\xbb", ["not UTF-8", "offset 5", "line 2"]),
        (codecs.BOM_UTF32_LE + b"a", ["not UTF-32"]),
        (
            codecs.BOM_UTF16_LE + LAW.encode("utf-16-le")[:61] + LAW.encode("utf-16-le")[62:],
            ["UTF-16", "U+0A00", "missing"],
        ),
        (LAW.encode("utf-32-le"), ["zero bytes"]),
        (bytes(range(256)) * 20, ["not UTF-8", "0x80", "offset 128"]),
        (b"a\nb\0c", ["U+0000", "line 2"]),
        (b"a\nb\x1bc" + LAW.encode(), ["U+001B", "line 2"]),
        ("a\nb\nmất ch\ufffd".encode(), ["line 3", "U+FFFD", "original"]),
        (b"%PDF-1.7\n", ["a PDF"]),
        (b"{\\rtf1 text}", ["Rich Text"]),
        (b"PK\x03\x04", ["zip"]),
        (VIETNAMESE.encode().decode("cp1252", "ignore").encode(), ["Windows-1252", "loss", "original"]),
        (f"{LAW}Ä‘Æ°á»£c lao Ä‘á»™ng\n".encode(), ["line 3", "Windows-1252", "original"]),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(content: bytes, words: list[str]) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(content)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("content", "text", "where", "what"),
    [
        (VIETNAMESE.encode() + b"\xff" + KOREAN.encode(), VIETNAMESE + KOREAN, "line 7", "0xFF"),
        (KOREAN.encode() + "제".encode()[:2], KOREAN, "line 5", "0xEC at offset"),
        (codecs.BOM_UTF8 + LAW.encode() + b"\xff", LAW, "line 3", "0xFF"),
        (LAW.encode() + b"\0\x01\n", f"{LAW}\n", "line 3", "left out: U+0000, U+0001"),
        (LAW.encode() + "\ufffd\n".encode(), f"{LAW}\n", "line 3", "left out: U+FFFD"),
        (LAW.encode("utf-16") + b"a", LAW, "line 3", "0x61 at offset"),
        (KOREAN.encode("cp949") + b"\xff\n", f"{KOREAN}\n", "line 5", "0xFF"),
    ],
)  # fmt: skip
def test_a_stray_byte_is_left_out_and_its_place_is_told(content: bytes, text: str, where: str, what: str) -> None:
    found = examine(content)
    assert found.text == text
    assert found.notes[-1].where == where
    assert what in found.notes[-1].what
    if "0xFF" in what:
        assert found.notes[-1].what.endswith(f"0xFF at offset {content.index(0xFF)}")


def test_more_strays_than_a_few_are_no_text() -> None:
    few, many = (VIETNAMESE.encode() + b"\xff " * count for count in (3, 4))
    assert "2 more" not in examine(few).notes[0].what
    with pytest.raises(UnreadableError):
        decode(many)
    long = VIETNAMESE * 40  # 0.1 % of its letters beyond ASCII
    assert "2 more" in examine(long.encode() + b"\xff " * 5).notes[0].what


@pytest.mark.parametrize("text", [VIETNAMESE, KOREAN, LAW, "Điều 1. Phạm vi", "제1조 근로자의 권리"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(text: str, encoding: str) -> None:
    found = examine(text.encode(encoding))
    assert (found.text, found.encoding) == (text, "UTF-16")
    assert "UTF-16" in found.notes[0].what


@pytest.mark.parametrize("name", WRITERS)
def test_vietnamese_is_read_in_every_encoding_and_that_is_said(name: str) -> None:
    found = examine(WRITERS[name](VIETNAMESE))
    assert (found.text, found.encoding) == (VIETNAMESE, name)
    assert name in found.notes[0].what


@pytest.mark.parametrize("codec", ["cp949", "euc_kr", "johab", "iso2022_kr"])
def test_korean_is_read_in_every_encoding_and_that_is_said(codec: str) -> None:
    found = examine(KOREAN.encode(codec))
    assert found.text == KOREAN
    assert found.encoding in found.notes[0].what


@pytest.mark.parametrize("codec", ["mac_roman", "latin-1", "cp437"])
def test_utf_8_that_was_once_read_wrongly_is_repaired_and_that_is_said(codec: str) -> None:
    found = examine(codecs.BOM_UTF8 + LAW.encode("utf-8-sig").decode(codec).encode())
    assert found.text == LAW
    assert "repaired" in found.notes[0].what


def test_an_encoding_that_is_named_is_what_a_file_is_read_in() -> None:
    short = "né".encode("cp1252")
    with pytest.raises(UnreadableError):
        decode(short)
    found = examine(short, "cp1252")
    assert found.text == "né"
    assert "--encoding" in found.notes[0].what
    assert decode(WRITERS["TCVN3 (ABC)"]("ý"), "tcvn3") == "Ý"
    assert decode("한".encode("johab"), "johab") == "한"
    with pytest.raises(UnreadableError, match="cp949"):
        decode(b"ab\xff", "cp949")


def test_what_is_unicode_for_certain_is_not_read_in_another_encoding_that_is_named() -> None:
    for content in (LAW.encode(), LAW.encode("utf-8-sig"), LAW.encode("utf-16"), VIETNAMESE.encode()):
        assert decode(content, "cp949") in {LAW, VIETNAMESE}
    assert decode(b"only ASCII", "utf-16") == "only ASCII"
    assert decode("á".encode(), "cp949") == "찼"  # as some bytes are two texts


SAMPLES = {
    **{name: (write(VIETNAMESE), VIETNAMESE) for name, write in WRITERS.items()},
    "CP949": (KOREAN.encode("cp949"), KOREAN),
    "Johab": (KOREAN.encode("johab"), KOREAN),
    "UTF-8": ((VIETNAMESE + KOREAN).encode(), VIETNAMESE + KOREAN),
    "UTF-16": ((VIETNAMESE + KOREAN).encode("utf-16-le"), VIETNAMESE + KOREAN),
}


@given(st.sampled_from(list(SAMPLES)), st.data())
def test_bytes_that_flip_never_make_another_encoding_of_it(name: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[name][0])
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    flips = data.draw(st.lists(places, max_size=6))
    for at, value in flips:
        content[at] = value
    try:
        found = examine(bytes(content))
    except UnreadableError:
        return
    assert found.encoding == name
    if name == "UTF-8" and not found.notes:
        assert found.text == normalise(bytes(content).decode())


@given(st.sampled_from(list(SAMPLES)), st.integers(0, 2_000))
def test_what_is_cut_off_is_read_as_far_as_it_goes(name: str, end: int) -> None:
    content, text = SAMPLES[name]
    try:
        found = examine(content[:end])
    except UnreadableError:
        assert end < 100 or name == "UTF-16"  # half a letter, or too little to tell
        return
    whole = unicodedata.normalize("NFD", text).lower()
    if end >= 100:
        assert whole.startswith(unicodedata.normalize("NFD", found.text).lower()[:-4])


@pytest.mark.parametrize("first", SAMPLES)
@pytest.mark.parametrize("second", SAMPLES)
def test_two_encodings_in_one_file_are_refused(first: str, second: str) -> None:
    if first != second:
        with pytest.raises(UnreadableError):
            decode(SAMPLES[first][0] + SAMPLES[second][0])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("tail", [b"and a tail in ASCII\n", b"2020, 2021 and 2022, 2023"])
def test_ascii_behind_utf_16_is_not_read_as_chinese(codec: str, tail: bytes) -> None:
    with pytest.raises(UnreadableError, match="UTF-16"):
        decode(KOREAN.encode(codec) + tail)
    chinese = "人人生而自由，在尊严和权利上一律平等。\n  " * 40
    assert decode(chinese.encode(codec)) == chinese


def test_a_little_mojibake_in_a_sound_text_is_left_and_told() -> None:
    text = f"{LAW}Où dÃ©jÃ  vu\n"
    found = examine(text.encode())
    assert found.text == text
    assert (found.notes[0].where, found.notes[0].what.count("dÃ©jÃ")) == ("line 3", 1)


def test_a_letter_that_is_cut_off_is_no_reason_to_look_for_another_encoding() -> None:
    with pytest.raises(UnreadableError):
        decode("trong hộ".encode()[:-1])


ENCODINGS = Path("../shared/data/encodings")


@pytest.mark.real_data
@pytest.mark.skipif(not ENCODINGS.is_dir(), reason="the files are not here")
def test_real_files_decode_to_the_truth_or_are_refused() -> None:
    refused = set()
    for path in sorted(ENCODINGS.glob("*.txt")):
        truth = (ENCODINGS / f"{path.name[:2]}.expected.txt").read_bytes().decode()
        try:
            text = decode(path.read_bytes())
        except UnreadableError:
            refused.add(path.name)
            continue
        assert text == normalise(truth), path.name
    assert refused == {"ko.cp1252_mojibake_lossy.txt"}
