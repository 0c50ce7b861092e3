"""Merged cells: what the first of them says holds for every row that they span."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from ingest.sources.cells import Cell, Covered, is_empty
from ingest.sources.header import Header
from ingest.sources.sheet import Row


def fill_merged(rows: Iterator[Row], header: Header, context: Collection[int] = ()) -> Iterator[Row]:
    """Write into merged cells what the first of their range says, and never below the range.

    Filled are the source and the columns of the context; the question of a row that has an answer of its own, and the
    answer of one that has a question of its own. A row of blanks and merged cells stays blank, and a column that only
    describes a row is left as it is.
    """
    roles = header.columns
    pair = [roles[role] for role in ("question", "page_content") if "question" in roles]
    always = [*context, *([roles["source"]] if "source" in roles else [])]
    columns = {*always, *pair}
    held: dict[int, Cell] = {}
    for row in rows:
        if not row.cells:
            held.clear()
            yield row
            continue
        covered = []
        for at in columns:
            cell = row.cells[at] if at < len(row.cells) else ""
            if isinstance(cell, Covered):
                covered.append(at)
            else:
                held[at] = cell
        if covered and not all(map(is_empty, row.cells)):
            own = any(at < len(row.cells) and not is_empty(row.cells[at]) for at in pair)
            filled = {at: held.get(at) or Covered() for at in covered if own or at not in pair}
            yield replace(row, cells=_fill(row.cells, filled))
        else:
            yield row


def _fill(cells: Sequence[Cell], filled: dict[int, Cell]) -> list[Cell]:
    return [filled.get(at, cell) for at, cell in enumerate(cells)]
