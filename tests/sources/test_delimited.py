import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.cells import Failed
from ingest.sources.delimited import list_sheets
from ingest.sources.mapping import read_mapping
from ingest.sources.mojibake import find_mojibake
from ingest.sources.normalisation import normalise
from ingest.sources.sheet import Row
from ingest.sources.unreadable import UnreadableError


def read(text: str, mapping: dict[str, str] | None = None) -> list[Row]:
    [sheet] = list_sheets(text.encode(), read_mapping(mapping or {}))
    first, rows = sheet.open()
    assert first == 0
    return list(rows)


values = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffd\ufeffÐðƉ", include_characters="\n")
)


@given(
    st.lists(st.lists(values, min_size=3, max_size=3), max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_whatever_a_writer_writes_is_read_back(rows: list[list[str]], delimiter: str, quoting: int) -> None:
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")  # type: ignore[arg-type] # one of csv's own
    writer.writerows([["Câu hỏi", "Đáp án", "Nguồn"], *rows])
    if find_mojibake(buffer.getvalue()) or any("###" in value for row in rows for value in row):
        return
    expected = [[normalise(value) for value in row] for row in rows]
    assert [row.cells for row in read(buffer.getvalue())[1:]] == expected


def test_the_number_of_a_row_is_the_line_that_it_begins_in() -> None:
    assert [row.number for row in read('Q,A\n"two\nlines",a\n\nq,b\n')] == [1, 2, 4, 5]


def test_a_declared_delimiter_counts_and_so_does_its_line() -> None:
    rows = read("sep=;\r\nquestion;answer, in full\r\nq;a\r\n")
    assert [(row.number, list(row.cells)) for row in rows] == [(2, ["question", "answer, in full"]), (3, ["q", "a"])]


def test_a_comma_separates_nothing_in_a_file_of_one_column() -> None:
    assert [row.cells for row in read('content\nHello, world; all | of it\n"quoted, too"\n')][1:] == [
        ["Hello, world; all | of it"],
        ["quoted, too"],
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("blanks", [" ", "   "])
def test_a_quote_counts_behind_blanks_too(delimiter: str, blanks: str) -> None:
    between = delimiter + blanks
    rows = read(f'"Q"{between}"A"\nq1{between}"a{delimiter} b"\nq2{between}"two\nlines, ""quoted"""\nq3{between}c d\n')
    assert [list(row.cells) for row in rows] == [
        ["Q", "A"],
        ["q1", f"a{delimiter} b"],
        ["q2", 'two\nlines, "quoted"'],
        ["q3", "c d"],
    ]


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ('q, "hello" he said\nq, b\n', [["q", ' "hello" he said'], ["q", " b"]]),
        ('q, "never closed\nq, b\n', [["q", ' "never closed'], ["q", " b"]]),
        ('q, 5" and 6"\n', [["q", ' 5" and 6"']]),
        ('q, "a"\n, "b"\n', [["q", "a"], ["", "b"]]),
    ],
)
def test_a_quote_behind_a_blank_is_one_only_where_the_whole_file_is_valid_so(rows: str, cells: list[list[str]]) -> None:
    assert [row.cells for row in read(f"Q,A\n{rows}")][1:] == cells


def test_the_header_decides_the_delimiter_and_not_the_commas_below() -> None:
    assert read("question;answer\na, b, c, d;e, f, g\n")[1].cells == ["a, b, c, d", "e, f, g"]


def test_a_mapped_header_decides_too() -> None:
    assert read("frage|antwort\na, b|c; d\n", {"page_content": "Antwort"})[1].cells == ["a, b", "c; d"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('Q,A\nq,"never closed\nx,y\n', ["row 2", "never closed"]),
        ('Q,A\nq,a\n"in "the" middle",b\n', ["row 3", "doubled"]),
        ('Q,A\nq,"' + "x" * 140_000 + '"\n', ["row 2", "131,072"]),
        ("Q,A\nq,\0\n", ["U+0000"]),
    ],
)
def test_a_broken_file_is_refused_before_any_of_its_rows(text: str, words: list[str]) -> None:
    with pytest.raises(UnreadableError) as caught:
        list_sheets(text.encode(), {})
    assert all(word in str(caught.value) for word in words), caught.value


def test_of_a_file_of_one_column_no_delimiter_is_named() -> None:
    with pytest.raises(UnreadableError, match="end of row expected after '\"'") as caught:
        list_sheets(b'content\n"in "the" middle"\n', {})
    assert str(caught.value).isprintable()


def test_a_quote_that_never_closes_is_found_after_many_rows() -> None:
    with pytest.raises(UnreadableError, match="row 103"):
        list_sheets(("Q,A\n" + "q,a\n" * 101 + '"open,a\n' + "q,a\n" * 500).encode(), {})


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_a_file_of_nothing_has_a_sheet_of_nothing(text: str) -> None:
    assert not any(cell for row in read(text) for cell in row.cells)


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("#N/A", "#N/A"),
        (" #REF! ", "#REF!"),
        ('"#NAME?"', "#NAME?"),
        ("#DIV/0!", "#DIV/0!"),
        ("########", "########"),
        ("Err:502", "Err:502"),
    ],
)
def test_a_cell_that_says_only_an_error_is_one(cell: str, error: str) -> None:
    found = read(f"Q,A\nq,{cell}\n")[1].cells[1]
    assert isinstance(found, Failed)
    assert found.error == error


@pytest.mark.parametrize("cell", ["#N/A is an error", "#1", "C#", "##", "#SALE!", "#n/a", "Err: 502"])
def test_a_text_with_a_sign_of_errors_is_a_text(cell: str) -> None:
    found = read(f"Q,A\nq,{cell}\n")[1].cells[1]
    assert found == cell
    assert type(found) is str


@given(st.lists(st.lists(values, min_size=3, max_size=3), max_size=6), st.sampled_from([",", ";"]), st.data())
def test_blanks_behind_quoted_cells_are_none_of_them(
    rows: list[list[str]], delimiter: str, data: st.DataObject
) -> None:
    def quote(value: str) -> str:
        return f'"{value.replace(chr(34), chr(34) * 2)}"' + " " * data.draw(st.integers(0, 2))

    written = [delimiter.join(map(quote, row)) for row in [["Câu hỏi", "Đáp án", "Nguồn"], *rows]]
    text = "".join(f"{line}\n" for line in written)
    if find_mojibake(text) or "###" in text:
        return
    assert [row.cells for row in read(text)[1:]] == [[normalise(value) for value in row] for row in rows]


def test_of_a_file_that_is_valid_without_it_no_blank_is_left_out() -> None:
    assert read('Q,A\nq,"he said ""x"" , and"\n')[1].cells == ["q", 'he said "x" , and']
    assert read('Q,A\n"q" ,"he said ""x"" , and"\n')[1].cells == ["q", 'he said "x" , and']
    assert read('Q,A\n"q" ,"two ""\nlines"" , x" \nr,5" , b\n'.replace(" , b", ""))[1].cells == [
        "q",
        'two "\nlines" , x',
    ]
