"""The bytes of a CSV or TSV file to its one sheet."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice

from ingest.sources.cells import Failed, is_blank
from ingest.sources.columns import SEARCHED, find_header
from ingest.sources.mapping import Named
from ingest.sources.pieces import Pieces, open_pieces
from ingest.sources.sheet import Row, Sheet
from ingest.sources.unreadable import UnreadableError

_ONE_COLUMN = "\x1f"  # which no text holds: a comma in the texts of such a file separates nothing
_DELIMITERS = (_ONE_COLUMN, ",", ";", "\t", "|")
_DECLARED = re.compile(r'\A"?sep=([,;:|^~\t])"?\n', re.IGNORECASE)  # the line by which Excel is told

# What spreadsheets write for a formula that came out as an error, and for a number that is wider than its column.
_ERROR = re.compile(
    "#(?:N/A|(?:REF|VALUE|DIV/0|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN|BUSY|EXTERNAL|PYTHON)!|NAME\\?"
    "|GETTING_DATA)|#{3,}|Err:\\d{3}"
)
_CLOSING = re.compile(r'(?:[^"]|"")*+"( *)')  # the rest of a cell from within its quotes on


@dataclass(frozen=True, slots=True)
class _Form:
    """How a file is written.

    spaced: a quote counts behind blanks too, as in `q, "a, b"`. padded: blanks behind a closing quote are none of the
    cell, as in `"a" , b`. start: characters of the line that says how, which is left out.
    """

    delimiter: str
    spaced: bool = True
    padded: bool = False
    start: int = 0


def list_sheets(content: bytes, mapping: Named, encoding: str = "") -> list[Sheet]:
    """Give the one sheet of a CSV file. Raises UnreadableError where it can't be decoded or a quote is never closed.

    encoding: what it is in, "" to find out.
    The delimiter is the one under which the header shows the most roles, and of those the most columns.
    """
    text = open_pieces(content, encoding)
    try:
        form = _choose_form(text, mapping, padded=False)
    except UnreadableError as error:
        try:
            form = _choose_form(text, mapping, padded=True)
        except UnreadableError:
            raise error from None
    return [Sheet("", lambda: (0, _read_rows(text, form)), delimiter=form.delimiter, notes=text.notes)]


def _choose_form(text: Pieces, mapping: Named, *, padded: bool) -> _Form:
    """Choose how a file is written. Raises UnreadableError where all of it can't be read so."""
    if declared := _DECLARED.match(next(text.read(), "")):
        form = _Form(declared.group(1), padded=padded, start=declared.end())
    else:
        forms = [_Form(delimiter, padded=padded) for delimiter in _DELIMITERS]
        form = max(forms, key=lambda each: _judge(text, each, mapping))
    return _choose_spacing(text, form)


def _judge(text: Pieces, form: _Form, mapping: Named) -> tuple[int, int]:
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
    lines = _list_lines(text, form.start)
    lines = _close_up(lines, form) if form.padded else lines
    records = csv.reader(lines, delimiter=form.delimiter, skipinitialspace=form.spaced, strict=True)
    while True:
        number = above + records.line_num + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(_explain(error, number)) from error
        yield Row(number, [_read_error(cell) if "#" in cell or "Err:" in cell else cell for cell in cells])


def _read_error(cell: str) -> str:
    """Give a cell as what it is where all that it says is the error that a formula came out as."""
    return Failed(error=said) if _ERROR.fullmatch(said := cell.strip()) else cell


def _list_lines(text: Pieces, start: int) -> Iterator[str]:
    for piece in text.read():
        yield from StringIO(piece[start:], newline="\n")
        start = 0


def _close_up(lines: Iterator[str], form: _Form) -> Iterator[str]:
    """Leave out blanks between a closing quote and the end of its cell."""
    opening = re.compile(rf'(?:\A|{re.escape(form.delimiter)}){" *" if form.spaced else ""}"')
    inside = False
    for line in lines:
        kept, at = "", 0
        while True:
            begun = at
            if not inside:
                if not (found := opening.search(line, at)):
                    break
                at = found.end()
            closing = _CLOSING.match(line, at)
            inside = not closing
            if not closing:  # it goes on in the next line
                at = begun
                break
            at = closing.end()
            ends = line[at : at + 1] in ("", "\n", form.delimiter)
            kept += line[begun : closing.start(1) if ends else at]
        yield kept + line[at:]


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
