"""The bytes of a CSV or TSV file to its one sheet."""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice

from ingest.sources.cells import is_blank
from ingest.sources.columns import SEARCHED, find_header
from ingest.sources.decoding import examine
from ingest.sources.sheet import Row, Sheet
from ingest.sources.unreadable import UnreadableError

_ONE_COLUMN = "\x1f"  # which no text holds: a comma in the texts of such a file separates nothing
_DELIMITERS = (_ONE_COLUMN, ",", ";", "\t", "|")
_DECLARED = re.compile(r'\A"?sep=([,;:|^~\t])"?\n', re.IGNORECASE)  # the line by which Excel is told
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def list_sheets(content: bytes, mapping: Mapping[str, str], encoding: str = "") -> list[Sheet]:
    """Give the one sheet of a CSV file. Raises UnreadableError where it can't be decoded or a quote is never closed.

    encoding: what it is in, "" to find out.
    The delimiter is the one under which the header shows the most roles, and of those the most columns.
    """
    decoded = examine(content, encoding)
    text, above = decoded.text, 0
    if declared := _DECLARED.match(text):
        text, above, delimiter = text[declared.end() :], 1, declared.group(1)
    else:
        delimiter = max(_DELIMITERS, key=lambda each: _judge(text, each, mapping))
    for _ in _read_rows(text, delimiter, above):
        pass  # a quote that is never closed is known at the end only, and may have swallowed rows long before
    return [Sheet("", lambda: (0, _read_rows(text, delimiter, above)), delimiter=delimiter, notes=decoded.notes)]


def _judge(text: str, delimiter: str, mapping: Mapping[str, str]) -> tuple[int, int]:
    rows: list[Row] = []
    with suppress(UnreadableError):  # the rows before it may show the header; if this delimiter wins, it is met again
        rows.extend(islice(_read_rows(text, delimiter, 0), SEARCHED))
    header = find_header([row.cells for row in rows], 0, mapping)
    if header:
        return len(header.columns), len(header.names)
    return 0, max((sum(not is_blank(cell) for cell in row.cells) for row in rows), default=0)


def _read_rows(text: str, delimiter: str, above: int) -> Iterator[Row]:
    """Read records; the number of one is that of the line that it begins in, of which `above` were left out."""
    records = csv.reader((line.group() for line in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    while True:
        number = above + records.line_num + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(_explain(error, number)) from error
        yield Row(number, cells)


def _explain(error: csv.Error, number: int) -> str:
    if "unexpected end of data" in str(error):
        return f"the quote that opens in row {number} is never closed; close it, or double it if it belongs to the text"
    if "field limit" in str(error):
        return (
            f"a cell in row {number} has more than {csv.field_size_limit():,} characters, as if a quote were never "
            f"closed; close it, or split the text"
        )
    said = str(error).replace(f"'{_ONE_COLUMN}'", "end of row")
    return f"row {number} is no valid CSV ({said}); a quote inside a quoted cell must be doubled"
