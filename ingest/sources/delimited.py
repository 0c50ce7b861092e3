"""The bytes of a CSV or TSV file to its one sheet."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice

from ingest.sources.cells import is_blank
from ingest.sources.columns import SEARCHED, find_header
from ingest.sources.pieces import Pieces, open_pieces
from ingest.sources.sheet import Row, Sheet
from ingest.sources.unreadable import UnreadableError

_ONE_COLUMN = "\x1f"  # which no text holds: a comma in the texts of such a file separates nothing
_DELIMITERS = (_ONE_COLUMN, ",", ";", "\t", "|")
_DECLARED = re.compile(r'\A"?sep=([,;:|^~\t])"?\n', re.IGNORECASE)  # the line by which Excel is told


@dataclass(frozen=True, slots=True)
class _Form:
    """How a file is written.

    spaced: a quote counts behind blanks too, as in `q, "a, b"`. start: characters of the line that says how, which
    is left out.
    """

    delimiter: str
    spaced: bool = True
    start: int = 0


def list_sheets(content: bytes, mapping: Mapping[str, str], encoding: str = "") -> list[Sheet]:
    """Give the one sheet of a CSV file. Raises UnreadableError where it can't be decoded or a quote is never closed.

    encoding: what it is in, "" to find out.
    The delimiter is the one under which the header shows the most roles, and of those the most columns.
    """
    text = open_pieces(content, encoding)
    if declared := _DECLARED.match(next(text.read(), "")):
        form = _Form(declared.group(1), start=declared.end())
    else:
        form = max(map(_Form, _DELIMITERS), key=lambda each: _judge(text, each, mapping))
    form = _choose_spacing(text, form)
    return [Sheet("", lambda: (0, _read_rows(text, form)), delimiter=form.delimiter, notes=text.notes)]


def _judge(text: Pieces, form: _Form, mapping: Mapping[str, str]) -> tuple[int, int]:
    rows: list[Row] = []
    with suppress(UnreadableError):  # the rows before it may show the header; if this delimiter wins, it is met again
        rows.extend(islice(_read_rows(text, form), SEARCHED))
    header = find_header([row.cells for row in rows], 0, mapping)
    if header:
        return len(header.columns), len(header.names)
    return 0, max((sum(not is_blank(cell) for cell in row.cells) for row in rows), default=0)


def _choose_spacing(text: Pieces, form: _Form) -> _Form:
    """Choose whether a quote counts behind blanks: where all of the file is valid so, and no more rows are ragged.

    All of it is read for that, and anyway: a quote that is never closed is known at the end only, and may have
    swallowed rows long before. Raises UnreadableError.
    """
    tight = replace(form, spaced=False)
    quoted = re.compile(f'{re.escape(form.delimiter)} +"')
    if any(quoted.search(piece) for piece in text.read()):
        with suppress(UnreadableError):
            ragged = _count_ragged(text, form)
            with suppress(UnreadableError):
                return form if ragged <= _count_ragged(text, tight) else tight
            return form
    _count_ragged(text, tight)
    return tight


def _count_ragged(text: Pieces, form: _Form) -> int:
    """Count the rows that have not as many cells as most have. Raises UnreadableError."""
    widths = Counter(len(row.cells) for row in _read_rows(text, form))
    return widths.total() - max(widths.values(), default=0)


def _read_rows(text: Pieces, form: _Form) -> Iterator[Row]:
    """Read records; the number of one is that of the line that it begins in."""
    above = 1 if form.start else 0
    records = csv.reader(
        _list_lines(text, form.start), delimiter=form.delimiter, skipinitialspace=form.spaced, strict=True
    )
    while True:
        number = above + records.line_num + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(_explain(error, number)) from error
        yield Row(number, cells)


def _list_lines(text: Pieces, start: int) -> Iterator[str]:
    for piece in text.read():
        yield from StringIO(piece[start:], newline="\n")
        start = 0


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
