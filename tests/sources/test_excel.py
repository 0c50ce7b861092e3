import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SourceError, UsageError
from ingest.model import Columns, Document, File, Ignored, Skipped
from ingest.sources import open_source, workbook
from ingest.sources.cells import write_text
from tests.sources.hostile import SHEET, replace_part
from tests.sources.workbooks import Value, make_workbook

Item = Document | Skipped | Ignored
AT = datetime(2024, 1, 2, 3, 4)  # noqa: DTZ001 - a cell has no zone
HEADER = ["Câu hỏi", "Đáp án", "Nguồn"]


def read(
    content: bytes, name: str = "faq.xlsx", *, mapping: Mapping[str, str] | None = None, sheets: Sequence[str] = ()
) -> list[Item]:
    source = open_source("excel", name, mapping=mapping, sheets=sheets)
    return [item for item in source.parse(File(name, name), content) if isinstance(item, Item)]


def read_sheet(
    *rows: Sequence[Value], corner: tuple[int, int] = (0, 0), mapping: Mapping[str, str] | None = None
) -> list[Item]:
    return read(make_workbook({"FAQ": rows}, corner=corner), mapping=mapping)


def only(items: Sequence[Item]) -> Item:
    [item] = items
    return item


def documents(items: Sequence[Item]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


# What a cell may hold: what XML can, less the white space at the ends, which is nothing that a person sees.
cell_texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20)


@given(
    st.lists(st.tuples(cell_texts, cell_texts, cell_texts), max_size=6),
    st.tuples(st.integers(0, 9), st.integers(0, 30)),
)
def test_every_answer_is_read_once_with_its_question_source_and_place(
    rows: list[tuple[str, str, str]], corner: tuple[int, int]
) -> None:
    items = read_sheet(HEADER, *rows, corner=corner)
    expected = [
        (write_text(question), write_text(answer), write_text(source), corner[0] + 2 + index)
        for index, (question, answer, source) in enumerate(rows)
        if write_text(answer) and write_text(question)
    ]
    found = [(item.question, item.text, item.source, item.row) for item in documents(items)]
    assert found == expected
    ignored = {item.where for item in items if isinstance(item, Ignored)}
    unanswered = [
        row for row, cells in enumerate(rows) if not all(map(write_text, cells[:2])) and any(map(write_text, cells))
    ]
    assert {f"sheet FAQ, row {corner[0] + 2 + row}" for row in unanswered} <= ignored
    assert not [item for item in items if isinstance(item, Skipped)]


def test_a_row_is_a_document_with_its_place_and_its_other_columns() -> None:
    item = only(
        read_sheet(
            ["Bảng hỏi đáp 2024"],
            [],
            ["STT", *HEADER, "Ngày", "Lúc", "Còn hiệu lực", "Thời hạn", None, "Điểm"],
            [
                1,
                "Hỏi?",
                2024,
                "Luật A",
                date(2024, 1, 2),
                AT,
                True,
                timedelta(hours=36),
                "x",
                0.5,
            ],
            corner=(1, 1),
        )
    )
    assert item == Document(
        origin="faq.xlsx",
        text="2024",
        question="Hỏi?",
        source="Luật A",
        where="sheet FAQ, row 5",
        sheet="FAQ",
        row=5,
        metadata={
            "STT": 1,
            "Ngày": "2024-01-02",
            "Lúc": "2024-01-02T03:04:00",
            "Còn hiệu lực": True,
            "Thời hạn": "36:00:00",
            "column_J": "x",
            "Điểm": 0.5,
        },
    )


def test_cells_beyond_the_header_are_named_by_their_column() -> None:
    [item] = documents(read_sheet(["Nội dung"], ["text", "note"], corner=(0, 25)))
    assert item.metadata == {"column_AA": "note"}


def test_nothing_to_index_is_ignored_and_counted() -> None:
    items = read_sheet(
        HEADER, ["q1", "a1"], [" "], ["q2", None], ["", "\u00a0", "Luật"], [None], ["q3", "a3"], [" "], [None]
    )
    assert [item.text for item in documents(items)] == ["a1", "a3"]
    assert [item for item in items if not isinstance(item, Document)] == [
        Ignored("faq.xlsx", "sheet FAQ, row 4", 'nothing in column "Đáp án"'),
        Ignored("faq.xlsx", "sheet FAQ, row 5", 'nothing in column "Đáp án"'),
        Ignored("faq.xlsx", "sheet FAQ", "2 blank rows"),
    ]


def test_an_answer_without_a_question_is_ignored_where_there_is_a_column_for_one() -> None:
    ignored, read = read_sheet(HEADER, [None, "a"], ["q", "b"])
    assert ignored == Ignored("faq.xlsx", "sheet FAQ, row 2", 'nothing in column "Câu hỏi"')
    assert isinstance(read, Document)
    assert [item.question for item in documents(read_sheet(["Nội dung"], ["a"]))] == [""]


def test_an_error_value_is_a_blank_cell() -> None:
    item = only(read_sheet([*HEADER, "Mức"], ["q", "a", ValueError("#N/A"), ValueError("#DIV/0!")]))
    assert isinstance(item, Document)
    assert (item.source, item.metadata) == ("", {})


def test_a_header_and_nothing_below_it_is_ignored() -> None:
    assert read_sheet(HEADER) == [Ignored("faq.xlsx", "sheet FAQ", "no row under the header")]


def test_a_header_stands_in_the_first_twenty_rows_or_is_none() -> None:
    title: list[Sequence[Value]] = [["Bảng"]]
    assert documents(read_sheet(*title * 19, HEADER, ["q", "a"]))
    item = only(read_sheet(*title * 20, HEADER, ["q", "a"]))
    assert isinstance(item, Skipped)
    assert (item.where, "first 20" in item.reason) == ("", True)


def test_all_visible_sheets_are_read_and_the_others_listed() -> None:
    rows = [HEADER, ["q", "a"]]
    content = make_workbook(
        {"Một": rows, "Ẩn": rows, "Rất ẩn": rows, "Hai": rows, "Ghi chú": [["x", "y"]], "Trống": []},
        states={"Ẩn": "hidden", "Rất ẩn": "veryHidden"},
        charts=["Biểu đồ"],
    )
    items = read(content)
    assert [item.sheet for item in documents(items)] == ["Một", "Hai"]
    others = {item.where: item.reason for item in items if isinstance(item, Ignored)}
    assert set(others) == {"sheet Ẩn", "sheet Rất ẩn", "sheet Ghi chú", "sheet Trống", "sheet Biểu đồ"}
    assert "hidden" in others["sheet Ẩn"]
    assert '"x", "y"' in others["sheet Ghi chú"]
    assert len(items) == 7


def test_the_columns_of_a_workbook_are_those_of_each_sheet_that_can_be_read() -> None:
    content = make_workbook(
        {
            "Một": [["Bảng"], HEADER, ["q", "a"]],
            "Ẩn": [HEADER],
            "Ghi chú": [["x", "y"], ["z"]],
            "Nghi ngờ": [["Câu hỏi", "Đáp án", "Answer"], ["q", "a", "b"]],
            "Trống": [],
            "Hai": [["STT", "질문", "답변"]],
        },
        states={"Ẩn": "hidden"},
    )
    first, *_ = open_source("excel", "faq.xlsx").parse(File("faq.xlsx", ""), content)
    assert first == Columns(
        "faq.xlsx",
        {
            "Một": {"source": "Nguồn", "question": "Câu hỏi", "page_content": "Đáp án"},
            "Ghi chú": {},
            "Hai": {"question": "질문", "page_content": "답변"},
        },
        {"Một": tuple(HEADER), "Ghi chú": ("x", "y"), "Hai": ("STT", "질문", "답변")},
        {"Một": 2, "Hai": 1},
    )


def test_a_sheet_that_is_named_is_read_even_if_it_is_hidden() -> None:
    content = make_workbook({"A": [HEADER, ["q", "a"]], "B": [HEADER, ["q", "b"]]}, states={"B": "hidden"})
    assert [item.text for item in documents(read(content, sheets=[" b "]))] == ["b"]


def test_a_sheet_that_is_named_and_has_no_header_is_a_failure() -> None:
    content = make_workbook({"A": [HEADER, ["q", "a"]], "B": [["x", "y"]]})
    items = read(content, sheets=["A", "B"])
    assert [type(item) for item in items] == [Document, Skipped]
    assert items[1].where == "sheet B"


def test_without_any_header_the_error_lists_what_there_is_and_what_to_write() -> None:
    item = only(read(make_workbook({"A": [["STT", "Cột một"]], "B": [["Cột hai"], ["x"]], "C": []}))[1:])
    assert isinstance(item, Skipped)
    assert (item.origin, item.where) == ("faq.xlsx", "")
    for words in ('"STT", "Cột một" in sheet A', '"Cột hai" in sheet B', "--map page_content="):
        assert words in item.reason


def test_two_columns_that_could_be_the_answer_are_left_to_a_person() -> None:
    content = make_workbook({"A": [["Câu hỏi", "Đáp án", "Answer"], ["q", "a", "b"]], "B": [HEADER, ["q", "c"]]})
    skipped, document = read(content)
    assert isinstance(skipped, Skipped)
    assert isinstance(document, Document)
    assert skipped.where == "sheet A"
    assert '--map page_content="Đáp án" or --map page_content="Answer"' in skipped.reason
    [document] = documents(
        read(make_workbook({"A": [["Đáp án", "Answer"], ["a", "b"]]}), mapping={"page_content": "answer"})
    )
    assert (document.text, document.metadata) == ("b", {"Đáp án": "a"})


def test_a_mapped_column_that_is_nowhere_is_an_error_that_lists_the_columns() -> None:
    item = only(read_sheet(HEADER, ["q", "a"], mapping={"page_content": "Cột khác"}))
    assert isinstance(item, Skipped)
    assert 'a column "Cột khác"' in item.reason
    assert '"Câu hỏi", "Đáp án", "Nguồn"' in item.reason


def test_a_long_list_of_columns_is_cut() -> None:
    item = only(read_sheet([f"{number} {'x' * 100}" for number in range(500)]))
    assert isinstance(item, Skipped)
    assert "470 more" in item.reason
    assert len(item.reason) < 3000


@pytest.mark.parametrize("mapping", [{"answer": "Đáp án"}, {"page_content": " "}])
def test_a_mapping_that_cannot_be_meant_is_refused_at_once(mapping: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="--map"):
        open_source("excel", "faq.xlsx", mapping=mapping)


GOOD = make_workbook(
    {"A": [HEADER, *([f"q{number}", f"a{number}", "s"] for number in range(200))], "B": [HEADER, ["q", "b"]]}
)


def test_a_sheet_that_cannot_be_read_is_skipped_and_the_others_are_read() -> None:
    items = read(replace_part(SHEET, lambda data: data[: len(data) // 2], GOOD))
    assert [type(item) for item in items] == [Skipped, Document]
    assert items[0].where == "sheet A"


def test_content_decides_and_not_the_extension() -> None:
    assert read(GOOD, "faq.csv") == [replace(item, origin="faq.csv") for item in read(GOOD)]


def test_a_csv_file_is_one_sheet_without_a_name() -> None:
    items = read("Câu hỏi;Đáp án;Nhãn\nq1;a1;007\n\n;;\nq2;;x\n".encode("utf-8-sig"), "faq.CSV")
    assert items == [
        Document("faq.CSV", "a1", question="q1", where="row 2", row=2, metadata={"Nhãn": "007"}),
        Ignored("faq.CSV", "row 5", 'nothing in column "Đáp án"'),
        Ignored("faq.CSV", "", "2 blank rows"),
    ]


def test_a_tsv_file_in_utf_16_as_excel_writes_it() -> None:
    [item] = documents(read("질문\t답변\n왜?\t그래서, 그렇다\n".encode("utf-16"), "faq.tsv"))
    assert (item.question, item.text) == ("왜?", "그래서, 그렇다")


def test_a_csv_row_wider_than_its_header_is_skipped_and_never_shifted() -> None:
    good, bad, trailing = read(b"question,answer\nq,a\nq,Yes, indeed\nq,b,\n", "faq.csv")
    assert isinstance(good, Document)
    assert isinstance(trailing, Document)
    assert isinstance(bad, Skipped)
    assert bad.where == "row 3"
    assert "3 cells under a header of 2" in bad.reason


@pytest.mark.parametrize("content", ["Q,A\nq,\xe1\n".encode("latin-1"), b'Q,A\nq,"open\n'])
def test_a_broken_csv_file_is_skipped_as_a_whole(content: bytes) -> None:
    item = only(read(content, "faq.csv"))
    assert isinstance(item, Skipped)
    assert item.where == ""


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_a_csv_file_of_nothing_is_ignored(content: bytes) -> None:
    assert only(read(content, "faq.csv")) == Ignored("faq.csv", "", "nothing in it")


def test_a_file_that_is_named_by_itself(tmp_path: Path) -> None:
    (tmp_path / "faq.xlsx").write_bytes(GOOD)
    (tmp_path / "faq.docx").write_bytes(GOOD)
    source = open_source("excel", tmp_path / "faq.xlsx")
    assert source.files() == [File("faq.xlsx", str(tmp_path / "faq.xlsx"))]
    assert (source.dataset, source.location) == ("faq.xlsx", str(tmp_path / "faq.xlsx"))
    with pytest.raises(SourceError, match=r"faq\.docx.*\.xlsx, \.xlsm, \.xls, \.xlsb, \.ods, \.csv, \.tsv"):
        open_source("excel", tmp_path / "faq.docx").files()


def test_a_folder_and_a_pattern_are_one_dataset(tmp_path: Path) -> None:
    for name in ("b.xlsx", "a/c.csv", "a/notes.txt", "~$b.xlsx", ".d.xlsx"):
        path = tmp_path / "faq" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(GOOD)
    folder, pattern = open_source("excel", tmp_path / "faq"), open_source("excel", tmp_path / "faq" / "**" / "*.csv")
    assert (folder.dataset, [file.origin for file in folder.files()]) == ("faq", ["a/c.csv", "b.xlsx"])
    assert (pattern.dataset, [file.origin for file in pattern.files()]) == ("faq/**/*.csv", ["a/c.csv"])
    assert open_source("excel", tmp_path / "faq", dataset="FAQ").dataset == "FAQ"


def test_where_there_is_nothing_to_list_the_error_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, words in {
        "gone.xlsx": "no such file or folder",
        "empty": "no .* is in",
        "*.xlsx": "no .* matches",
        "gone/*.xlsx": "no such file or folder",
    }.items():
        with pytest.raises(SourceError, match=words) as caught:
            open_source("excel", tmp_path / name).files()
        assert str(tmp_path) in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_is_neither_file_nor_folder_is_an_error() -> None:
    with pytest.raises(SourceError, match="neither"):
        open_source("excel", "/dev/null").files()


def test_a_sheet_that_no_workbook_has_is_an_error_that_lists_the_sheets(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(make_workbook({"Một": [HEADER], "Hai": [HEADER]}))
    (tmp_path / "b.xlsx").write_bytes(make_workbook({"Ba": [HEADER, ["q", "a"]]}))
    assert len(open_source("excel", tmp_path, sheets=["HAI", "ba"]).files()) == 2
    with pytest.raises(SourceError, match='sheet "Bốn"; there are "Một", "Hai", "Ba"'):
        open_source("excel", tmp_path, sheets=["Ba", "Bốn"]).files()
    assert only(read((tmp_path / "b.xlsx").read_bytes(), sheets=["Một"])) == Ignored(
        "faq.xlsx", "", 'none of the sheets that --sheet names; it has "Ba"'
    )
    (tmp_path / "c.xlsx").write_bytes(b"")  # it may have had the sheet: what is wrong with it is said by parse
    assert len(open_source("excel", tmp_path, sheets=["Ba", "Bốn"]).files()) == 3


def test_no_workbook_is_opened_to_list_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_bytes(GOOD)
    monkeypatch.setattr(workbook, "list_sheets", None)
    assert open_source("excel", tmp_path).files()


def test_reading_is_what_decides_the_documents() -> None:
    def reading(**options: object) -> object:
        return dict(open_source("excel", "faq.xlsx", **options).reading)  # type: ignore[arg-type] # as above

    assert reading() == reading(dataset="x", include=["*.xlsx"])
    assert reading(mapping={"page_content": "Cột"}) == reading(mapping={"page_content": " CỘT:"}) != reading()
    assert reading(sheets=["A", "B"]) == reading(sheets=["b", "a"]) != reading()


@pytest.mark.parametrize("name", ["tcvn3", "ABC", "vni", "viscii", "cp949", "cp1258", "johab"])
def test_every_encoding_that_can_be_named_serves_a_csv(name: str) -> None:
    source = open_source("excel", "faq.csv", encoding=name)
    items = list(source.parse(File("faq.csv", ""), b"question,answer\nq,a\n"))
    assert [item.text for item in items if isinstance(item, Document)] == ["a"]
