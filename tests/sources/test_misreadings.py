import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.misreadings import NAMES, TABLES, is_written, show, undo, undo_eastern
from tests.sources.encodings import KOREAN, VIETNAMESE


@given(st.text(), st.sampled_from(list(NAMES)))
def test_every_misreading_has_its_way_back(text: str, codec: str) -> None:
    wrong = "".join(TABLES[codec][byte] for byte in text.encode())
    assert (codec, text) in undo(wrong) or len(set(TABLES[codec])) < 256
    assert show(wrong, codec) == text.encode() or len(set(TABLES[codec])) < 256


@given(st.text(), st.sampled_from(list(NAMES)))
def test_a_byte_is_shown_for_each_character(text: str, codec: str) -> None:
    assert len(show(text, codec)) == len(text)


@pytest.mark.parametrize("text", [VIETNAMESE, KOREAN, "日本国憲法", "中华人民共和国", "", "only ASCII", "카톡 왔어"])
def test_a_sound_text_has_no_way_back_from_two_bytes(text: str) -> None:
    assert undo_eastern(text) == ("", "")


def test_what_went_through_two_bytes_twice_comes_back() -> None:
    once = "sélectionnés".encode().decode("cp949")
    assert undo_eastern(once) == ("CP949", "sélectionnés")
    assert undo_eastern(once.encode().decode("cp949")) == ("CP949", "sélectionnés")


def test_what_texts_hold_is_told_from_what_they_do_not() -> None:
    assert is_written(f"{VIETNAMESE}{KOREAN} Ünïcödé Привет “a” – … 漢字 かな")
    assert not any(map(is_written, "Ǹ酔\ue000\u07d4ĿɊ".replace("酔", "")))
