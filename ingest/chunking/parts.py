"""The parts of a document, kept small until they are asked for."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias, overload

from ingest.chunking.citations import Place, describe
from ingest.model import Part

# The fields of a part, in their order.
Row: TypeAlias = tuple[int, int, str, str, int, Place, int]


class Parts(Sequence[Part]):
    """Parts in order, each made when it is asked for.

    What is kept of them is plain tuples of numbers and words: the garbage collector looks once at those. At parts it
    looks again and again, and a text of 100 MB has hundreds of thousands.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Part]:
        return map(_make, self._rows)

    @overload
    def __getitem__(self, index: int) -> Part: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Part]: ...

    def __getitem__(self, index: int | slice) -> Part | Sequence[Part]:
        return Parts(self._rows[index]) if isinstance(index, slice) else _make(self._rows[index])


def _make(row: Row) -> Part:
    start, end, heading, prefix, body, place, size = row
    return Part(start, end, heading, prefix, body, describe(place), size)
