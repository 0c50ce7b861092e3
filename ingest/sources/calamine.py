"""Workbooks read by calamine: .xlsx .xlsm .xls .xlsb .ods, fast, and dense in memory: a sheet with its blank cells."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from ingest.sources.book import CHART, Book, Head, Opened, PanicError
from ingest.sources.cells import Cell
from ingest.sources.unreadable import AGAIN, PROTECTED, RefusedError, UnreadableError, quote

_UNKNOWN = "Cannot detect file format"  # it tried every format, and kept the reasons to itself


def open_book(content: bytes) -> Book:
    """Open a workbook. Raises UnreadableError."""
    with _translate():
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        heads = tuple(
            Head(
                sheet.name,
                sheet.visible != SheetVisibleEnum.Visible,
                "" if sheet.typ == SheetTypeEnum.WorkSheet else CHART,
            )
            for sheet in workbook.sheets_metadata
        )

    def read(index: int) -> Opened:
        with _translate():
            sheet = workbook.get_sheet_by_index(index)
            first = (sheet.start or (0, 0))[1]
            cells, merged = sheet.height * sheet.width, sheet.merged_cell_ranges or ()
            return Opened(first, lambda: _guard(sheet.iter_rows()), cells, merged)

    return Book(heads, read)


def _guard(rows: Iterator[list[Cell]]) -> Iterator[Sequence[Cell]]:
    with _translate():  # iter_rows keeps the rows above the first filled one and drops the columns left of it
        yield from rows


@contextmanager
def _translate() -> Iterator[None]:
    try:
        yield
    except PasswordError as error:
        raise RefusedError(PROTECTED) from error
    except (GeneratorExit, MemoryError):
        raise
    except Exception as error:
        words = quote(error).replace(_UNKNOWN, "a part of it is damaged or missing")
        raise UnreadableError(f"it could not be read: {words}; {AGAIN}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3 makes this class at run time: there is none to import
            raise
        raise PanicError(f"its content made the reader fail; {AGAIN}") from error
