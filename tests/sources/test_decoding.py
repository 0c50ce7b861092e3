import codecs
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.decoding import decode
from ingest.sources.mojibake import find_mojibake
from ingest.sources.unreadable import UnreadableError

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
    assert decode(MARKS[encoding] + text.encode(encoding)) == unicodedata.normalize("NFC", text)


@given(st.binary())
def test_bytes_are_decoded_or_refused_and_never_half_of_each(content: bytes) -> None:
    try:
        text = decode(content)
    except UnreadableError:
        return
    assert text == unicodedata.normalize("NFC", text)
    assert not {"\r", "\ufeff", "\0", "\ufffd"} & set(text)


@given(texts)
def test_composed_and_decomposed_are_one(text: str) -> None:
    assert decode(unicodedata.normalize("NFD", text).encode()) == decode(text.encode())


def test_line_ends_become_one() -> None:
    assert decode(b"a\r\nb\rc\nd\r\r\ne") == "a\nb\nc\nd\n\ne"


def test_a_byte_order_mark_inside_is_dropped_too() -> None:
    assert decode("\ufeffa\ufeffb".encode("utf-8-sig")) == "ab"


def test_the_mark_that_ended_a_text_under_dos_is_dropped() -> None:
    assert decode(b"a\n\x1a") == "a\n"


def test_nothing_decodes_to_nothing() -> None:
    assert decode(b"") == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ab\ncd\xffef", ["not UTF-8", "0xFF", "offset 5", "line 2", "save it as UTF-8"]),
        ("Điề".encode()[:-1], ["not UTF-8", "line 1"]),
        (codecs.BOM_UTF16_LE + b"a", ["not UTF-16", "offset 2"]),
        (codecs.BOM_UTF16_BE + b"\xd8\x00\x00a", ["not UTF-16"]),
        (codecs.BOM_UTF8 + b"a\n\xe1\xbb", ["not UTF-8", "offset 5", "line 2"]),
        (LAW.encode("utf-16-le"), ["zero bytes", "UTF-16", "byte order mark"]),
        (b"a\nb\0c" + LAW.encode(), ["U+0000", "line 2"]),
        ("근로".encode("iso2022_kr"), ["U+001B", "line 1"]),
        ("a\nb\nmất ch\ufffd".encode(), ["line 3", "U+FFFD", "original"]),
        (b"%PDF-1.7\n", ["a PDF"]),
        (b"{\\rtf1 text}", ["Rich Text"]),
        (b"PK\x03\x04", ["zip"]),
        (LAW.encode().decode("latin-1").encode(), ["Latin-1", "original"]),
        ("Người lao động có quyền".encode().decode("mac_roman").encode(), ["Mac Roman", "original"]),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(content: bytes, words: list[str]) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(content)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    "text",
    [
        "«CAFÉ» «CLICHÉ»",
        "„Spaß“ à l’été… «É»",
        "20 °C, 5 µm, ½",
        "là… “ạ”",
        LAW,
        unicodedata.normalize("NFD", LAW),
        "ÄÖÜäöüß",
        "",
    ],
)
def test_sound_text_is_not_taken_for_damaged(text: str) -> None:
    assert find_mojibake(text) == ""


@given(st.text(st.characters(min_codepoint=0xA0, max_codepoint=0xD7FF), min_size=2))
def test_utf_8_read_as_latin_1_is_always_found(text: str) -> None:
    assert find_mojibake(text.encode().decode("latin-1")) == "Latin-1"


ENCODINGS = Path("../shared/data/encodings")


@pytest.mark.real_data
@pytest.mark.skipif(not ENCODINGS.is_dir(), reason="the files are not here")
def test_real_files_decode_to_the_truth_or_are_refused() -> None:
    read = set()
    for path in sorted(ENCODINGS.glob("*.txt")):
        truth = (ENCODINGS / f"{path.name[:2]}.expected.txt").read_bytes().decode()
        try:
            text = decode(path.read_bytes())
        except UnreadableError:
            continue
        read.add(path.name)
        expected = unicodedata.normalize("NFC", truth)
        # The UTF-16 samples were cut at a number of bytes.
        assert text == expected or (len(text) > 19_000 and expected.startswith(text)), path.name
    readable = {"expected", "crlf", "nfd", "nfd_macos", "utf8sig", "utf16be_bom"}
    assert {name.split(".")[1] for name in read} == readable
