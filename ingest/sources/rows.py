"""The rows under a header, as documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.model import Document, Ignored, Json, Noted, Skipped
from ingest.sources.cells import Covered, Failed, Linked, Unsaved, is_blank, is_empty, write_json, write_text
from ingest.sources.columns import name_column
from ingest.sources.header import Header
from ingest.sources.merged import fill_merged
from ingest.sources.mixed import find_mixed
from ingest.sources.names import normalise
from ingest.sources.sheet import Row
from ingest.sources.table import Table, name_place

LINK = "source_link"  # what the hyperlink of a row's source is called in its metadata
_RESEMBLES = "if another table begins here, put it on a sheet of its own: it is read as part of the one above"
_UNSAVED = "open the workbook in Excel, save it, and run again"


@dataclass(slots=True)
class _Sheet:
    """A sheet that is being read.

    context: the columns that go into the embedded text too. mixed: those that become text.
    unsaved: how many formulas without a saved value each column has, where they cost no row.
    failed: how many that came out as an error, by column and error.
    """

    origin: str
    table: Table
    header: Header
    context: Sequence[int]
    mixed: Mapping[int, str] = field(default_factory=dict)
    unsaved: Counter[str] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)

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
    sheet = _Sheet(origin, table, header, find_context(header, context), find_mixed(table, header))
    for index, kinds in sheet.mixed.items():
        yield Noted(origin, sheet.where, f'column "{sheet.name(index)}" holds {kinds}: kept as text in every row')
    blank = gaps = filled = 0
    alone = True  # nothing was read from the row above
    for row in fill_merged(table.rows, header, sheet.context):
        if not row.cells or all(map(is_empty, row.cells)):
            blank, alone = blank + 1, True
            continue
        if header.is_another(row.cells, below_blank=blank > gaps):  # its texts would be in each other's roles
            place = name_place(table.sheet, row)
            yield Skipped(origin, place, "another table begins here; put it on a sheet of its own")
            break
        if alone and filled and header.resembles(row.cells):
            yield Noted(origin, name_place(table.sheet, row), _RESEMBLES)
        gaps, filled = blank, filled + 1  # blank rows below the last filled one are no gaps
        item = _read_row(sheet, row)
        alone = not isinstance(item, Document)
        yield item
    if not filled:
        yield Ignored(origin, sheet.where, "no row under the header")
    elif gaps:
        yield Ignored(origin, sheet.where, f"{gaps} blank row{'s' if gaps > 1 else ''}")
    for name, count in sheet.unsaved.items():
        formulas = f"{count} formulas" if count > 1 else "a formula"
        yield Noted(origin, sheet.where, f'{formulas} in column "{name}" without a saved value; {_UNSAVED}')
    for (name, error), count in sheet.failed.items():
        cells = f"{count} cells" if count > 1 else "a cell"
        yield Noted(origin, sheet.where, f'{cells} in column "{name}" with {error}: read as blank')


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
            return _explain_gap(sheet, row, header.columns[role])
    for index, cell in enumerate(row.cells):
        if isinstance(cell, Unsaved):
            sheet.unsaved[sheet.name(index)] += 1
        elif isinstance(cell, Failed):
            sheet.failed[sheet.name(index), cell.error] += 1
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


def _explain_gap(sheet: _Sheet, row: Row, at: int) -> Skipped | Ignored:
    """Say why there is nothing in a column without which a row is no document."""
    origin, place, name = sheet.origin, name_place(sheet.table.sheet, row), sheet.header.names[at]
    match row.cells[at] if at < len(row.cells) else "":
        case Unsaved():
            return Skipped(origin, place, f'the formula in column "{name}" has no saved value; {_UNSAVED}')
        case Failed() as cell:
            return Ignored(origin, place, f'nothing in column "{name}" but {cell.error}')
        case Covered():
            reason = f'nothing in column "{name}" of its own, only what the row above says: they are merged'
            return Ignored(origin, place, reason)
        case _:
            return Ignored(origin, place, f'nothing in column "{name}"')


def _read_metadata(sheet: _Sheet, row: Row) -> Mapping[str, Json]:
    metadata: dict[str, Json] = {}
    roles = sheet.header.columns
    source = roles.get("source")
    if source is not None and source < len(row.cells) and isinstance(cell := row.cells[source], Linked):
        metadata[LINK] = cell.url
    for index, cell in enumerate(row.cells):
        if index in roles.values():
            continue
        value = (write_text(cell) or None) if index in sheet.mixed else write_json(cell)
        if value is not None:
            metadata[sheet.name(index)] = value
    return metadata
