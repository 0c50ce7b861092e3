"""What is to be said of cells besides their values, and where."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ingest.sources.cells import Cell, Covered, Failed, Linked, Unsaved

Mark: TypeAlias = Covered | Failed | Linked | Unsaved


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be said of cells; rows and columns are counted from 0.

    merged: row → (column, last row) of the ranges that begin there and go further down.
    links: row → column → where the hyperlink leads, with its text where no value was saved. long_links: row → (column,
    last row, link) of those that begin there and go further down, a column as a whole perhaps.
    unsaved: row → columns whose formula has no saved value. failed: row → column → the error that it came out as.
    """

    merged: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    links: Mapping[int, Mapping[int, Linked]] = field(default_factory=dict)
    long_links: Mapping[int, Sequence[tuple[int, int, Linked]]] = field(default_factory=dict)
    unsaved: Mapping[int, Sequence[int]] = field(default_factory=dict)
    failed: Mapping[int, Mapping[int, Failed]] = field(default_factory=dict)


def group_merged(ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> Marks:
    """Take ranges of (row, column) to (row, column)."""
    merged: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (top, left), (bottom, _) in ranges:
        if bottom > top:
            merged[top].append((left, bottom))
    return Marks(merged)


def mark_rows(rows: Iterator[Sequence[Cell]], first: int, marks: Marks) -> Iterator[Sequence[Cell]]:
    """Put marks into the rows of a sheet, from its top, whose cells begin in column `first`."""
    return rows if marks == Marks() else _mark_rows(rows, first, marks)


def _mark_rows(rows: Iterator[Sequence[Cell]], first: int, marks: Marks) -> Iterator[Sequence[Cell]]:
    last = -1
    covering: dict[int, int] = {}  # column → last row of the range that covers it
    linking: dict[int, tuple[int, Linked]] = {}  # the same of links
    for last, cells in enumerate(rows):
        covering = {column: bottom for column, bottom in covering.items() if bottom >= last}
        linking = {column: link for column, link in linking.items() if link[0] >= last}
        linking |= {column: (bottom, link) for column, bottom, link in marks.long_links.get(last, ())}
        found: dict[int, Mark] = dict(marks.failed.get(last, {}))
        found.update((column, link) for column, (_, link) in linking.items())
        found.update(dict.fromkeys(covering, Covered()))
        found.update(dict.fromkeys(marks.unsaved.get(last, ()), Unsaved()))
        found.update(marks.links.get(last, {}))
        covering |= dict(marks.merged.get(last, ()))
        yield _mark_row(cells, first, found) if found else cells
    for row in range(last + 1, max(marks.unsaved, default=-1) + 1):  # a row of nothing else is none to a library
        yield _mark_row((), first, dict.fromkeys(marks.unsaved.get(row, ()), Unsaved()))


def _mark_row(cells: Sequence[Cell], first: int, marks: Mapping[int, Mark]) -> list[Cell]:
    marked = list(cells)
    for column, mark in marks.items():
        index = column - first
        if index < 0:
            continue
        if mark or not isinstance(mark, Linked):
            marked += [""] * (index + 1 - len(marked))
            if marked[index] == "":
                marked[index] = mark
        if isinstance(mark, Linked) and index < len(marked) and isinstance(text := marked[index], str) and text:
            marked[index] = Linked(text, url=mark.url)
    return marked
