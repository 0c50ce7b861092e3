"""What the child process answers: the sheets of a workbook, and their rows, a block at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from time import process_time
from typing import IO, Any

from ingest.sources.archive import inspect
from ingest.sources.book import Book, Opened, PanicError
from ingest.sources.cells import Cell, name_kind
from ingest.sources.formats import COMPOUND, ZIP, describe_archive, describe_compound
from ingest.sources.frames import pack, pack_rows, receive, send, unpack
from ingest.sources.marks import Marks, group_merged, mark_rows
from ingest.sources.markup import read_marks
from ingest.sources.opendocument import is_opendocument
from ingest.sources.opendocument import open_book as open_opendocument
from ingest.sources.unreadable import AGAIN, RefusedError, UnreadableError

DENSE = 1 << 25  # cells of 32 bytes: a sheet that calamine would hold in more than 1 GiB is read row by row
_BLOCK = 1 << 18  # bytes of rows in one answer
_ROW = 16 << 20  # bytes of one row; Excel keeps to 32,767 characters a cell, other programs don't


class DeferredError(UnreadableError):
    """Another library should be asked before this one: only what it holds shows whether it does not hold too much."""


class Stream:
    """The packed rows of one sheet, from a row on. `row`: how many are behind, blank ones counted."""

    def __init__(self, first: int, rows: Iterator[Sequence[Cell]], start: int) -> None:
        self.first = first
        self.row = sum(1 for _ in islice(rows, start))
        self._packed = pack_rows(rows)

    def read(self, block: list[bytes]) -> bool:
        """Add rows to a block until it is full; tell whether they were the last. Raises UnreadableError."""
        size = 0
        for count, packed in self._packed:
            if len(packed) > _ROW:
                raise UnreadableError(f"row {self.row + 1} holds {len(packed):,} bytes; split its cells, or the file")
            block.append(packed)
            self.row += count
            size += len(packed)
            if size >= _BLOCK:
                return False
        return True


class Session:
    """The workbook at hand, opened by one of the libraries, and those of its sheets that are being read."""

    def __init__(self) -> None:
        self._content = b""
        self._book: Book | None = None
        self._streams: dict[int, Stream] = {}
        self._sheets: dict[int, tuple[Opened, Marks]] = {}  # those of the streams, and the one that was read last

    def open(self, content: bytes, library: str, *, known: bool) -> dict[str, Any]:
        """Open a workbook, after a look into it unless it is known; give its sheets."""
        self._content, self._book, self._streams, self._sheets = content, None, {}, {}
        names = _examine(content, library) if not known else ()
        try:
            self._book = _LIBRARIES[library](content)
        except UnreadableError as error:
            raise _explain(content, names, error) from error
        return {"sheets": [(head.name, head.hidden, head.kind) for head in self._book.heads]}

    def read(self, index: int, name: str, row: int, block: list[bytes]) -> dict[str, Any]:
        """Put rows of a sheet into a block, from `row` on, counted from 0."""
        index = self._find(index, name)
        stream = self._streams.get(index)
        if stream is None or stream.row != row:
            stream = self._start(index, row)
        end = stream.read(block)
        if end:
            del self._streams[index]
            self._sheets = {at: sheet for at, sheet in self._sheets.items() if at in self._streams or at == index}
        return {"first": stream.first, "row": stream.row, "end": end}

    def survey(self, index: int, name: str, row: int) -> dict[str, Any]:
        """List the columns whose cells are of several kinds, from `row` on; what is blank to a person may be a kind."""
        opened, marks = self._hold(self._find(index, name))
        classes: defaultdict[int, set[type]] = defaultdict(set)
        for cells in islice(mark_rows(opened.rows(), opened.first, marks), row, None):
            for column, cell in enumerate(cells):
                if cell != "":
                    classes[column].add(cell.__class__)
        return {"mixed": [column for column, found in classes.items() if len({name_kind(each) for each in found}) > 1]}

    def _find(self, index: int, name: str) -> int:
        """Find a sheet at its place, or, since a library may leave some out, by its name."""
        assert self._book is not None  # noqa: S101 - the other side opens first
        names = [head.name for head in self._book.heads]
        if names[index : index + 1] == [name]:
            return index
        if name in names:
            return names.index(name)
        raise UnreadableError(f'its sheet "{name}" was not found again; {AGAIN}')

    def _start(self, index: int, row: int) -> Stream:
        self._streams.pop(index, None)
        opened, marks = self._hold(index)
        stream = self._streams[index] = Stream(opened.first, mark_rows(opened.rows(), opened.first, marks), row)
        return stream

    def _hold(self, index: int) -> tuple[Opened, Marks]:
        if index not in self._sheets:
            self._sheets[index] = self._open_sheet(index)
        return self._sheets[index]

    def _open_sheet(self, index: int) -> tuple[Opened, Marks]:
        assert self._book is not None  # noqa: S101 - as above
        opened = self._book.open(index)
        if opened.cells + sum(other.cells for other, _ in self._sheets.values()) > DENSE:
            self._streams.clear()  # they start again when they are asked for
            self._sheets.clear()
        name = self._book.heads[index].name
        return opened, read_marks(self._content, name) if self._content.startswith(ZIP) else group_merged(opened.merged)


def serve(requests: IO[bytes], answers: IO[bytes], limit: Callable[[float], None]) -> None:
    """Answer requests until there are no more, each within the seconds of the processor that it allows.

    limit: ends this process when it has taken so many more of them; 0 lifts the limit. What was used is answered.
    """
    session = Session()
    while (packed := receive(requests)) is not None:
        request = unpack(packed)
        content = receive(requests) if "library" in request else b""
        if content is None:
            return
        block: list[bytes] = []
        before = process_time()
        limit(request["seconds"])
        answer = _answer(session, request, content, block)
        limit(0)
        send(answers, pack({**answer, "used": process_time() - before}))
        send(answers, b"[" + b",".join(block) + b"]")


def _answer(session: Session, request: dict[str, Any], content: bytes, block: list[bytes]) -> dict[str, Any]:
    try:
        if "library" in request:
            return session.open(content, request["library"], known=request["known"])
        if request.get("survey"):
            return session.survey(request["sheet"], request["name"], request["row"])
        return session.read(request["sheet"], request["name"], request["row"], block)
    except UnreadableError as error:
        failed = "panic" if isinstance(error, PanicError) else ""
        deferred = isinstance(error, DeferredError)
        return {"error": str(error), "final": isinstance(error, RefusedError), "deferred": deferred, "failed": failed}
    except MemoryError:
        return {"error": "", "final": False, "failed": "memory"}


def _examine(content: bytes, library: str) -> tuple[str, ...]:
    """Look into a workbook before a library does; give the names of its parts, if it has some."""
    if content.startswith(COMPOUND):
        if words := describe_compound(content):
            raise RefusedError(words)
        return ()
    archive = inspect(content)
    if library == "calamine" and archive.cells > DENSE:
        raise DeferredError(
            f"a cell as far away as {archive.farthest} makes a sheet too large; "
            "delete the rows and columns beyond your table, and save it again"
        )
    return archive.names


def _explain(content: bytes, names: Sequence[str], error: UnreadableError) -> UnreadableError:
    """Say why a library opened no workbook, which calamine, trying every format, keeps to itself."""
    if isinstance(error, RefusedError | PanicError):
        return error
    if content.startswith(COMPOUND):
        return RefusedError(
            "it is no workbook that can be read: damaged, or protected by a password; open it and save it as .xlsx"
        )
    if names and (words := describe_archive(names)):
        return RefusedError(words)
    return error


def _open_calamine(content: bytes) -> Book:
    if content.startswith(ZIP) and is_opendocument(content):  # of which calamine keeps the values only
        return open_opendocument(content)
    from ingest.sources.calamine import open_book  # noqa: PLC0415 - one library at a time is enough

    return open_book(content)


def _open_openpyxl(content: bytes) -> Book:
    from ingest.sources.openpyxl_book import open_book  # noqa: PLC0415 - as above

    return open_book(content)


_LIBRARIES: dict[str, Callable[[bytes], Book]] = {"calamine": _open_calamine, "openpyxl": _open_openpyxl}
