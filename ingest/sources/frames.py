"""Messages between a run and the process that reads workbooks for it: eight bytes of length, then the content.

What is said is JSON and never pickle: the other side has read a file that nobody trusts. A row is a list of cells
without the blank ones at its end; a number in its place stands for so many blank rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from ingest.sources.cells import Cell, Covered, Failed, Linked, Unsaved

_LENGTH = 8  # bytes
_KINDS: dict[str, Callable[[Any], Cell]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
    "Covered": Covered,
    "Unsaved": Unsaved,
    "Failed": lambda error: Failed(error=error),
    "Linked": lambda link: Linked(link[0], url=link[1]),
}


def send(stream: IO[bytes], content: bytes) -> None:
    """Write one message. Raises OSError where nobody reads it any more."""
    stream.write(len(content).to_bytes(_LENGTH, "big"))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Wait for one message; None where the other side has ended, in the middle of one too."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    size = int.from_bytes(head, "big")
    content = stream.read(size)
    return content if len(content) == size else None


def pack(message: object) -> bytes:
    """Write a message or a row of cells as JSON. Raises ValueError for text that no Unicode encoding can hold."""
    import orjson  # noqa: PLC0415 - not needed for --help

    options = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
    return orjson.dumps(message, default=_write_cell, option=options)


def unpack(content: bytes) -> Any:  # noqa: ANN401 - what was packed
    """Read what `pack` wrote, but for the cells."""
    import orjson  # noqa: PLC0415 - as above

    return orjson.loads(content)


def pack_rows(rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, bytes]]:
    """Pack rows in turn, those of blanks as their number; give with each the rows that it stands for.

    Blank rows at the end are left out, since a person sees none there.
    """
    blank = 0
    for cells in rows:
        end = len(cells)
        while end and cells[end - 1] in ("", None) and not isinstance(cells[end - 1], Covered | Failed | Unsaved):
            end -= 1
        if not end:
            blank += 1
            continue
        if blank:
            yield blank, pack(blank)
            blank = 0
        yield 1, pack(list(cells[:end]))


def unpack_cells(packed: Sequence[Any]) -> list[Cell]:
    """Restore the cells of a row."""
    return [_read_cell(cell) if cell is None or cell.__class__ is list else cell for cell in packed]


def _write_cell(cell: object) -> object:
    if isinstance(cell, Linked):
        return ["Linked", [str(cell), cell.url]]
    if isinstance(cell, Failed):
        return ["Failed", cell.error]
    if isinstance(cell, Covered | Unsaved):
        return [type(cell).__name__, ""]
    if isinstance(cell, timedelta):
        return ["timedelta", cell.total_seconds()]
    if isinstance(cell, date | time):
        return [type(cell).__name__, cell.isoformat()]
    raise TypeError(f"no cell holds a {type(cell).__name__}")


def _read_cell(cell: list[Any] | None) -> Cell:
    if cell is None:  # infinity and not-a-number, which JSON lacks
        return ""
    kind, value = cell
    return _KINDS[kind](value)
