"""Sheets as people make them: merged sources, headers of two lines, pages that repeat them, columns of mixed types."""

from collections.abc import Callable, Sequence

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ingest.model import Columns, Document, File, Ignored, Noted, Skipped
from ingest.sources import open_source
from tests.sources.test_markup import save
from tests.sources.workbooks import Value, make_workbook

Item = Columns | Document | Skipped | Ignored | Noted
HEADER: list[Value] = ["Câu hỏi", "Đáp án", "Nguồn"]


def read(content: bytes, name: str = "faq.xlsx", *, context: Sequence[str] = ()) -> list[Item]:
    source = open_source("excel", name, context=context)
    return [item for item in source.parse(File(name, name), content) if not isinstance(item, Columns)]


def read_sheet(*rows: Sequence[Value], merge: Sequence[str] = (), context: Sequence[str] = ()) -> list[Item]:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(list(row))
        for cells in merge:
            sheet.merge_cells(cells)

    return read(save(fill, "FAQ"), context=context)


def documents(items: Sequence[Item]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def test_a_merged_source_is_filled_down_and_never_beyond_its_range() -> None:
    rows: list[list[Value]] = [["q1", "a1", "Luật A"], ["q2", "a2"], [], ["q4", None, None], ["q5", "a5"], ["q6", "a6"]]
    items = read_sheet(HEADER, *rows, merge=["C2:C6"])
    assert [(item.row, item.source) for item in documents(items)] == [
        (2, "Luật A"),
        (3, "Luật A"),
        (6, "Luật A"),
        (7, ""),
    ]
    assert [item.where for item in items if isinstance(item, Ignored)] == ["sheet FAQ, row 5", "sheet FAQ"]


def test_blank_sources_that_are_not_merged_stay_blank() -> None:
    assert [item.source for item in documents(read_sheet(HEADER, ["q", "a", "S"], ["r", "b"]))] == ["S", ""]


def test_a_merged_question_is_asked_of_every_answer_beside_it() -> None:
    rows: list[list[Value]] = [["q", "a", "S"], [None, "b"], [None, None, "T"], [None, "d"]]
    items = read_sheet(HEADER, *rows, merge=["A2:A4"])
    assert [(item.question, item.text) for item in documents(items)] == [("q", "a"), ("q", "b")]
    reasons = {item.where: item.reason for item in items if isinstance(item, Ignored)}
    assert reasons == {
        "sheet FAQ, row 4": 'nothing in column "Đáp án"',
        "sheet FAQ, row 5": 'nothing in column "Câu hỏi"',
    }


def test_a_merged_answer_answers_every_question_beside_it() -> None:
    items = read_sheet(HEADER, ["q", "a", "S"], ["r"], ["s", "c"], merge=["B2:B3", "C2:C3"])
    assert [(item.question, item.text, item.source) for item in documents(items)] == [
        ("q", "a", "S"),
        ("r", "a", "S"),
        ("s", "c", ""),
    ]


def test_a_row_whose_question_and_answer_are_both_merged_is_ignored_for_that() -> None:
    [_, item] = read_sheet([*HEADER, "Loại"], ["q", "a", "S", "x"], [None, None, None, "y"], merge=["A2:A3", "B2:B3"])
    assert isinstance(item, Ignored)
    assert (item.where, "they are merged" in item.reason) == ("sheet FAQ, row 3", True)


def test_a_merged_answer_without_questions_is_one_document() -> None:
    first, second = read_sheet(["Nội dung", "Loại"], ["a", "x"], [None, "y"], merge=["A2:A3"])
    assert isinstance(first, Document)
    assert isinstance(second, Ignored)
    assert "they are merged" in second.reason


def test_a_merged_column_is_filled_where_it_is_embedded_and_not_where_it_describes() -> None:
    rows: list[list[Value]] = [[*HEADER, "Loại"], ["q", "a", "S", "x"], ["r", "b"], ["s", "c"]]
    items = documents(read_sheet(*rows, merge=["D2:D3"]))
    assert [dict(item.metadata) for item in items] == [{"Loại": "x"}, {}, {}]
    assert [item.context for item in documents(read_sheet(*rows, merge=["D2:D3"], context=["Loại"]))] == ["x", "x", ""]


def test_the_name_of_a_column_is_no_source_of_the_rows_that_it_is_merged_with() -> None:
    [item] = documents(read_sheet(["STT", *HEADER], ["1", "q", "a"], merge=["D1:D2"]))
    assert item.source == ""


def test_the_link_of_a_source_is_kept() -> None:
    def fill(sheet: Worksheet) -> None:
        for row in (HEADER, ["q", "a", "Luật A"], ["r", "b"], ["s", "c", "Luật B"]):
            sheet.append(row)
        sheet.merge_cells("C2:C3")
        sheet["C2"].hyperlink = "https://luat.vn/a"
        sheet["B4"].hyperlink = "https://luat.vn/b"

    metadata = [dict(item.metadata) for item in documents(read(save(fill)))]
    assert metadata == [{"source_link": "https://luat.vn/a"}, {"source_link": "https://luat.vn/a"}, {}]


@pytest.mark.parametrize(
    ("header", "merge"),
    [
        ((["STT", "Hỏi đáp", None, "Nguồn"], [None, "Câu hỏi", "Đáp án", None]), ["A1:A2", "B1:C1", "D1:D2"]),
        ((["STT", "Hỏi đáp", None, "Nguồn"], [None, "Câu hỏi", "Đáp án", None]), []),
        ((["STT", "Nội dung", None, "Nguồn"], [None, "Câu hỏi", "Đáp án", None]), ["B1:C1"]),
        ((["Bảng"], ["STT", "Hỏi đáp", None, "Nguồn"], [None, "Câu hỏi", "Đáp án", None]), ["A1:D1", "B2:C2"]),
    ],
)
def test_a_header_of_two_lines_is_one(header: Sequence[Sequence[Value]], merge: Sequence[str]) -> None:
    [item] = read_sheet(*header, [1, "q", "a", "S"], merge=merge)
    assert isinstance(item, Document)
    assert (item.question, item.text, item.source, dict(item.metadata)) == ("q", "a", "S", {"STT": 1})


def test_the_second_line_names_columns_beside_those_with_a_role() -> None:
    rows: list[list[Value]] = [
        ["Câu hỏi", "Đáp án", "Duyệt", None],
        [None, None, "Người", "Ngày"],
        ["q", "a", "Lan", "2024"],
    ]
    [item] = read_sheet(*rows, merge=["A1:A2", "B1:B2", "C1:D1"])
    assert isinstance(item, Document)
    assert item.metadata == {"Người": "Lan", "Ngày": "2024"}


def test_a_header_that_comes_again_is_no_document() -> None:
    items = read_sheet(HEADER, ["Question", "Answer", "Source"], ["q", "a", "S"], HEADER, ["r", "b"])
    assert [item.text for item in documents(items)] == ["a", "b"]
    assert [item.where for item in items if isinstance(item, Ignored)] == ["sheet FAQ, row 2", "sheet FAQ, row 4"]


@pytest.mark.parametrize("row", [["q", "Đáp án", "Nguồn"], ["Câu hỏi", "a"], ["Câu hỏi", "Đáp án là gì?", "Nguồn"]])
def test_a_row_that_says_one_of_the_names_is_a_document(row: Sequence[Value]) -> None:
    assert documents(read_sheet(HEADER, row))


@pytest.mark.parametrize("gap", [[], [[]]])
def test_another_table_in_the_sheet_ends_it_and_is_reported(gap: list[list[Value]]) -> None:
    rows: list[list[Value]] = [["Trả lời", "Câu hỏi", "Nguồn"], ["a2", "q2", "s2"], ["Nguồn", "Câu hỏi", "Trả lời"]]
    items = read_sheet(["Câu hỏi", "Trả lời", "Nguồn"], ["q1", "a1", "s1"], *gap, *rows, ["s3", "q3", "a3"])
    assert [(item.question, item.text, item.source) for item in documents(items)] == [("q1", "a1", "s1")]
    [other] = [item for item in items if not isinstance(item, Document)]
    assert isinstance(other, Skipped)
    assert other.where == f"sheet FAQ, row {3 + len(gap)}"
    assert other.reason == "another table begins here; put it on a sheet of its own"


@pytest.mark.parametrize(
    "header",
    [
        ["STT", "Câu hỏi", "Trả lời"],  # beside the columns of the first
        [None, None, None, "Câu hỏi", "Trả lời"],
        ["Trả lời", "Mã", "Nguồn"],
    ],
)
def test_a_table_below_a_blank_row_that_names_two_roles_elsewhere_is_reported(header: list[Value]) -> None:
    below: list[Value] = ["1", "2", "3", "4", "5"]
    items = read_sheet(HEADER, ["q", "a", "S"], [], header, below)
    assert [item.text for item in documents(items)] == ["a"]
    assert [item.where for item in items if isinstance(item, Skipped)] == ["sheet FAQ, row 4"]


def test_a_row_prepared_with_its_kind_is_no_table() -> None:
    rows: list[list[Value]] = [["q", "a", "S", "Câu hỏi", "Đã trả lời"], [None, None, None, "Câu hỏi", "Trả lời"]] * 2
    items = read_sheet([*HEADER, "Loại", "Tình trạng"], *rows)
    assert [item.text for item in documents(items)] == ["a", "a"]
    assert not [item for item in items if isinstance(item, Skipped | Noted)]


@pytest.mark.parametrize("above", [[], ["Phần II"]])
@pytest.mark.parametrize("header", [[None, "Trả lời"], ["Mã", "Nội dung", "Ghi chú"]])
def test_what_may_be_the_header_of_another_table_is_noted_and_read(above: list[Value], header: list[Value]) -> None:
    items = read_sheet(HEADER, ["q", "a", "S"], above, header, ["r", "b"])
    assert [item.text for item in documents(items)][-1] == "b"
    assert [item.where for item in items if isinstance(item, Noted)] == ["sheet FAQ, row 4"]
    assert not [item for item in items if isinstance(item, Skipped)]


def test_rows_in_a_row_are_not_taken_for_another_table() -> None:
    rows: list[list[Value]] = [["Nguồn?", "Luật Đất đai", "S"], [], ["Ai hỏi?", "Công dân", "S"]]
    assert not [item for item in read_sheet(HEADER, *rows) if isinstance(item, Noted | Skipped)]


def test_columns_of_another_table_make_none_mixed() -> None:
    items = read_sheet(
        [*HEADER, "Năm"], ["q", "a", "S", 2024], ["Đáp án", "Câu hỏi", "Nguồn", "Loại"], ["b", "r", "", "x"]
    )
    assert not [item for item in items if isinstance(item, Noted)]


@pytest.mark.parametrize("row", [["A", "Q"], ["Nguồn", "S"], ["Trả lời", "What it says"]])
def test_letters_and_a_name_beside_a_text_begin_no_table(row: Sequence[Value]) -> None:
    assert [item.text for item in documents(read_sheet(HEADER, row, ["q", "a"]))] == [row[1], "a"]


def test_a_question_or_answer_whose_formula_has_no_value_is_skipped_and_others_are_counted() -> None:
    items = read_sheet([*HEADER, "Mức"], ["q", "=A1", "S"], ["=A1", "a"], ["q", "a", "=A1", "=1+1"], [None, "=A9"])
    assert [(item.source, dict(item.metadata)) for item in documents(items)] == [("", {})]
    skipped = {item.where: item.reason for item in items if isinstance(item, Skipped)}
    assert set(skipped) == {"sheet FAQ, row 2", "sheet FAQ, row 3", "sheet FAQ, row 5"}
    assert 'the formula in column "Đáp án" has no saved value; open' in skipped["sheet FAQ, row 2"]
    noted = [item.what for item in items if isinstance(item, Noted)]
    assert [words.partition(" without")[0] for words in noted] == [
        'a formula in column "Nguồn"',
        'a formula in column "Mức"',
    ]


def test_an_error_is_blank_and_is_named() -> None:
    na, ref = Exception("#N/A"), Exception("#REF!")
    rows: list[list[Value]] = [["q", na, "S"], [na, "a"], ["q", "a", ref, ref], ["q", "a", None, ref], [na, na]]
    items = read(make_workbook({"FAQ": [[*HEADER, "Mức"], *rows]}))
    assert [(item.source, dict(item.metadata)) for item in documents(items)] == [("", {}), ("", {})]
    assert [(item.where, item.reason) for item in items if isinstance(item, Ignored)] == [
        ("sheet FAQ, row 2", 'nothing in column "Đáp án" but #N/A'),
        ("sheet FAQ, row 3", 'nothing in column "Câu hỏi" but #N/A'),
    ]  # the last row is blank
    assert [item.what for item in items if isinstance(item, Noted)] == [
        'a cell in column "Nguồn" with #REF!: read as blank',
        '2 cells in column "Mức" with #REF!: read as blank',
    ]


def test_a_column_of_mixed_types_is_text_in_every_row_and_reported() -> None:
    rows: list[list[Value]] = [[f"q{number}", "a", None, number, number + 0.5] for number in range(30)]
    items = read_sheet([*HEADER, "Điểm", "Giá"], *rows, [*HEADER, "Điểm", "Giá"], ["z", "a", None, "chưa có", 7])
    found = [item.metadata for item in documents(items)]
    assert [each["Điểm"] for each in found] == [*map(str, range(30)), "chưa có"]
    assert found[0]["Giá"] == 0.5
    assert [item for item in items if isinstance(item, Noted)] == [
        Noted("faq.xlsx", "sheet FAQ", 'column "Điểm" holds numbers and text: kept as text in every row')
    ]


def test_a_long_cell_is_read_whole() -> None:
    text = "Điều khoản " * 5_000
    [item] = read(make_workbook({"A": [HEADER, ["q", text]]}))
    assert isinstance(item, Document)
    assert item.text == text.strip()


@pytest.mark.parametrize("make", [lambda rows: make_workbook({"A": rows}), None])
def test_escapes_and_spaces_are_what_a_person_sees(make: Callable[[object], bytes] | None) -> None:
    rows: list[Sequence[Value]] = [HEADER, ["q_x0041_", "một_x000D_\nhai\u00a0ba \u200b", "\u00a0S "]]
    [item] = documents(read(make(rows)) if make else read_sheet(*rows))
    assert (item.question, item.text, item.source) == ("qA", "một\nhai ba", "S")


def test_context_stands_behind_the_question_and_stays_in_the_metadata() -> None:
    rows: list[list[Value]] = [[*HEADER, "Loại", "Năm"], ["q", "a", "S", "Học phí", 2024], ["r", "b"]]
    first, second = documents(read_sheet(*rows, context=["NĂM", "Loại:"]))
    assert (first.context, dict(first.metadata)) == ("2024; Học phí", {"Loại": "Học phí", "Năm": 2024})
    assert second.context == ""


def test_a_context_that_no_sheet_has_is_an_error_that_lists_the_columns() -> None:
    content = make_workbook({"A": [HEADER, ["q", "a"]], "B": [[*HEADER, "Loại"], ["r", "b", "S", "x"]]})
    assert [item.context for item in documents(read(content, context=["Loại"]))] == ["", "x"]
    [item] = read(content, context=["Nhóm"])
    assert isinstance(item, Skipped)
    assert item.where == ""
    assert 'no sheet has a column "Nhóm"; found "Câu hỏi", "Đáp án", "Nguồn"; "Câu hỏi"' in item.reason


def test_context_is_part_of_the_reading() -> None:
    plain, one = open_source("excel", "a.xlsx").reading, open_source("excel", "a.xlsx", context=["Loại"]).reading
    assert "context" not in plain
    assert one == open_source("excel", "a.xlsx", context=[" LOẠI:"]).reading
    assert one != open_source("excel", "a.xlsx", context=["Loại", "Năm"]).reading
