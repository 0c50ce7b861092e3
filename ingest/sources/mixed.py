"""Columns that hold numbers in one row and text in another."""

from contextlib import suppress
from itertools import islice

from ingest.sources.cells import is_blank, is_empty, name_kind
from ingest.sources.header import Header
from ingest.sources.table import Table
from ingest.sources.unreadable import UnreadableError


def find_mixed(table: Table, header: Header) -> dict[int, str]:
    """Find the columns for metadata that hold numbers in one row and text in another: no filter finds all of them.

    The sheet is read once more for it where a survey, which knows nothing of tables, doesn't rule that out. All cells
    of a CSV file are text.
    """
    kinds = {index: set[str]() for index in range(len(header.names)) if index not in header.columns.values()}
    if table.sheet.survey and table.row and (doubtful := table.sheet.survey(table.row)) is not None:
        kinds = {index: found for index, found in kinds.items() if index in doubtful}
    if not kinds or table.sheet.delimiter:
        return {}
    blank = False
    with suppress(UnreadableError):  # it is said where the rows are read
        for row in islice(table.sheet.open()[1], header.place + 1, None):
            above, blank = blank, not row.cells or all(map(is_empty, row.cells))
            if blank:
                continue
            if header.is_another(row.cells, below_blank=above):
                break
            filled = ((at, cell) for at, cell in enumerate(row.cells) if at in kinds and not is_blank(cell))
            seen = {index: name_kind(type(cell)) for index, cell in filled}
            new = {index: kind for index, kind in seen.items() if kind not in kinds[index]}
            if new and not header.is_repeated(row.cells):
                for index, kind in new.items():
                    kinds[index].add(kind)
    return {index: " and ".join(sorted(found)) for index, found in kinds.items() if len(found) > 1}
