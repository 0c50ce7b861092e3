"""Rows of a delimited file that are too short: what a line break in a text without quotes leaves of one."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.sources.columns import name_column
from ingest.sources.header import Header
from ingest.sources.sheet import Row


@dataclass(frozen=True, slots=True)
class Torn(Row):
    """A row that may be a part of one, so that its texts may be in each other's roles."""


def find_width(header: Header, first: int) -> int:
    """Count the cells of a row up to the last column that has a name."""
    named = [at for at, name in enumerate(header.names) if name != name_column(first + at)]
    return 1 + max([*named, *header.columns.values()])


def mark_torn(rows: Iterator[Row], header: Header, width: int) -> Iterator[Row]:
    """Make those rows Torn that have less than `width` cells and are no rows of which only the end is blank.

    One is where it ends before its question or its text; or where one beside it is short too, and either ends before a
    column with a role. Rows of nothing between them count as none: a text may hold an empty line.
    """
    above: Row | None = None
    row: Row | None = None
    blank: list[Row] = []
    for below in rows:
        if not below.cells:
            blank.append(below)
            continue
        if row:
            yield _mark(row, [above, below], header, width)
        yield from blank
        blank.clear()
        above, row = row, below
    if row:
        yield _mark(row, [above], header, width)
    yield from blank


def _mark(row: Row, beside: list[Row | None], header: Header, width: int) -> Row:
    if len(row.cells) >= width:
        return row
    roles = header.columns
    last = max(roles.values())
    part = len(row.cells) <= max(roles["page_content"], roles.get("question", 0))
    short = [len(other.cells) for other in beside if other and len(other.cells) < width]
    torn = part or (short and min(len(row.cells), *short) <= last)
    return Torn(row.number, row.cells) if torn else row
