"""Markdown tables (GitHub Flavored Markdown 0.29, section 4.10): where they are, and their header rows."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_DELIMITER = re.compile(r"\n[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*(?=\n|\Z)")
_ROWS = re.compile(r"(?:\n(?=[^\n]*\|)[^\n]++)++")


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    start: where its header row begins.
    rows, first_end: where its first row behind the delimiter row begins and ends.
    end: where it ends.
    header: the header row.
    """

    start: int
    rows: int
    first_end: int
    end: int
    header: str


def find_tables(text: str, start: int, end: int) -> Sequence[Table]:
    """List the tables of a stretch of text, in order."""
    tables: list[Table] = []
    if text.find("|", start, end) < 0:
        return tables
    for delimiter in _DELIMITER.finditer(text, start, end):
        begin = text.rfind("\n", start, delimiter.start()) + 1 or start
        header = text[begin : delimiter.start()].strip()
        if "|" not in header or "-" not in header + delimiter.group() or (tables and begin < tables[-1].end):
            continue
        rows = _ROWS.match(text, delimiter.end(), end)
        if rows:
            first = rows.start() + 1
            tables.append(Table(begin, first, first + len(rows.group()[1:].partition("\n")[0]), rows.end(), header))
    return tables


def find_header(tables: Sequence[Table], position: int) -> tuple[str, ...]:
    """Give the header row of the table whose rows go on at a position; of none, nothing."""
    index = bisect_right(tables, position, key=lambda table: table.rows) - 1
    return (tables[index].header,) if index >= 0 and position < tables[index].end else ()
