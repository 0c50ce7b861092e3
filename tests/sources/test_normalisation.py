import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.normalisation import normalise


@given(st.text())
def test_it_is_nfc_and_doing_it_again_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert unicodedata.is_normalized("NFC", once)
    assert not set("\r\u00a0\u00ad\u200b\u2060\u202f\ufeff") & set(once)
    assert normalise(once) == once


@given(st.text())
def test_composed_and_decomposed_are_one(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\nd\r\r\ne", "a\nb\nc\nd\n\ne"),
        ("Điều\u00a01,\u202f5\u2007%", "Điều 1, 5 %"),
        ("lao\u200b động\u00ad\u2060\ufeff", "lao động"),
        ("e\u200b\u0301", "é"),
        ("Ðiều 1, Ðảng, ðường, ÐƯỜNG", "Điều 1, Đảng, đường, ĐƯỜNG"),
        ("Nghị định số 12/2008/NÐ-CP của HÐND", "Nghị định số 12/2008/NĐ-CP của HĐND"),
        ("Það er rétt, Ðu", "Það er rétt, Đu"),
        ("AÐ", "AÐ"),
        ("가족 👩\u200d👩", "가족 👩\u200d👩"),
    ],
)
def test_what_looks_the_same_is_written_in_one_way(text: str, expected: str) -> None:
    assert normalise(text) == expected
