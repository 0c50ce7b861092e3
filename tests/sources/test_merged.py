"""What is written into merged cells, compared with a look at each range from above."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.cells import Cell, Covered, Linked, is_empty
from ingest.sources.header import Header
from ingest.sources.marks import group_merged, mark_rows
from ingest.sources.merged import fill_merged
from ingest.sources.sheet import Row

QUESTION, ANSWER, SOURCE, KIND, NOTE = range(5)
HEADER = Header(0, ("q", "a", "s", "k", "n"), {"question": QUESTION, "page_content": ANSWER, "source": SOURCE}, "")
Range = tuple[int, int, int]  # top, bottom, column

sheets = st.lists(st.lists(st.sampled_from(["", "x", "y", "z"]), min_size=5, max_size=5), max_size=8)
ranges = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 4)), max_size=8)


def merge(sheet: Sequence[Sequence[Cell]], wanted: Sequence[Range]) -> tuple[list[Row], dict[tuple[int, int], int]]:
    """Merge ranges that don't touch each other; give the rows, and for each covered cell the row that covers it."""
    grid = [list(row) for row in sheet]
    covering: dict[tuple[int, int], int] = {}
    taken: set[tuple[int, int]] = set()
    chosen = []
    for top, bottom, column in wanted:
        places = {(row, column) for row in range(top, bottom + 1)}
        if top < bottom < len(grid) and not places & taken:
            taken |= places
            chosen.append(((top, column), (bottom, column)))
            for row in range(top + 1, bottom + 1):
                grid[row][column] = ""
                covering[row, column] = top
    rows = [Row(number, cells) for number, cells in enumerate(mark_rows(iter(grid), 0, group_merged(chosen)), start=1)]
    return rows, covering


@given(sheets, ranges, st.booleans())
def test_a_cell_says_its_own_or_what_its_range_says(
    sheet: list[list[Cell]], wanted: list[Range], embedded: bool
) -> None:
    rows, covering = merge(sheet, wanted)
    filled = list(fill_merged(iter(rows), HEADER, [KIND] if embedded else []))
    assert [row.number for row in filled] == [row.number for row in rows]
    for at, (before, after) in enumerate(zip(rows, filled, strict=True)):
        blank = all(map(is_empty, before.cells))
        own = any(before.cells[column] != "" for column in (QUESTION, ANSWER))
        for column, cell in enumerate(before.cells):
            reached = {SOURCE: True, KIND: embedded, QUESTION: own, ANSWER: own}.get(column, False)
            if (at, column) in covering and reached and not blank:
                assert after.cells[column] == rows[covering[at, column]].cells[column]
            else:
                assert after.cells[column] == cell
                assert type(after.cells[column]) is type(cell)


@given(sheets, ranges)
def test_no_row_has_both_its_question_and_its_answer_from_above(sheet: list[list[Cell]], wanted: list[Range]) -> None:
    rows, covering = merge(sheet, wanted)
    for at, row in enumerate(fill_merged(iter(rows), HEADER)):
        if (at, QUESTION) in covering and (at, ANSWER) in covering:
            assert not row.cells[QUESTION]
            assert not row.cells[ANSWER]


@given(sheets, ranges)
def test_without_questions_no_answer_is_filled(sheet: list[list[Cell]], wanted: list[Range]) -> None:
    rows, _ = merge(sheet, wanted)
    header = Header(0, HEADER.names, {"page_content": ANSWER}, "")
    assert list(fill_merged(iter(rows), header)) == rows


def test_the_link_of_the_first_goes_with_its_text() -> None:
    first: list[Cell] = ["q", "a", Linked("Luật", url="https://luat.vn")]
    *_, last = fill_merged(iter([Row(1, first), Row(2, ["r", "b", Covered()])]), HEADER)
    link = last.cells[SOURCE]
    assert isinstance(link, Linked)
    assert (link, link.url) == ("Luật", "https://luat.vn")


def test_below_a_row_of_nothing_no_range_goes_on() -> None:
    rows = [Row(1, ["q", "a", "S"]), Row(2, ()), Row(3, ["r", "b", Covered()])]
    *_, last = fill_merged(iter(rows), HEADER)
    assert type(last.cells[SOURCE]) is Covered
