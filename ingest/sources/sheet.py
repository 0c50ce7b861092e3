"""A sheet as every reader gives it, whatever the format of the file."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from ingest.sources.cells import Cell
from ingest.sources.decoding import Note


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells; `number` is the one that a person sees beside it, from 1."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet, not read yet.

    name: "" for the one of a CSV file.
    open: the column, counted from 0, in which the cells of all rows begin, and the rows from the top, blank ones
        included; those below the last filled one, and blank cells at the end of a row, may be left out. Raises
        UnreadableError, as the iterator does.
    survey: from so many rows below the top, the columns that may hold numbers in one row and text in another; None
        where that is not known.
    hidden: a person who opens the workbook doesn't see it.
    kind: what it is if it is no worksheet, "a chart or macro sheet"; else "".
    delimiter: what separates the cells of a CSV file, where a stray one makes a row too wide; "" elsewhere.
    notes: where and how its bytes were read otherwise than they stand there.
    """

    name: str
    open: Callable[[], tuple[int, Iterator[Row]]]
    hidden: bool = False
    kind: str = ""
    delimiter: str = ""
    notes: Sequence[Note] = ()
    survey: Callable[[int], Collection[int] | None] | None = None
