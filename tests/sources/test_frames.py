from datetime import date, datetime, time, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.cells import Cell, Covered, Linked, Unsaved
from ingest.sources.frames import pack, pack_rows, receive, send, unpack, unpack_cells

cells: st.SearchStrategy[Cell] = st.one_of(
    st.text(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53),
    st.dates(),
    st.datetimes().map(lambda each: each.replace(fold=0)),
    st.times().map(lambda each: each.replace(fold=0)),
    st.timedeltas(timedelta(days=-9999), timedelta(days=9999)).map(
        lambda each: timedelta(seconds=each // timedelta(seconds=1))
    ),
)


def trim(row: list[Cell]) -> list[Cell]:
    while row and row[-1] == "" and isinstance(row[-1], str):
        row = row[:-1]
    return row


@given(st.lists(st.lists(cells, max_size=5), max_size=8))
def test_rows_come_back_with_their_types_and_places(rows: list[list[Cell]]) -> None:
    places: dict[int, list[Cell]] = {}
    behind = 0
    for count, packed in pack_rows(rows):
        row = unpack(packed)
        if isinstance(row, int):
            assert row == count
        else:
            places[behind] = unpack_cells(row)
        behind += count
    assert behind <= len(rows)
    filled = {place: trim(row) for place, row in enumerate(rows) if trim(row)}
    assert {place: list(map(repr, row)) for place, row in places.items()} == {
        place: list(map(repr, row)) for place, row in filled.items()
    }


def test_what_json_lacks_is_a_blank_cell() -> None:
    assert unpack_cells(unpack(pack([float("nan"), float("-inf"), 1.0]))) == ["", "", 1.0]


def test_what_no_cell_holds_is_refused() -> None:
    with pytest.raises(TypeError):
        pack([object()])


def test_kinds_of_time_are_told_apart() -> None:
    row: list[Cell] = [datetime(2024, 1, 2), date(2024, 1, 2), time(3, 4), timedelta(hours=36)]  # noqa: DTZ001 - cells have no zone
    assert [type(cell) for cell in unpack_cells(unpack(pack(row)))] == [datetime, date, time, timedelta]


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(0, 300))
def test_messages_arrive_whole_or_not_at_all(messages: list[bytes], cut: int) -> None:
    stream = BytesIO()
    for message in messages:
        send(stream, message)
    whole = BytesIO(stream.getvalue()[:cut])
    received = []
    while (arrived := receive(whole)) is not None:
        received.append(arrived)
    assert received == messages[: len(received)]
    assert len(received) == len(messages) or sum(len(each) + 8 for each in messages[: len(received) + 1]) > cut


def test_marks_of_cells_come_back_and_are_not_left_out_at_the_end_of_a_row() -> None:
    [(_, packed)] = pack_rows([["a", Linked("Luật", url="https://a.vn"), Unsaved(), Covered()]])
    cells = unpack_cells(unpack(packed))
    assert cells == ["a", "Luật", "", ""]
    assert [type(cell) for cell in cells] == [str, Linked, Unsaved, Covered]
    assert isinstance(linked := cells[1], Linked)
    assert linked.url == "https://a.vn"
