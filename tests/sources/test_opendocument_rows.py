"""The rows of OpenDocument: values with their types, white space as it is written, and repetitions."""

from datetime import datetime, time, timedelta
from xml.parsers.expat import ExpatError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources import opendocument_rows as module
from ingest.sources.cells import Cell, Covered, Failed, Linked
from ingest.sources.opendocument_rows import read_rows
from ingest.sources.unreadable import UnreadableError
from tests.sources.opendocuments import COVERED, blanks, row, table, text, value


def read(*rows: str, size: int = 1 << 16) -> list[list[Cell]]:
    xml = table(*rows).encode()
    return [list(cells) for cells in read_rows(xml[at : at + size] for at in range(0, len(xml), size))]


def trim(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Leave out the blank cells at the end of each row, and the blank rows at the end."""
    places = {(row, at): cell for row, cells in enumerate(rows) for at, cell in enumerate(cells) if cell != ""}
    lengths = [max((at + 1 for row, at in places if row == index), default=0) for index in range(len(rows))]
    filled = max((row + 1 for row, _ in places), default=0)
    return [rows[row][: lengths[row]] for row in range(filled)]


words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<\ufffe\uffff"), max_size=5)


@given(st.lists(st.lists(st.tuples(words, st.integers(1, 3)), max_size=4), max_size=4), st.integers(1, 80))
def test_texts_stand_where_they_repeat_whatever_the_pieces(rows: list[list[tuple[str, int]]], size: int) -> None:
    repeated = 'table:number-columns-repeated="{}"'
    written = [
        row(*(text(f"<text:p>{word.replace('&', '&amp;')}</text:p>", repeated.format(count)) for word, count in cells))
        for cells in rows
    ]
    expected: list[list[Cell]] = [
        [" ".join(filter(None, word.split(" "))) for word, count in cells for _ in range(count)] for cells in rows
    ]
    assert trim(read(*written, size=size)) == trim(expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (value("float", 'office:value="2024"'), 2024.0),
        (value("percentage", 'office:value="0.25"'), 0.25),
        (value("currency", 'office:currency="VND" office:value="5e3"'), 5000.0),
        (value("boolean", 'office:boolean-value="true"'), True),
        (value("boolean", 'office:boolean-value="false"'), False),
        (value("date", 'office:date-value="2024-03-04"'), datetime(2024, 3, 4)),  # noqa: DTZ001 - a cell has no zone
        (value("date", 'office:date-value="2024-03-04T05:06:07"'), datetime(2024, 3, 4, 5, 6, 7)),  # noqa: DTZ001 - as above
        (value("date", 'office:date-value="-0044-03-15"', "15/3/44 TCN"), "15/3/44 TCN"),
        (value("time", 'office:time-value="PT03H04M00S"'), time(3, 4)),
        (value("time", 'office:time-value="PT36H00M00.5S"'), timedelta(hours=36, seconds=0.5)),
        (value("time", 'office:time-value="-PT1H"'), timedelta(hours=-1)),
        (value("string", 'office:string-value="x"', "x", 'table:formula="of:=A1"'), "x"),
        ('<table:table-cell office:value-type="string" office:string-value="x" table:formula="of:=A1"/>', "x"),
    ],
)
def test_a_value_has_the_type_that_it_says(cell: str, expected: Cell) -> None:
    [[found]] = read(row(cell))
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<text:p>a</text:p><text:p/><text:p>b</text:p>", "a\n\nb"),
        ('<text:p>a<text:s/>b<text:s text:c="2"/>c<text:tab/>d<text:line-break/>e</text:p>', "a b  c\td\ne"),
        ("<text:p>\n  một <text:span>hai </text:span>\n ba</text:p>\n", "một hai ba"),
        ("<office:annotation><text:p>ghi chú</text:p></office:annotation><text:p>a</text:p>", "a"),
        ("<text:p>a</text:p><draw:frame><draw:text-box><text:p>hình</text:p></draw:text-box></draw:frame>", "a"),
        ("<text:p>a<office:annotation><text:p>x</text:p></office:annotation>b</text:p>", "ab"),
    ],
)
def test_a_text_is_what_a_person_sees_in_the_cell(inside: str, expected: str) -> None:
    assert read(row(text(inside), "z")) == [[expected, "z"]]


def test_a_formula_that_is_a_link_keeps_its_address() -> None:
    formula = 'table:formula="of:=HYPERLINK(&quot;https://luat.vn&quot;;&quot;Luật&quot;)"'
    [[cell]] = read(row(value("string", 'office:string-value="Luật"', "Luật", formula)))
    assert isinstance(cell, Linked)
    assert (cell, cell.url) == ("Luật", "https://luat.vn")


def test_covered_cells_are_those_below_the_first_of_a_range_and_what_they_hide_is_kept() -> None:
    spanned = 'table:number-columns-spanned="2" table:number-rows-spanned="3"'
    hidden = "<table:covered-table-cell office:value-type='string'><text:p>x</text:p></table:covered-table-cell>"
    double = '<table:covered-table-cell table:number-columns-repeated="2"/>'
    rows = read(
        row("a", text("<text:p>b</text:p>", spanned), COVERED, "c"),
        row("d", double, "e"),
        row("f", hidden),
        row("g", COVERED),
    )
    assert rows == [["a", "b", "", "c"], ["d", "", "", "e"], ["f", "x"], ["g"]]
    assert [type(cell) for cell in rows[1]] == [str, Covered, str, str]


def test_repeated_rows_and_blank_ones_are_all_there() -> None:
    assert read(row("a", repeated=2), row(blanks(9), repeated=3), row(blanks(1), "b")) == [
        ["a"],
        ["a"],
        [],
        [],
        [],
        ["", "b"],
    ]


def test_rows_that_repeat_beyond_a_range_are_not_covered_by_it() -> None:
    spanned = text("<text:p>a</text:p>", 'table:number-rows-spanned="3"')
    found = read(row(spanned, "b"), row(COVERED, "c", repeated=2), row(COVERED, "d"))
    assert [type(cells[0]) for cells in found] == [str, Covered, Covered, str]
    found = read(row(spanned, "b"), row(COVERED, "c", repeated=1000))
    assert {type(cells[0]) for cells in found} == {str}


@pytest.mark.parametrize("number", ["0", "-1", "-1048576", "x", ""])
@pytest.mark.parametrize("name", ["number-columns-repeated", "number-rows-repeated", "number-rows-spanned"])
def test_a_number_that_is_none_is_damage_and_moves_no_cell(name: str, number: str) -> None:
    attribute = f'table:{name}="{number}"'
    damaged = "<table:table-row ATTRIBUTE><table:table-cell/></table:table-row>" if "rows-repeated" in name else ""
    with pytest.raises(ValueError, match=r"int|table:number"):
        read(damaged.replace("ATTRIBUTE", attribute) or row(text("<text:p>a</text:p>", attribute), "b"))


@pytest.mark.parametrize("hashtag", ["#COVID", "#N/A là gì", "#2024"])
def test_a_formula_that_gives_a_hashtag_is_no_error(hashtag: str) -> None:
    [[cell]] = read(row(value("string", f'office:string-value="{hashtag}"', hashtag, 'table:formula="of:=A1"')))
    assert (cell, type(cell)) == (hashtag, str)


@pytest.mark.parametrize("error", ["#N/A", "#NV!", "#REF!", "#NAME?", "#DIV/0!", "Err:502"])
def test_a_formula_that_shows_an_error_is_one(error: str) -> None:
    [[cell]] = read(row(value("float", 'office:value="0"', error, 'table:formula="of:=A1"')))
    assert isinstance(cell, Failed)
    assert cell.error == error


def test_no_more_rows_are_given_than_a_sheet_has() -> None:
    spanned = text("<text:p>a</text:p>", f'table:number-rows-spanned="{10**9}"')
    xml = table(row(spanned), row(COVERED, repeated=10**9 - 1)).encode()
    assert sum(1 for _ in read_rows([xml])) == 1 << 20


@pytest.mark.parametrize("xml", [b"<table:table><table:table-row></table:table>", b"<table:table>&nbsp;</table:table>"])
def test_what_is_no_xml_is_an_error(xml: bytes) -> None:
    with pytest.raises(ExpatError):
        list(read_rows([xml]))


def test_a_sheet_may_repeat_as_much_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REPEATED", 10)
    monkeypatch.setattr(module, "_PER_CELL", 2)
    double = text("<text:p>x</text:p>", 'table:number-columns-repeated="3"')
    assert len(read(*[row(double)] * 1000)) == 1000
    assert len(read(row("a", repeated=13))) == 13
    with pytest.raises(UnreadableError, match="up to row 1 13 cells"):
        read(row("a", repeated=14))


def test_a_bomb_of_repetitions_is_refused_before_it_is_given() -> None:
    wide = text("<text:p>x</text:p>", 'table:number-columns-repeated="16000"')
    xml = table(row("a"), row(wide, repeated=1_000_000)).encode()
    with pytest.raises(UnreadableError, match=r"up to row 2 15,999,999,999 cells only repeat others; delete"):
        list(read_rows([xml]))
