"""What the XML of a sheet says besides values, in workbooks as openpyxl and Excel write them."""

from collections.abc import Callable
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.sources import markup
from ingest.sources.cells import Covered, Linked, Unsaved
from ingest.sources.markup import Marks, group_merged, mark_rows, read_marks
from ingest.sources.reader import LIBRARIES, Reader
from tests.sources.hostile import GOOD, SHEET, replace_part


def save(fill: Callable[[Worksheet], None], name: str = 'Hỏi & "đáp"') -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name
    fill(sheet)
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def fill_marked(sheet: Worksheet) -> None:
    for row in (["Câu hỏi", "Đáp án", "Nguồn"], ["q", "a", "Luật"], ["r", "=1+1", None], ["s", "=A2", "Trang"]):
        sheet.append(row)
    sheet.merge_cells("C2:C3")
    sheet.merge_cells("A7:C7")
    sheet["C2"].hyperlink = "https://luat.vn/?a=1&b=2"
    sheet["C4"].hyperlink = "#Sheet1!A1"


def test_merged_cells_links_and_formulas_without_a_value_are_found() -> None:
    assert read_marks(save(fill_marked), 'Hỏi & "đáp"') == Marks(
        merged={1: [(2, 2)]}, links={1: {2: "https://luat.vn/?a=1&b=2"}}, unsaved={2: [1], 3: [1]}
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_gives_the_same_marks(library: str) -> None:
    reader = Reader(libraries=[library])
    try:
        _, rows = reader.read(reader.open(save(fill_marked)), 0)
        cells = [list(row.cells) for row in rows][1:4]
    finally:
        reader.close()
    assert [row[:3] for row in cells] == [["q", "a", "Luật"], ["r", "", ""], ["s", "", "Trang"]]
    assert isinstance(cells[0][2], Linked)
    assert [type(cell) for cell in cells[1][1:3]] == [Unsaved, Covered]
    assert [type(cell) for cell in cells[2][1:3]] == [Unsaved, str]


@pytest.mark.parametrize(
    ("cell", "unsaved"),
    [
        (b'<c r="B2"><f>A1</f></c>', True),
        (b'<c r="B2"><f>A1</f><v></v></c>', True),
        (b'<c r="B2"><f>A1</f>\n<v/></c>', True),
        (b'<c r="B2" s="1"><f t="shared" si="0"/></c>', True),
        (b'<x:c r="B2"><x:f>A1</x:f><x:v/></x:c>', True),
        (b'<c r="B2"><f>A1</f>\n<v>5</v></c>', False),
        (b'<c r="B2"><f t="shared" si="0"/><v xml:space="preserve"> 5</v></c>', False),
        (b'<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>', False),  # it came out empty
        (b'<c r="B2"><v>5</v></c>', False),
    ],
)
def test_a_formula_is_told_from_one_whose_value_was_saved(cell: bytes, unsaved: bool) -> None:
    content = replace_part(SHEET, lambda data: data.replace(b"</sheetData>", cell + b"</sheetData>"))
    assert read_marks(content, "Hỏi đáp").unsaved == ({1: [1]} if unsaved else {})


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_marks_are_found_across_the_pieces_that_are_read(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = save(fill_marked)
    expected = read_marks(content, 'Hỏi & "đáp"')
    monkeypatch.setattr(markup, "_CHUNK", size)
    assert read_marks(content, 'Hỏi & "đáp"') == expected != Marks()


@pytest.mark.parametrize(
    "content",
    [
        GOOD[:100],
        replace_part("xl/workbook.xml", lambda data: b"\xff"),
        replace_part("xl/_rels/workbook.xml.rels", lambda data: b"<Relationships/>"),
        replace_part("xl/_rels/workbook.xml.rels", lambda data: data.replace(b"sheet1", b"sheet9")),
    ],
)
def test_what_cannot_be_found_marks_nothing(content: bytes) -> None:
    assert read_marks(content, "Hỏi đáp") == Marks()


def test_a_merged_range_covers_the_cells_below_its_first_and_ends_where_it_ends() -> None:
    marks = group_merged([((1, 3), (2, 3)), ((3, 3), (4, 4)), ((0, 0), (0, 5))])
    rows = list(mark_rows(iter([["a"], ["b", "x"], ["c"], ["d", "y"], ["", ""], ["e", ""]]), 2, marks))
    assert rows == [["a"], ["b", "x"], ["c", ""], ["d", "y"], ["", ""], ["e", ""]]
    covered = [[at for at, cell in enumerate(row) if type(cell) is Covered] for row in rows]
    assert covered == [[], [], [1], [], [1], []]


def test_a_row_of_formulas_only_is_there_although_no_library_gives_it() -> None:
    rows = list(mark_rows(iter([["a"]]), 0, Marks(unsaved={3: [1], 0: [0]})))
    assert rows == [["a"], [], [], ["", ""]]
    assert type(rows[3][1]) is Unsaved
    assert type(rows[0][0]) is str  # a value that is there counts
