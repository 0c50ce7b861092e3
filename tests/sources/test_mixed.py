"""Columns of mixed types, compared with a look at every cell."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.book import Book, Head, Opened
from ingest.sources.cells import Cell, is_empty
from ingest.sources.mixed import find_mixed
from ingest.sources.session import Session
from ingest.sources.sheet import Row, Sheet
from ingest.sources.table import Table, open_table
from ingest.sources.unreadable import UnreadableError

NAMES: list[Cell] = ["Câu hỏi", "Đáp án", "Năm", "Điểm"]
KINDS = {str: "text", date: "text", int: "numbers", float: "numbers", bool: "TRUE or FALSE"}
cells = st.sampled_from(["", " ", "x", 2024, 0.5, True, date(2024, 1, 2)])


class Opener:
    """A sheet of rows under a header, and how often it was opened."""

    def __init__(self, *rows: Sequence[Cell], broken: bool = False) -> None:
        self.rows, self.broken = rows, broken
        self.opened = 0

    def __call__(self) -> tuple[int, Iterator[Row]]:
        self.opened += 1
        return 0, self._read()

    def _read(self) -> Iterator[Row]:
        for number, row in enumerate([NAMES, *self.rows], start=1):
            yield Row(number, row)
        if self.broken:
            raise UnreadableError("it is damaged")


def find(opener: Opener, delimiter: str = "") -> dict[str, str]:
    table = open_table(Sheet("A", Opener(), delimiter=delimiter), {})
    assert table.header
    mixed = find_mixed(Table(Sheet("A", opener, delimiter=delimiter), table.header, (), 0, iter(())), table.header)
    return {table.header.names[index]: kinds for index, kinds in mixed.items()}


@given(st.lists(st.lists(cells, max_size=6), max_size=8))
def test_a_column_is_mixed_where_its_cells_differ_in_kind(rows: list[list[Cell]]) -> None:
    expected = {}
    for at, name in enumerate(NAMES[2:], start=2):
        kinds = {KINDS[type(row[at])] for row in rows if at < len(row) and not is_empty(row[at])}
        if len(kinds) > 1:
            expected[name] = " and ".join(sorted(kinds))
    opener = Opener(*rows)
    assert find(opener) == expected
    assert opener.opened == 1


def test_the_names_of_the_columns_once_more_are_no_text_among_numbers() -> None:
    assert find(Opener(["q", "a", 2024], NAMES, ["r", "b", 2025])) == {}


def test_the_rows_of_another_table_are_not_looked_at() -> None:
    assert find(Opener(["q", "a", 2024], ["Đáp án", "Câu hỏi", "Loại"], ["b", "r", "x"])) == {}


def test_what_stands_above_damage_counts() -> None:
    assert find(Opener(["q", "a", 1], ["q", "a", "x"], broken=True)) == {"Năm": "numbers and text"}


def test_a_survey_that_finds_nothing_spares_the_reading() -> None:
    for found, times in (({2}, 1), (set(), 0), ({0, 1, 7}, 0), (None, 1)):
        opener = Opener(["q", "a", 1], ["q", "a", "x"])
        asked: list[int] = []

        def survey(row: int, found: set[int] | None = found, asked: list[int] = asked) -> set[int] | None:
            asked.append(row)
            return found

        table = open_table(Sheet("A", Opener(), survey=survey), {})
        assert table.header
        mixed = find_mixed(replace(table, sheet=replace(table.sheet, open=opener)), table.header)
        assert mixed == ({2: "numbers and text"} if times else {})
        assert (opener.opened, asked) == (times, [1])


@given(st.lists(st.lists(cells, max_size=4), max_size=8), st.integers(0, 3))
def test_a_survey_misses_no_column(rows: list[list[Cell]], first: int) -> None:
    session = Session()
    session._book = Book((Head("A", hidden=False, kind=""),), lambda _: Opened(first, lambda: iter([NAMES, *rows])))
    assert {NAMES[at] for at in session.survey(0, "A", 1)["mixed"] if at > 1} >= find(Opener(*rows)).keys()


def test_a_csv_file_is_not_read_for_it() -> None:
    opener = Opener(["q", "a", 1], ["q", "a", "x"])
    assert find(opener, delimiter=",") == {}
    assert opener.opened == 0
