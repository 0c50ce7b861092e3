"""The rows of a sheet of OpenDocument: what its cells hold, and what is merged, linked, unsaved or an error.

Elements and attributes are those of OASIS OpenDocument 1.3 part 3: chapters 6 (white space, links) and 9 (tables). What
repeats is written once with its number, so that a small file may fill every cell there is: no row is kept.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from itertools import repeat
from xml.parsers.expat import ParserCreate

from ingest.sources.cells import Cell, Covered, Failed, Linked, Unsaved, is_empty
from ingest.sources.links import leads_out, read_formula
from ingest.sources.unreadable import UnreadableError

_ROWS, _COLUMNS = 1 << 20, 1 << 14  # of a sheet, in LibreOffice as in Excel
_CELLS = ("table:table-cell", "table:covered-table-cell")
_PARAGRAPHS = ("text:p", "text:h")
_BESIDE = ("office:annotation", "office:forms", "table:shapes", "text:note", "text:ruby-text")  # no text of the cell
_SPACE, _TAB, _BREAK = "\0", "\1", "\2"  # as no XML may have them: what is written as an element is kept
_WRITTEN = str.maketrans({_SPACE: " ", _TAB: "\t", _BREAK: "\n"})
_COLLAPSED = re.compile(r"[ \t\r\n]+")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_ERROR = re.compile(r"#(?:N/[A-Z]{1,3}|[A-Z0-9/]{2,20}[!?])|Err:\d{3}")  # of programs that do not tell it from a text
_SPACES = 1000  # in one element
_REPEATED, _PER_CELL = 1 << 18, 16  # filled cells of a sheet that are only a number in the file, and more for each cell


def read_rows(chunks: Iterable[bytes]) -> Iterator[Sequence[Cell]]:
    """Read the XML of one `table:table`, in pieces; blank rows at its end, mostly a million, are left out.

    Raises ExpatError and ValueError for what is none.
    """
    blank = 0
    table = _Table()
    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = table.start, table.end
    parser.CharacterDataHandler = table.write
    for chunk in chunks:
        parser.Parse(chunk, False)  # noqa: FBT003 - it takes no name
        for cells, count in table.rows:
            if not cells:
                blank += count
                continue
            yield from repeat((), blank)
            yield from repeat(cells, count)
            blank = 0
        table.rows.clear()


class _Table:
    """What is known at a place of the XML. `rows`: those that are complete, with the number of their repetitions."""

    def __init__(self) -> None:
        self.rows: list[tuple[list[Cell], int]] = []
        self._row = 0
        self._repeated = 1
        self._written = self._filled = 0  # cells in the file, and filled ones that are only a number there
        self._cells: list[Cell] = []
        self._gap = 0  # blank cells that are none unless a filled one follows
        self._covering: dict[int, int] = {}  # column → last row of the range that begins in it
        self._cell: Mapping[str, str] | None = None
        self._paragraphs: list[list[str]] = []
        self._writing = False
        self._link = ""
        self._depth = self._beside = 0  # elements that are open, and the one among them whose text is not the cell's

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._beside:
            return
        if name in _BESIDE or name.startswith("draw:") or (name == "table:table" and self._depth > 1):
            self._beside = self._depth
        elif name == "table:table-row":
            self._repeated = _read_number(attributes, "table:number-rows-repeated")
        elif name in _CELLS:
            self._cell, self._paragraphs, self._link = attributes, [], ""
        elif name in _PARAGRAPHS and self._cell is not None:
            self._paragraphs.append([])
            self._writing = True
        elif self._writing:
            self._write_element(name, attributes)

    def write(self, text: str) -> None:
        if self._writing and not self._beside:
            self._paragraphs[-1].append(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._beside:
            self._beside *= self._depth >= self._beside
        elif name in _PARAGRAPHS:
            self._writing = False
        elif name in _CELLS and self._cell is not None:
            self._end_cell(self._cell, covered=name != _CELLS[0])
            self._cell = None
        elif name == "table:table-row":
            count = min(self._repeated, _ROWS - self._row)
            if count > 1:
                self._count_repeated((count - 1) * sum(not is_empty(cell) for cell in self._cells))
            self.rows.append((self._cells, count))
            self._row += count
            self._cells, self._gap = [], 0

    def _write_element(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "text:s":
            self._paragraphs[-1].append(_SPACE * min(int(attributes.get("text:c", 1)), _SPACES))
        elif name == "text:tab":
            self._paragraphs[-1].append(_TAB)
        elif name == "text:line-break":
            self._paragraphs[-1].append(_BREAK)
        elif name == "text:a":
            self._link = self._link or attributes.get("xlink:href", "")

    def _end_cell(self, attributes: Mapping[str, str], *, covered: bool) -> None:
        value = _read_cell(attributes, "\n".join(map(_join, self._paragraphs)), self._link)
        count = _read_number(attributes, "table:number-columns-repeated")
        column = len(self._cells) + self._gap
        self._written += 1
        if (spanned := _read_number(attributes, "table:number-rows-spanned")) > 1:
            self._covering[column] = self._row + spanned - 1
        if covered and value == "":
            for at in sorted(self._covering):
                if column <= at < column + count and self._covering[at] >= self._row + self._repeated - 1:
                    self._add("", at - len(self._cells) - self._gap)
                    self._add(Covered(), 1)
            self._add("", column + count - len(self._cells) - self._gap)
        else:
            self._add(value, count)

    def _add(self, value: Cell, count: int) -> None:
        if value.__class__ is str and not value:
            self._gap += count
            return
        if len(self._cells) + self._gap + count > _COLUMNS:
            raise UnreadableError(
                f"row {self._row + 1} has more than {_COLUMNS:,} cells; delete those beyond your table"
            )
        self._count_repeated(count - 1)
        self._cells += [""] * self._gap + [value] * count
        self._gap = 0

    def _count_repeated(self, cells: int) -> None:
        self._filled += cells
        if self._filled > _REPEATED + _PER_CELL * self._written:
            raise UnreadableError(
                f"up to row {self._row + 1} {self._filled:,} cells only repeat others; delete those beyond your table"
            )


def _join(runs: Sequence[str]) -> str:
    return _COLLAPSED.sub(" ", "".join(runs)).strip(" ").translate(_WRITTEN)


def _read_number(attributes: Mapping[str, str], name: str) -> int:
    """Read how often something repeats or how far it goes, once where nothing is said; none is no number for it."""
    if (number := int(attributes.get(name, 1))) < 1:
        raise ValueError(f'{name}="{number}"')
    return number


def _read_cell(attributes: Mapping[str, str], shown: str, link: str) -> Cell:
    """Give what a cell holds; `shown` is the text that its program wrote for it."""
    formula, kind = attributes.get("table:formula", ""), attributes.get("office:value-type", "")
    if attributes.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(shown)):
        return Failed(error=shown or "an error")
    if kind in _KINDS:
        attribute, read = _KINDS[kind]
        with suppress(ValueError):  # what can't be read as what it says it is, is what it shows
            return read(attributes.get(attribute, ""))
    text = shown or attributes.get("office:string-value", "")
    if formula and not kind and not text:
        return Unsaved()
    called = read_formula(formula) if formula else None
    url = link if leads_out(link) else ""
    return Linked(text, url=url or (called.url if called else "")) if text and (url or called) else text


def _read_duration(text: str) -> time | timedelta:
    """Give a time of the day, or what is longer than one."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(text)
    days, hours, minutes, seconds = (float(each or 0) for each in found.groups()[1:])
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found[1]:
        return -duration
    day = datetime(1, 1, 1)  # noqa: DTZ001 - what a cell holds has no zone
    return (day + duration).time() if duration < timedelta(days=1) else duration


_KINDS: Mapping[str, tuple[str, Callable[[str], Cell]]] = {
    "float": ("office:value", float),
    "percentage": ("office:value", float),
    "currency": ("office:value", float),
    "boolean": ("office:boolean-value", "true".__eq__),
    "date": ("office:date-value", datetime.fromisoformat),
    "time": ("office:time-value", _read_duration),
}
