"""An opened sheet: its header, and the rows under it as documents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from ingest.model import Document, Ignored, Json, Skipped
from ingest.sources.cells import is_blank, write_json, write_text
from ingest.sources.columns import SEARCHED, Header, find_header, list_names, name_column
from ingest.sources.sheet import Row, Sheet


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose header was looked for.

    header: None where none was recognised; `names` is then what may be the names of the columns.
    first: the column, counted from 0, in which the cells of all rows begin.
    rows: those under the header, or all.
    """

    sheet: Sheet
    header: Header | None
    names: tuple[str, ...]
    first: int
    rows: Iterator[Row]


def open_table(sheet: Sheet, mapping: Mapping[str, str]) -> Table:
    """Open a sheet and look for its header; see `columns.find_header`. Raises UnreadableError."""
    first, rows = sheet.open()
    top = list(islice(rows, SEARCHED))
    cells = [row.cells for row in top]
    header = find_header(cells, first, mapping)
    below = top[header.place + 1 :] if header else top
    return Table(sheet, header, header.names if header else list_names(cells), first, chain(below, rows))


def read_documents(origin: str, table: Table, header: Header) -> Iterator[Document | Skipped | Ignored]:
    """Yield what the rows under the header hold, and then what is to be said of the sheet as a whole."""
    blank = gaps = filled = 0
    for row in table.rows:
        if all(map(is_blank, row.cells)):
            blank += 1
            continue
        gaps, filled = blank, filled + 1  # blank rows below the last filled one are no gaps
        yield _read_document(origin, table, header, row)
    if not filled:
        yield Ignored(origin, name_place(table.sheet), "no row under the header")
    elif gaps:
        yield Ignored(origin, name_place(table.sheet), f"{gaps} blank row{'s' if gaps > 1 else ''}")


def name_place(sheet: Sheet, row: Row | None = None) -> str:
    """Name a sheet or one of its rows as a person finds it; "" for the one sheet of a CSV file."""
    parts = [f"sheet {sheet.name}"] if sheet.name else []
    return ", ".join(parts + ([f"row {row.number}"] if row else []))


def _read_document(origin: str, table: Table, header: Header, row: Row) -> Document | Skipped | Ignored:
    place, width, delimiter = name_place(table.sheet, row), len(header.names), table.sheet.delimiter
    if delimiter and not all(map(is_blank, row.cells[width:])):
        reason = f"{len(row.cells)} cells under a header of {width}; a text that holds {delimiter!r} must be quoted"
        return Skipped(origin, place, reason)
    texts = {role: write_text(row.cells[at]) for role, at in header.columns.items() if at < len(row.cells)}
    if not texts.get("page_content"):
        return Ignored(origin, place, f'nothing in column "{header.names[header.columns["page_content"]]}"')
    return Document(
        origin=origin,
        text=texts["page_content"],
        question=texts.get("question", ""),
        source=texts.get("source", ""),
        where=place,
        sheet=table.sheet.name,
        row=row.number,
        metadata=_read_metadata(table, header, row),
    )


def _read_metadata(table: Table, header: Header, row: Row) -> Mapping[str, Json]:
    metadata: dict[str, Json] = {}
    for index, cell in enumerate(row.cells):
        value = write_json(cell)
        if value is not None and index not in header.columns.values():
            name = header.names[index] if index < len(header.names) else name_column(table.first + index)
            metadata[name] = value
    return metadata
