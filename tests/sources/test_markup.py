"""What the XML of a sheet says besides values, in workbooks as openpyxl and Excel write them."""

from collections.abc import Callable
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from ingest.sources import markup
from ingest.sources.cells import Covered, Linked, Unsaved
from ingest.sources.marks import Marks
from ingest.sources.markup import read_marks
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
        merged={1: [(2, 2)]}, links={1: {2: Linked(url="https://luat.vn/?a=1&b=2")}}, unsaved={2: [1], 3: [1]}
    )


def test_a_link_on_a_whole_column_is_no_million_of_links() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["C1"] = "Nguồn"
        sheet["C1"].hyperlink = "https://luat.vn"

    content = replace_part(SHEET, lambda data: data.replace(b'ref="C1"', b'ref="C1:D1048576"'), save(fill))
    link = Linked(url="https://luat.vn")
    assert read_marks(content, 'Hỏi & "đáp"') == Marks(long_links={0: [(2, 1_048_575, link)]})


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


@pytest.mark.parametrize(
    ("cell", "failed"),
    [
        (b'<c r="B2" t="e"><v>#N/A</v></c>', "#N/A"),
        (b'<c r="B2" s="1" t="e"><f>VLOOKUP(A1,B:C,2,0)</f><v>#N/A</v></c>', "#N/A"),
        (b'<x:c t="e" r="B2"><x:f t="shared" si="0"/>\n<x:v>#DIV/0!</x:v></x:c>', "#DIV/0!"),
        (b'<c r="B2" t="str"><f>A1</f><v>#1</v></c>', ""),
    ],
)
def test_an_error_is_told_from_a_text_that_looks_like_one(cell: bytes, failed: str) -> None:
    content = replace_part(SHEET, lambda data: data.replace(b"</sheetData>", cell + b"</sheetData>"))
    found = read_marks(content, "Hỏi đáp").failed
    assert {row: {at: mark.error for at, mark in cells.items()} for row, cells in found.items()} == (
        {1: {1: failed}} if failed else {}
    )


def test_a_formula_that_is_a_link_keeps_its_address_and_what_it_shows() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(['=HYPERLINK("https://luat.vn/?a=1&b=2","Luật ""A""")', '=HYPERLINK("https://luat.vn")'])
        sheet.append(['=HYPERLINK("#S!A1","x")', '=HYPERLINK(A1,"x")', '=IF(1,HYPERLINK("u","x"))'])

    marks = read_marks(save(fill), 'Hỏi & "đáp"')
    assert {at: (str(link), link.url) for at, link in marks.links[0].items()} == {
        0: ('Luật "A"', "https://luat.vn/?a=1&b=2"),
        1: ("https://luat.vn", "https://luat.vn"),
    }
    assert marks.unsaved == {1: [0, 1, 2]}


def test_a_link_keeps_the_place_in_the_page_that_it_leads_to() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["A1"].value = "x"
        sheet["A1"].hyperlink = Hyperlink(ref="A1", target="https://luat.vn/a", location="dieu-5")

    assert read_marks(save(fill), 'Hỏi & "đáp"').links[0][0].url == "https://luat.vn/a#dieu-5"


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
    ids=["cut off", "no text", "no relations", "another target"],  # the bytes hold the time
)
def test_what_cannot_be_found_marks_nothing(content: bytes) -> None:
    assert read_marks(content, "Hỏi đáp") == Marks()
