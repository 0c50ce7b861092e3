import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.mojibake import find_mojibake
from tests.sources.encodings import KOREAN, VIETNAMESE

LAW = "Điều 1. Người lao động có quyền nghỉ phép năm.\n제1조(목적) 이 법은 근로조건의 기준을 정한다.\n"
CODECS = {"latin-1": "Latin-1", "mac_roman": "Mac Roman", "cp437": "code page 437", "cp850": "code page 850"}


def read_as(text: str, codec: str) -> str:
    """Read UTF-8 as programs do: a byte that the encoding leaves open becomes the control character of its number."""
    return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "«CAFÉ» «CLICHÉ»",
        "„Spaß“ à l’été… «É»",
        "20 °C, 5 µm, ½",
        "là… “ạ”",
        "voilà\u00a0» «\u00a0là\u00a0»",
        LAW,
        unicodedata.normalize("NFD", LAW),
        VIETNAMESE,
        KOREAN,
        "ÄÖÜäöüß",
        "The integral is √π/2, not √π.",
        "a ≈∞ b ≈π",
        "Groß” und Spaß”",
        "Groß” und „Spaß“ – " * 10,
        "«Perché…» e “là…” " * 10,
        "3×½ and 2×¾ " * 10,
        "where it shows Ã© and Ã¨",
        "Ã© and Ã¨ and " * 10,
        "─┐─┐─┐─┐─┐─┐─┐─┐─┐─┐─┐─┐",
        "",
    ],
)
def test_sound_text_is_not_taken_for_damaged(text: str) -> None:
    assert find_mojibake(text) is None


@given(st.text(st.characters(min_codepoint=0xA0, max_codepoint=0xD7FF), min_size=2))
def test_utf_8_read_as_latin_1_is_always_found_and_undone(text: str) -> None:
    found = find_mojibake(text.encode().decode("latin-1"))
    assert found
    assert found.name == "Latin-1"
    assert found.repaired == text or find_mojibake(text)  # which chance made, and is undone too, or is not


@pytest.mark.parametrize("codec", [*CODECS, "cp1252", "cp1254", "cp1258", "cp1250"])
@pytest.mark.parametrize("text", [VIETNAMESE, KOREAN, "Điều 1. Người lao động", "제1조 근로"])
def test_what_lost_nothing_is_undone(text: str, codec: str) -> None:
    found = find_mojibake(read_as(text, codec))
    assert found
    assert (found.line, found.repaired) == (0, text)


@pytest.mark.parametrize("line", ["not √π/2, but √π", "Groß” und Spaß”", "Ã© and Ã¨", "Ã© Ã©", "─┐" * 12])
def test_a_sound_line_costs_no_file(line: str) -> None:
    assert find_mojibake(f"{VIETNAMESE}{line}\n{VIETNAMESE}") is None


@pytest.mark.parametrize("text", ["L'été à la forêt, où l'élève étudie la poésie française. ", "Привет, как дела? "])
def test_many_letters_in_words_are_enough_in_a_language_without_telling_ones(text: str) -> None:
    found = find_mojibake(read_as(text * 3, "cp1252"))
    assert found
    assert (found.line, found.repaired) == (0, text * 3)


def test_of_two_ways_back_the_one_to_letters_in_use_is_taken() -> None:
    found = find_mojibake("Ã© Ã©")  # by Windows-1252; by code page 850 it is "Ǹ Ǹ"
    assert found
    assert found.repaired == "é é"


@pytest.mark.parametrize("codec", ["cp1252", "cp1254", "mac_roman", "cp437", "cp850", "cp1250"])
@pytest.mark.parametrize("text", ["l’année", "Lütfen", "pages 3–5", "où voilà à", "Hallo, schöne Welt"])
def test_a_few_places_are_enough_where_the_whole_text_goes_back(text: str, codec: str) -> None:
    found = find_mojibake(read_as(text, codec))
    assert found
    assert (found.line, found.repaired, found.example) == (0, text, "")


@pytest.mark.parametrize("text", [VIETNAMESE, "Điều 1. Người lao động", "Привет, как дела? ", "l’élève", "schöne Welt"])
@pytest.mark.parametrize("codec", ["cp1251", "mac_roman", "cp1252"])
def test_what_was_done_twice_is_undone_twice(text: str, codec: str) -> None:
    found = find_mojibake(read_as(read_as(text, codec), codec))
    assert found
    assert found.repaired == text


@pytest.mark.parametrize(
    ("text", "codec"),
    [("quy định tại Điều 16 của Luật này", "gb18030"), ("sélectionnés", "cp949"), ("les réactiver", "cp932")],
)
def test_it_is_undone_for_encodings_of_two_bytes_too(text: str, codec: str) -> None:
    found = find_mojibake(text.encode().decode(codec))
    assert found
    assert found.repaired == text


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("d’une étude dÃ©jÃ faite", "dÃ©jÃ"),
        ("(1455â€“1536).", "(1455â€“1536)."),
        ("an ninh, nhÆ°á»ng xe", "nhÆ°á»ng"),
    ],
)
def test_a_little_damage_in_a_sound_text_is_shown_and_no_more(line: str, example: str) -> None:
    found = find_mojibake(f"Où est l’élève — à l’école…\n{line}\n")
    assert found
    assert (found.line, found.repaired, found.example) == (2, None, example)


def test_it_is_undone_as_often_as_it_was_done() -> None:
    found = find_mojibake(read_as(read_as(VIETNAMESE, "cp1252"), "cp1252"))
    assert found
    assert found.repaired == VIETNAMESE


@pytest.mark.parametrize("codec", ["cp1252", "cp1254", "cp1258"])
@pytest.mark.parametrize("text", [VIETNAMESE, KOREAN])
def test_what_lost_a_byte_is_found_and_not_undone(text: str, codec: str) -> None:
    found = find_mojibake(text.encode().decode(codec, "ignore"))
    assert found
    assert (found.line, found.repaired) == (0, None)


def test_one_damaged_line_among_sound_ones_is_named_and_not_undone() -> None:
    found = find_mojibake(f"{VIETNAMESE}{read_as('Người lao động', 'cp1252')}\n{VIETNAMESE}")
    assert found
    assert (found.line, found.repaired) == (1 + VIETNAMESE.count("\n"), None)
