from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.cells import Cell
from ingest.sources.columns import SEARCHED, find_header, list_names
from ingest.sources.mapping import read_mapping
from ingest.sources.names import normalise
from tests.sources.test_cells import cells

rows = st.lists(st.lists(cells, max_size=6), max_size=SEARCHED)


@given(rows, st.integers(0, 3), st.sampled_from([{}, {"page_content": "a"}, {"source": "b", "question": "c"}]))
def test_a_header_has_a_text_and_names_that_differ(rows: list[list[Cell]], first: int, mapping: dict[str, str]) -> None:
    header = find_header(rows, first, read_mapping(mapping))
    if header:
        assert "page_content" in header.columns
        assert set(header.told) <= set(mapping) & set(header.columns)
        assert all(normalise(header.names[header.columns[role]]) == mapping[role] for role in header.told)
        assert len(set(header.names)) == len(header.names) == len(rows[header.place])
        assert all(0 <= index < len(header.names) for index in header.columns.values())
    else:
        assert not find_header(rows, first, {}), "a name that is meant for another sheet hid a header"


@given(rows, st.permutations(["Câu hỏi", "Đáp án", "Nguồn", "STT"]))
def test_a_full_header_is_found_below_anything(above: list[list[Cell]], names: list[str]) -> None:
    header = find_header([*above[: SEARCHED - 1], names, ["1", "2", "3", "4"]], 0, {})
    assert header
    assert header.names == tuple(names)
    assert {role: names[index] for role, index in header.columns.items()} == {
        "question": "Câu hỏi",
        "page_content": "Đáp án",
        "source": "Nguồn",
    }
    assert not header.doubt


def choose(*names: Cell, mapping: dict[str, str] | None = None) -> dict[str, Cell]:
    header = find_header([names], 0, read_mapping(mapping or {}))
    assert header
    assert not header.doubt
    return {role: names[index] for role, index in header.columns.items()}


def test_the_closest_name_wins() -> None:
    assert choose("page_content", "answer", "content") == {"page_content": "page_content"}
    assert choose("content", "question", "answer") == {"question": "question", "page_content": "answer"}
    assert choose("URL", "Nội dung", "Nguồn") == {"page_content": "Nội dung", "source": "Nguồn"}


def test_a_letter_counts_beside_another_role_only() -> None:
    assert choose("Q", "A", "label") == {"question": "Q", "page_content": "A"}
    assert choose("STT", "A", "Nguồn") == {"page_content": "A", "source": "Nguồn"}
    assert find_header([["STT", "A", "B"]], 0, {}) is None


@pytest.mark.parametrize(
    ("names", "role", "choices"),
    [
        (["Câu hỏi", "Đáp án", "Answer"], "page_content", ["Đáp án", "Answer"]),
        (["Review", "Reply"], "page_content", ["Review", "Reply"]),  # without a question nothing says which is meant
        (["Câu hỏi", "Question", "Đáp án"], "question", ["Câu hỏi", "Question"]),
        (["Nguồn", "Nội dung", "nguồn "], "source", ["Nguồn", "nguồn_2"]),
    ],
)
def test_equals_are_left_to_a_person_who_can_choose_either(names: list[str], role: str, choices: list[str]) -> None:
    header = find_header([names], 2, {})
    assert header
    for choice in choices:
        assert f'--map {role}="{choice}"' in header.doubt
        chosen = find_header([names], 2, {role: [choice]})
        assert chosen
        assert not chosen.doubt
        assert chosen.names[chosen.columns[role]] == choice
    assert "column C" in header.doubt or "column D" in header.doubt


def test_a_mapping_goes_before_what_is_recognised() -> None:
    names = ("Câu hỏi", "Đáp án", "Cột khác")
    assert choose(*names, mapping={"page_content": "CỘT  khác:"}) == {"question": "Câu hỏi", "page_content": "Cột khác"}
    assert choose(*names, mapping={"source": "Cột khác"})["page_content"] == "Đáp án"
    assert choose(*names, mapping={"page_content": "Cột nào"})["page_content"] == "Đáp án"
    assert find_header([["Cột khác", "STT"]], 0, {"source": ["Cột khác"]}) is None


def test_of_several_names_for_a_role_a_sheet_has_the_first_that_stands_in_it() -> None:
    mapping = {"page_content": ["Cột một", "Cột hai"], "source": ["Nơi"]}
    for names, text in [(("Cột hai", "Nơi"), 0), (("Cột hai", "Cột một"), 1), (("Nơi", "Đáp án"), 1)]:
        header = find_header([["Nơi"], names, ["x", "y"]], 0, mapping)
        assert header
        assert (header.place, header.columns["page_content"]) == (1, text)


def test_a_mapping_takes_the_first_row_that_has_all_its_columns() -> None:
    rows = [["Nội dung"], ["x", "Nội dung"], ["x", "Nội dung", "Đáp án", "Câu hỏi"]]
    header = find_header(rows, 0, {"page_content": ["Nội dung"], "source": ["x"]})
    assert header
    assert header.place == 1


def test_a_title_is_no_header_where_a_wider_row_is_one() -> None:
    header = find_header([["Nội dung"], [""], ["STT", "Nội dung", "Ghi chú"], ["1", "text", ""]], 0, {})
    assert header
    assert header.place == 2


@pytest.mark.parametrize("cell", ["x" * 101, 1.5, True])
def test_a_row_of_data_is_no_header(cell: Cell) -> None:
    assert find_header([["Nội dung", cell]], 0, {}) is None
    assert find_header([["Nội dung", 2024.0]], 0, {})


@pytest.mark.parametrize("cell", ["Ghi chú: " + "x" * 200, 1.5, True, date(2024, 1, 1)])
def test_a_cell_that_is_no_name_is_let_pass_beside_two_roles(cell: Cell) -> None:
    header = find_header([["Bảng", "", ""], ["Câu hỏi", "Đáp án", cell], ["Hỏi gì?", "Trả lời thế", 5]], 0, {})
    assert header
    assert (header.place, header.name_roles()) == (1, {"question": "Câu hỏi", "page_content": "Đáp án"})


@pytest.mark.parametrize(
    "rows",
    [
        [["Nội dung", "Loại", "Kênh"], ["x" * 200, "Câu hỏi", "Trả lời"]],  # a header stands above
        [["Câu hỏi", "x" * 200, "y" * 200, "Đáp án"]],  # more texts than names
        [["Câu hỏi", "Nguồn", "x" * 200]],
    ],
)
def test_a_row_of_texts_is_no_header(rows: list[list[Cell]]) -> None:
    header = find_header(rows, 0, {})
    assert header is None or (header.place == 0 and len(rows) > 1)


def test_columns_without_a_name_and_with_the_same_one_get_their_own() -> None:
    header = find_header([["Nội dung", "", "Tên", "Tên", "tên ", "Tên_2"]], 1, {})
    assert header
    assert header.names == ("Nội dung", "column_C", "Tên", "Tên_2", "tên_3", "Tên_2_2")


def test_what_was_found_instead_of_a_header_is_listed() -> None:
    assert list_names([["Title"], ["", "Tên  cột", 5.0, "Khác"], ["a", 1.0]]) == ("Tên cột", "Khác")
    assert list_names([]) == ()


def test_a_row_that_looks_like_a_better_header_below_the_first_is_in_doubt() -> None:
    rows = [["content", "tag"], ["one", "x"], ["Nội dung", "Nguồn"], ["two", "y"]]
    header = find_header(rows, 0, {})
    assert header
    assert "row 1 and row 3" in header.doubt
    title = find_header([["Nội dung", ""], ["Câu hỏi", "Trả lời"], ["q", "a"]], 0, {})
    assert title
    assert (title.place, title.doubt) == (1, "")


@pytest.mark.parametrize("blank", [["", ""], []])
def test_a_second_line_in_another_language_names_what_the_first_does_not(blank: list[str]) -> None:
    rows = [["Câu hỏi", "Trả lời", "Nguồn", *blank], ["Question", "Answer", "Source", "Note", ""], ["q", "a", "S", "n"]]
    header = find_header(rows, 0, {})
    assert header
    assert (header.place, header.names[3]) == (1, "Note")
    assert header.name_roles().keys() == {"question", "page_content", "source"}


def test_a_second_line_in_another_language_that_names_no_more_is_left_to_be_ignored() -> None:
    header = find_header([["Câu hỏi", "Trả lời", ""], ["Question", "Answer", ""]], 0, {})
    assert header
    assert header.names[:2] == ("Câu hỏi", "Trả lời")
    assert header.place == 0
