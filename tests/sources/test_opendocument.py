"""Workbooks of OpenDocument: their sheets."""

import pytest

from ingest.model import Document, File, Ignored, Noted, Skipped
from ingest.sources import open_source
from ingest.sources.opendocument import is_opendocument, open_book
from ingest.sources.unreadable import RefusedError, UnreadableError
from tests.sources.hostile import GOOD, replace_part, zip_of
from tests.sources.opendocuments import COVERED, blanks, make_document, row, table, text, value
from tests.sources.workbooks import make_workbook

Item = Document | Skipped | Ignored | Noted
HEADER = ["Câu hỏi", "Đáp án", "Nguồn"]


def read(content: bytes) -> list[Item]:
    source = open_source("excel", "faq.ods")
    return [item for item in source.parse(File("faq.ods", "faq.ods"), content) if isinstance(item, Item)]


def test_a_sheet_is_read_as_the_same_one_of_excel() -> None:
    rows = [HEADER, ["q", "a", "S"], [], ["r & s", "b > c", ""]]
    other = read(make_workbook({"FAQ": rows}))
    assert read(make_document(table(*(row(*cells) for cells in rows)))) == other
    assert sum(isinstance(item, Document) for item in other) == 2


def test_what_is_merged_linked_unsaved_or_an_error_is_told() -> None:
    spanned = 'table:number-columns-spanned="1" table:number-rows-spanned="2"'
    link = '<text:p>Xem <text:a xlink:href="https://luat.vn/?a=1&amp;b=2">Luật</text:a></text:p>'
    items = read(
        make_document(
            table(
                row(*HEADER),
                row("q", "a", text(link, spanned)),
                row("r", "b", COVERED),
                row("s", "c", COVERED),
                row("t", '<table:table-cell table:formula="of:=A1"/>', "S"),
                row("u", value("float", 'office:value="0"', "#N/A", 'table:formula="of:=A1"'), "S"),
                row("v", value("string", 'office:string-value=""', "Err:502", 'calcext:value-type="error"'), "S"),
            )
        )
    )
    documents = [item for item in items if isinstance(item, Document)]
    assert [(item.question, item.source) for item in documents] == [("q", "Xem Luật"), ("r", "Xem Luật"), ("s", "")]
    assert documents[1].metadata == {"source_link": "https://luat.vn/?a=1&b=2"}
    assert [item.where for item in items if isinstance(item, Skipped)] == ["sheet FAQ, row 5"]
    assert [item.reason for item in items if isinstance(item, Ignored)] == [
        'nothing in column "Đáp án" but #N/A',
        'nothing in column "Đáp án" but Err:502',
    ]


def test_hidden_sheets_are_told_and_tables_in_cells_are_no_sheets() -> None:
    inner = f"<table:table-cell>{table(row('x'), name='Trong')}</table:table-cell>"
    book = open_book(make_document(table(row("a", inner), name="Một & hai"), table(name="Ẩn", hidden=True)))
    assert [(head.name, head.hidden) for head in book.heads] == [("Một & hai", False), ("Ẩn", True)]
    assert [list(cells) for cells in book.open(0).rows()] == [["a"]]
    assert list(book.open(1).rows()) == []


def test_a_few_bytes_that_fill_every_row_and_column_are_read_without_holding_them() -> None:
    far = table(row(*HEADER), row("q", "a"), row(blanks(16_000), "xa"), row(blanks(1), repeated=1_040_000), row("z"))
    items = read(make_document(far))
    assert [type(item) for item in items] == [Document, Ignored, Ignored, Ignored]
    assert items[2].where == "sheet FAQ, row 1040004"


def test_a_row_wider_than_any_sheet_is_named() -> None:
    wide = table(row(*HEADER), row("q", "a"), row(blanks(16_384), "xa"))
    [item] = read(make_document(wide))
    assert isinstance(item, Skipped)
    assert "row 3 has more than 16,384 cells" in item.reason


@pytest.mark.parametrize("damage", [lambda xml: xml.replace(b"</text:p>", b"", 1), lambda xml: xml[: len(xml) // 2]])
def test_damaged_xml_is_named_and_never_half_a_sheet_in_silence(damage: object) -> None:
    content = make_document(table(row(*HEADER), row("q", "a"), row("r", "b")))
    items = read(replace_part("content.xml", damage, content))  # type: ignore[arg-type] # a lambda
    assert [type(item) for item in items] == [Skipped]


def test_a_text_document_is_told_from_a_workbook() -> None:
    with pytest.raises(RefusedError, match="without a spreadsheet"):
        open_book(make_document("<text:p>x</text:p>", kind="text"))
    assert [is_opendocument(content) for content in (make_document(), zip_of("content.xml"), GOOD)] == [
        True,
        True,
        False,
    ]
    with pytest.raises(UnreadableError):
        open_book(zip_of("content.xml"))
