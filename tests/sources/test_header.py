"""Headers, and the rows below one that are headers again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.cells import Cell
from ingest.sources.columns import find_header
from ingest.sources.header import LONG, Header, find_role, looks_like_names
from tests.sources.test_cells import cells

NAMES = ("Câu hỏi", "Đáp án", "Nguồn", "STT")
HEADER = Header(0, NAMES, {"question": 0, "page_content": 1, "source": 2}, "")
rows = st.lists(st.one_of(cells, st.sampled_from([*NAMES, "", "Question", "Answer"])), max_size=6)


@given(rows, st.booleans())
def test_a_row_is_the_header_again_or_another_one_and_never_both(row: list[Cell], below_blank: bool) -> None:
    if HEADER.is_another(row, below_blank=below_blank):
        assert not HEADER.is_repeated(row)
        assert len({find_role(cell) for cell in row} - {""}) > 1
    if HEADER.resembles(row):
        assert not HEADER.is_repeated(row)
        assert looks_like_names(row)


@given(st.permutations(NAMES[:3]), st.booleans())
def test_the_names_in_another_order_are_another_table(names: list[str], below_blank: bool) -> None:
    again = tuple(names) == NAMES[:3]
    assert HEADER.is_repeated(names) == again
    assert HEADER.is_another(names, below_blank=below_blank) == (not again)


@given(st.sampled_from([str.upper, str.lower, lambda name: f" {name}: ", lambda name: f"{name} (bắt buộc)"]))
def test_a_header_is_repeated_however_it_is_written(write: object) -> None:
    assert HEADER.is_repeated([write(name) for name in NAMES[:3]])  # type: ignore[operator] # a function


@given(st.text(min_size=2, max_size=30), st.text(min_size=2, max_size=30), st.text(max_size=30), st.booleans())
def test_what_names_no_role_is_a_row(question: str, answer: str, source: str, below_blank: bool) -> None:
    row = [question, answer, source]
    if not any(map(find_role, row)):
        assert not HEADER.is_repeated(row)
        assert not HEADER.is_another(row, below_blank=below_blank)
        assert not HEADER.resembles(row)


@given(st.sampled_from([0, 1]), st.sampled_from(["", " ", 7, "x" * (LONG + 1)]))
def test_a_row_that_lacks_a_name_is_not_the_header_again(at: int, cell: Cell) -> None:
    assert not HEADER.is_repeated([cell if index == at else name for index, name in enumerate(NAMES)])


def test_a_header_that_was_found_is_repeated_by_its_own_row() -> None:
    row = ["STT", "질문", "답변", "출처"]
    header = find_header([row], 0, {})
    assert header
    assert header.is_repeated(row)
    assert header.name_roles() == {"question": "질문", "page_content": "답변", "source": "출처"}


@pytest.mark.parametrize(
    ("cell", "role"),
    [("Q", ""), (" A ", ""), ("Đáp án", "page_content"), ("Nguồn:", "source"), (7, ""), ("", ""), ("Nguồn" * 30, "")],
)
def test_a_role_is_named_by_a_short_text_of_more_than_a_letter(cell: Cell, role: str) -> None:
    assert find_role(cell) == role


@pytest.mark.parametrize(("cell", "name"), [(2024, True), (0.5, False), (True, False), ("x" * LONG, True), ("", True)])
def test_a_short_text_and_a_year_can_name_a_column(cell: Cell, name: bool) -> None:
    assert looks_like_names(["STT", cell]) == name


def test_a_long_text_names_no_column() -> None:
    assert not looks_like_names(["STT", "x" * (LONG + 1)])
