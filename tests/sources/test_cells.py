import json
import math
import sys
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Json
from ingest.sources.cells import Cell, is_blank, write_json, write_letters, write_text

cells: st.SearchStrategy[Cell] = st.one_of(
    st.text(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@given(cells)
def test_every_cell_is_text_and_valid_json(cell: Cell) -> None:
    text, value = write_text(cell), write_json(cell)
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert text == text.strip()
    assert "\r" not in text
    assert is_blank(cell) == (text == "")
    assert (value is None) == (text == "")


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_read_the_same_from_every_format(number: int) -> None:
    assert write_text(float(number)) == write_text(number) == str(number)
    assert write_json(float(number)) == number
    assert isinstance(write_json(float(number)), int)


@pytest.mark.parametrize(
    ("cell", "text", "value"),
    [
        (2024.0, "2024", 2024),
        (-0.0, "0", 0),
        (0.1 + 0.2, "0.3", 0.3),
        (1e20, "100000000000000000000", 1e20),
        (-12345678901234567890.0, "-12345678901234600000", -1.23456789012346e19),
        (1.5e300, "1.5e+300", 1.5e300),
        (sys.float_info.max, "1.7976931348623157e+308", sys.float_info.max),
        (2**53 + 1, "9007199254740993", 2**53 + 1),
        (math.nan, "", None),
        (math.inf, "", None),
        (True, "TRUE", True),
        (False, "FALSE", False),
        ("007", "007", "007"),
        ("N/A", "N/A", "N/A"),
        (date(2024, 1, 2), "2024-01-02", "2024-01-02"),
        (datetime(2024, 1, 2), "2024-01-02", "2024-01-02"),  # noqa: DTZ001 - a cell has no zone
        (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05", "2024-01-02T03:04:05"),  # noqa: DTZ001 - as above
        (time(3, 4), "03:04:00", "03:04:00"),
        (timedelta(hours=36, seconds=5), "36:00:05", "36:00:05"),
        (timedelta(minutes=-90), "-1:30:00", "-1:30:00"),
        ("  \u00a0A\u00a0 B\u200b\ufeff ", "A  B", "A  B"),
        ("nghỉ\u00a0phép so\u00adft", "nghỉ phép soft", "nghỉ phép soft"),
        ("Ðiều 5", "Điều 5", "Điều 5"),
        ("x" * 50_000, "x" * 50_000, "x" * 50_000),
        ("một\r\nhai\rba", "một\nhai\nba", "một\nhai\nba"),
        ("Đie\u0302\u0300u", "Điều", "Điều"),
        ("a\x07b\x0bc", "ab\nc", "ab\nc"),
        (" \u00a0\u200b\n", "", None),
    ],
)
def test_a_cell_reads_as_a_person_sees_it(cell: Cell, text: str, value: Json) -> None:
    assert write_text(cell) == text
    assert write_json(cell) == value
    assert type(write_json(cell)) is type(value)


@pytest.mark.parametrize(
    ("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_are_named_as_a_spreadsheet_does(column: int, letters: str) -> None:
    assert write_letters(column) == letters


@given(st.integers(-(10**20), 10**20))
def test_a_whole_number_is_written_with_digits_only_and_as_many_as_it_has(number: int) -> None:
    text = write_text(float(number))
    assert text.lstrip("-").isdigit()
    assert math.isclose(int(text), number, rel_tol=1e-14)
    assert len(text) == len(str(int(text)))
