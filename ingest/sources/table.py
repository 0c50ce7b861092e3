"""An opened sheet, and its header."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ingest.model import Columns
from ingest.sources.columns import SEARCHED, find_header, list_names
from ingest.sources.header import Header
from ingest.sources.mapping import Named
from ingest.sources.sheet import Row, Sheet


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose header was looked for.

    header: None where none was recognised; `names` is then what may be the names of the columns.
    first: the column, counted from 0, in which the cells of all rows begin.
    rows: those under the header, or all.
    row: the number of the header's, the lower one of a header of two; None where there is no header.
    """

    sheet: Sheet
    header: Header | None
    names: tuple[str, ...]
    first: int
    rows: Iterator[Row]
    row: int | None = None


def open_table(sheet: Sheet, mapping: Named) -> Table:
    """Open a sheet and look for its header; see `columns.find_header`. Raises UnreadableError."""
    first, rows = sheet.open()
    top = list(islice(rows, SEARCHED))
    cells = [row.cells for row in top]
    header = find_header(cells, first, mapping)
    if not header:
        return Table(sheet, None, list_names(cells), first, chain(top, rows))
    below = chain(top[header.place + 1 :], rows)
    return Table(sheet, header, header.names, first, below, top[header.place].number)


def list_columns(origin: str, tables: Sequence[Table], unknown: str) -> Columns:
    """List the columns of the sheets of a file. unknown: what is to be said of names that are nowhere."""
    headers = {table.sheet.name: table.header for table in tables}
    return Columns(
        origin,
        {sheet: header.name_roles() if header else {} for sheet, header in headers.items()},
        {table.sheet.name: table.names for table in tables},
        {table.sheet.name: table.row for table in tables if table.row is not None},
        {sheet: header.told for sheet, header in headers.items() if header and header.told},
        unknown,
    )


def name_place(sheet: Sheet, row: Row | None = None) -> str:
    """Name a sheet or one of its rows as a person finds it; "" for the one sheet of a CSV file."""
    parts = [f"sheet {sheet.name}"] if sheet.name else []
    return ", ".join(parts + ([f"row {row.number}"] if row else []))
