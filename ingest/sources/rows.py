"""The rows under a header, as documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from ingest.model import Document, Ignored, Json, Noted, Skipped
from ingest.sources.cells import Cell, Covered, Linked, Unsaved, is_blank, write_json, write_text
from ingest.sources.columns import Header, name_column
from ingest.sources.names import normalise
from ingest.sources.sheet import Row
from ingest.sources.table import Table, name_place
from ingest.sources.unreadable import UnreadableError

LINK = "source_link"  # what the hyperlink of a row's source is called in its metadata
_UNSAVED = "open the workbook in Excel, save it, and run again"


@dataclass(slots=True)
class _Sheet:
    """A sheet that is being read.

    context: the columns that go into the embedded text too. mixed: those that become text.
    unsaved: how many formulas without a saved value each column has, where they cost no row.
    """

    origin: str
    table: Table
    header: Header
    context: Sequence[int]
    mixed: Mapping[int, str] = field(default_factory=dict)
    unsaved: Counter[str] = field(default_factory=Counter)

    @property
    def where(self) -> str:
        return name_place(self.table.sheet)

    def name(self, index: int) -> str:
        """Give the name of a column, be it in the header or not."""
        names = self.header.names
        return names[index] if index < len(names) else name_column(self.table.first + index)


def find_context(header: Header, names: Sequence[str]) -> list[int]:
    """Find the columns of these names; those that the sheet lacks are left out."""
    columns = {normalise(name): index for index, name in enumerate(header.names)}
    return [columns[normalise(name)] for name in names if normalise(name) in columns]


def read_documents(
    origin: str, table: Table, header: Header, context: Sequence[str] = ()
) -> Iterator[Document | Skipped | Ignored | Noted]:
    """Yield what the rows under the header hold, and what is to be said of the sheet as a whole."""
    sheet = _Sheet(origin, table, header, find_context(header, context), _find_mixed(table, header))
    for index, kinds in sheet.mixed.items():
        yield Noted(origin, sheet.where, f'column "{sheet.name(index)}" holds {kinds}: kept as text in every row')
    blank = gaps = filled = 0
    for row in _fill_sources(table.rows, header):
        if all(map(_is_empty, row.cells)):
            blank += 1
            continue
        if header.is_another(row.cells):  # its rows would have their texts in each other's roles
            place = name_place(table.sheet, row)
            yield Skipped(origin, place, "another table begins here; put it on a sheet of its own")
            break
        gaps, filled = blank, filled + 1  # blank rows below the last filled one are no gaps
        yield _read_row(sheet, row)
    if not filled:
        yield Ignored(origin, sheet.where, "no row under the header")
    elif gaps:
        yield Ignored(origin, sheet.where, f"{gaps} blank row{'s' if gaps > 1 else ''}")
    for name, count in sheet.unsaved.items():
        yield Noted(origin, sheet.where, f'{count} formulas in column "{name}" have no saved value; {_UNSAVED}')


def _is_empty(cell: Cell) -> bool:
    return is_blank(cell) and not isinstance(cell, Unsaved)


def _fill_sources(rows: Iterator[Row], header: Header) -> Iterator[Row]:
    """Give each row of a merged source what the first of them says; blank rows stay blank."""
    at = header.columns.get("source")
    held: Cell = ""
    for row in rows:
        if at is None or at >= len(row.cells):
            held = ""
        elif not isinstance(row.cells[at], Covered):
            held = row.cells[at]
        elif not all(map(_is_empty, row.cells)):
            yield replace(row, cells=[*row.cells[:at], held, *row.cells[at + 1 :]])
            continue
        yield row


def _find_mixed(table: Table, header: Header) -> dict[int, str]:
    """Find the columns for metadata that hold numbers in one row and text in another: no filter finds all of them.

    The sheet is read once more for it. All cells of a CSV file are text.
    """
    others = [index for index in range(len(header.names)) if index not in header.columns.values()]
    kinds: dict[int, set[str]] = {index: set() for index in others}
    if not others or table.sheet.delimiter:
        return {}
    with suppress(UnreadableError):  # it is said where the rows are read
        for row in islice(table.sheet.open()[1], header.place + 1, None):
            if header.is_another(row.cells):
                break
            seen = {index: _name_kind(row.cells[index]) for index in others if index < len(row.cells)}
            new = {index: kind for index, kind in seen.items() if kind and kind not in kinds[index]}
            if new and not header.is_repeated(row.cells):
                for index, kind in new.items():
                    kinds[index].add(kind)
    return {index: " and ".join(sorted(found)) for index, found in kinds.items() if len(found) > 1}


def _name_kind(cell: Cell) -> str:
    match cell:
        case bool():
            return "TRUE or FALSE"
        case int() | float():
            return "numbers"
        case str() if is_blank(cell):
            return ""
        case _:
            return "text"


def _read_row(sheet: _Sheet, row: Row) -> Document | Skipped | Ignored:
    origin, header, place = sheet.origin, sheet.header, name_place(sheet.table.sheet, row)
    delimiter, width = sheet.table.sheet.delimiter, len(header.names)
    if delimiter and not all(map(is_blank, row.cells[width:])):
        reason = f"{len(row.cells)} cells under a header of {width}; a text that holds {delimiter!r} must be quoted"
        return Skipped(origin, place, reason)
    if header.is_repeated(row.cells):
        return Ignored(origin, place, "it says the names of the columns again")
    texts = {role: write_text(row.cells[at]) for role, at in header.columns.items() if at < len(row.cells)}
    for role in ("page_content", "question"):
        if role in header.columns and not texts.get(role):
            at = header.columns[role]
            if at < len(row.cells) and isinstance(row.cells[at], Unsaved):
                reason = f'the formula in column "{header.names[at]}" has no saved value; {_UNSAVED}'
                return Skipped(origin, place, reason)
            return Ignored(origin, place, f'nothing in column "{header.names[at]}"')
    sheet.unsaved.update(sheet.name(index) for index, cell in enumerate(row.cells) if isinstance(cell, Unsaved))
    return Document(
        origin=origin,
        text=texts["page_content"],
        question=texts.get("question", ""),
        source=texts.get("source", ""),
        where=place,
        sheet=sheet.table.sheet.name,
        row=row.number,
        metadata=_read_metadata(sheet, row),
        context="; ".join(
            text for index in sheet.context if index < len(row.cells) and (text := write_text(row.cells[index]))
        ),
    )


def _read_metadata(sheet: _Sheet, row: Row) -> Mapping[str, Json]:
    metadata: dict[str, Json] = {}
    roles = sheet.header.columns
    source = roles.get("source")
    if source is not None and source < len(row.cells) and isinstance(cell := row.cells[source], Linked):
        metadata[LINK] = cell.url
    for index, cell in enumerate(row.cells):
        value = (write_text(cell) or None) if index in sheet.mixed else write_json(cell)
        if value is not None and index not in roles.values():
            metadata[sheet.name(index)] = value
    return metadata
