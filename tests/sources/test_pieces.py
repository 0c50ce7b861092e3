import codecs
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources import pieces
from ingest.sources.decoding import examine
from ingest.sources.pieces import open_pieces
from ingest.sources.unreadable import UnreadableError
from tests.sources.encodings import KOREAN, VIETNAMESE, WRITERS

ends = st.sampled_from(["\n", "\r\n", "\r", "", "\x85", "\u2028", "\f"])
lines = st.lists(st.tuples(st.sampled_from([*VIETNAMESE.split("\n"), *KOREAN.split(" "), ""]), ends), max_size=40)


@given(lines, st.integers(1, 300), st.sampled_from([b"", codecs.BOM_UTF8]))
def test_pieces_are_the_text_wherever_they_are_cut(drawn: list[tuple[str, str]], size: int, mark: bytes) -> None:
    content = mark + "".join(line + end for line, end in drawn).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_SIZE", size)
        opened = open_pieces(content)
        read = list(opened.read())
        assert "".join(read) == examine(content).text
        assert all(piece.endswith("\n") for piece in read[:-1])
        assert list(opened.read()) == read


@given(st.binary(max_size=200), st.integers(1, 50))
def test_bytes_of_any_kind_are_read_or_refused_as_they_are_in_one(content: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_SIZE", size)
        try:
            expected = examine(content)
        except UnreadableError:
            with pytest.raises(UnreadableError):
                open_pieces(content)
            return
        opened = open_pieces(content)
        assert ("".join(opened.read()), opened.notes) == (expected.text, expected.notes)


def test_another_encoding_is_read_as_a_whole_and_that_is_said() -> None:
    opened = open_pieces(WRITERS["TCVN3 (ABC)"](VIETNAMESE * 1600))
    assert "".join(opened.read()) == VIETNAMESE * 1600
    assert "TCVN3" in opened.notes[0].what


def test_a_large_file_is_not_held_twice() -> None:
    content = VIETNAMESE.encode() * 12_000
    tracemalloc.start()
    try:
        length = sum(map(len, open_pieces(content).read()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length == len(VIETNAMESE) * 12_000
    assert peak < len(content)
