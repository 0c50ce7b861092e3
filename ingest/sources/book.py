"""An open workbook, as each of the libraries that read them gives it. Lives in the child process only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.sources.cells import Cell
from ingest.sources.unreadable import UnreadableError

CHART = "a chart or macro sheet"


class PanicError(UnreadableError):
    """The Rust that calamine is made of panicked: its process should read nothing more."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a sheet before it is read: its name as it is in the file; see `sheet.Sheet`."""

    name: str
    hidden: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A sheet that is being read.

    first: the column, counted from 0, in which the cells of all rows begin.
    rows: gives them from the top, blank ones included, as often as it is asked.
    cells: how many are held in memory. merged: ranges of cells, (row, column) to (row, column), counted from 0, of a
    workbook whose XML does not tell them.
    """

    first: int
    rows: Callable[[], Iterator[Sequence[Cell]]]
    cells: int = 0
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook. `open` takes the place of a sheet in `heads`; it and the rows raise UnreadableError."""

    heads: tuple[Head, ...]
    open: Callable[[int], Opened]
