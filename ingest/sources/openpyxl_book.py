"""Workbooks read by openpyxl, row by row: .xlsx and .xlsm that calamine can't read, or not in the memory there is."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from ingest.sources.book import CHART, Book, Head, Opened
from ingest.sources.cells import Cell
from ingest.sources.unreadable import AGAIN, UnreadableError, quote

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_STRICT = "http://purl.oclc.org/ooxml/"  # ECMA-376-1 Strict, of which openpyxl reads no cell and says no word


def open_book(content: bytes) -> Book:
    """Open a workbook. Raises UnreadableError."""
    with _translate():
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        _refuse_strict(workbook)
        sheets = workbook._sheets  # type: ignore[attr-defined] # noqa: SLF001 - `worksheets` leaves out the chart sheets, which have a place too
        heads = tuple(
            Head(sheet.title, sheet.sheet_state != "visible", "" if sheet in workbook.worksheets else CHART)
            for sheet in sheets
        )

    def read(index: int) -> Opened:
        with _translate():
            sheet = sheets[index]
            sheet.reset_dimensions()  # some programs write A1 whatever there is
            return Opened(0, lambda: _read_rows(sheet))

    return Book(heads, read)


def _refuse_strict(workbook: "Workbook") -> None:
    archive = workbook._archive  # type: ignore[attr-defined] # noqa: SLF001 - open for as long as the workbook is
    if _STRICT in archive.read("xl/workbook.xml").decode("utf-8", "replace"):
        raise UnreadableError("it is a Strict Open XML workbook; save it as an ordinary .xlsx")


def _read_rows(sheet: Any) -> Iterator[Sequence[Cell]]:  # noqa: ANN401 - openpyxl has no name for what it streams
    with _translate():
        for row in sheet.iter_rows():
            yield [_read_cell(cell) for cell in row]


def _read_cell(cell: Any) -> Cell:  # noqa: ANN401 - as above
    value = cell.value
    match value:
        case None:
            return ""
        case str():
            return "" if cell.data_type == "e" else unescape(value).encode("utf-8", "ignore").decode()
        case bool() | date() | time() | timedelta():
            return value
        case int() | float():
            number = float(value)
            return number if math.isfinite(number) else ""
        case _:
            return str(value)


@contextmanager
def _translate() -> Iterator[None]:
    try:
        yield
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # it raises whatever happens to go wrong first
        raise UnreadableError(f"it could not be read: {quote(error)}; {AGAIN}") from error
