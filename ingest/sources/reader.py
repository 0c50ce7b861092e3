"""A child process that reads one workbook after another, and what is said of a workbook that ends it."""

import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Lock
from time import monotonic
from typing import Any

from ingest.interpreter import spell_command
from ingest.sources import reading
from ingest.sources.book import Head
from ingest.sources.columns import SEARCHED
from ingest.sources.formats import ZIP
from ingest.sources.frames import pack, receive, send, unpack, unpack_cells
from ingest.sources.limits import Limits
from ingest.sources.sheet import Row
from ingest.sources.unreadable import AGAIN, UnreadableError, quote
from ingest.sources.watchdog import watch

LIBRARIES = ("calamine", "openpyxl")  # in the order in which they are asked; the second knows zipped workbooks only
_LIMITS = Limits()
_LARGE = 4 << 20  # bytes of a workbook whose process reads no other: it would keep the memory
_NO_MEMORY = b"memory allocation of"  # how Rust's last words begin
_OVER = -signal.SIGPROF if hasattr(signal, "SIGPROF") else None  # how a process ends that took its time; see `reading`


@dataclass(slots=True, eq=False)
class Book:
    """A workbook that was opened.

    left: seconds of the processor that it may still take. known: it was looked into.
    library: the one that listed its sheets. refused: what the libraries said that don't open it.
    deferred: why the second one was asked before the first. read: the one that read each sheet, by its place.
    """

    content: bytes = field(repr=False)
    left: float
    known: bool = False
    heads: tuple[Head, ...] = ()
    library: str = ""
    refused: dict[str, "_Answer"] = field(default_factory=dict)
    deferred: str = ""
    read: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the process said. error: why it went no further; final: no other library should be asked."""

    fields: dict[str, Any]
    rows: Sequence[Any] = ()

    @property
    def error(self) -> str:
        return str(self.fields.get("error", ""))

    @property
    def final(self) -> bool:
        return bool(self.fields.get("final"))


class Reader:
    """Reads workbooks in a child process, which starts with the first of them, and anew where one has ended it.

    Sheets and workbooks may be read side by side: what was put aside is opened again where it was left.
    command: of another process that answers like `reading`. started: processes so far.
    """

    def __init__(
        self, limits: Limits = _LIMITS, libraries: Sequence[str] = LIBRARIES, command: Sequence[str] = ()
    ) -> None:
        self._limits, self._libraries, self._command = limits, libraries, command
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._held: tuple[Book, str] | None = None
        self._lock = Lock()
        self.started = 0

    def open(self, content: bytes) -> Book:
        """Open a workbook and list its sheets. Raises UnreadableError."""
        book = Book(content, self._limits.allow(content))
        with self._lock:
            book.library, answer = self._ask_each(self._libraries, book, None)
        book.heads = tuple(Head(*head) for head in answer.fields["sheets"])
        return book

    def read(self, book: Book, index: int) -> tuple[int, Iterator[Row]]:
        """Give the column, counted from 0, in which the cells of all rows begin, and the rows from the top.

        Raises UnreadableError, as the iterator does.
        """
        with self._lock:
            library, answer = self._ask_each(self._libraries[self._libraries.index(book.library) :], book, index)
            book.read[index] = library
        rows = self._read_rows(book, library, index, answer)
        return answer.fields["first"], chain(_level(list(islice(rows, SEARCHED))), rows)

    def survey(self, book: Book, index: int, row: int) -> Collection[int] | None:
        """Give the columns that may hold numbers in one row and text in another, from `row` on, counted from 0.

        They are counted as in the rows that `read` gave. None where it gave none, or where the sheet can't be read
        now, which is said where its rows are.
        """
        with self._lock:
            library = book.read.get(index)
            answer = self._ask_sheet(book, library, index, row, survey=True) if library else None
        return set(answer.fields["mixed"]) if answer and not answer.error else None

    def close(self) -> None:
        """End the process. Another one starts when it is needed."""
        self._held, child, self._child = None, self._child, None
        if child and self._owner == os.getpid():
            child.kill()
            with suppress(OSError), child:  # closes the pipes, one with half a request in it perhaps, and waits
                pass

    def _read_rows(self, book: Book, library: str, index: int, answer: _Answer) -> Iterator[Row]:
        row = 0
        while True:
            for packed in answer.rows:
                if isinstance(packed, int):
                    yield from (Row(row + blank, ()) for blank in range(1, packed + 1))
                    row += packed
                else:
                    row += 1
                    yield Row(row, unpack_cells(packed))
            if answer.error:
                raise UnreadableError(answer.error)
            if answer.fields["end"]:
                return
            with self._lock:
                answer = self._ask_sheet(book, library, index, row)

    def _ask_each(self, libraries: Sequence[str], book: Book, index: int | None) -> tuple[str, _Answer]:
        """Ask one library after another to open the book, or one of its sheets; the first refusal is what is raised."""
        refusal = ""
        libraries = libraries if book.content.startswith(ZIP) else libraries[:1]
        # The first may have deferred to the second, and is then asked again; else what it said is known.
        for library in [*libraries, libraries[0]] if index is None else libraries:
            answer = self._open(book, library) if index is None else self._ask_sheet(book, library, index, 0)
            if not answer.error:
                return library, answer
            refusal = answer.error if answer.final else refusal or answer.error
            if answer.final:
                break
        raise UnreadableError(refusal)

    def _ask_sheet(self, book: Book, library: str, index: int, row: int, *, survey: bool = False) -> _Answer:
        if self._held != (book, library) or not self._is_alive():
            answer = self._open(book, library)
            if answer.error:
                return answer
        return self._ask(book, {"sheet": index, "name": book.heads[index].name, "row": row, "survey": survey})

    def _open(self, book: Book, library: str) -> _Answer:
        if library in book.refused:
            return book.refused[library]
        large = self._held is not None and len(self._held[0].content) > _LARGE
        if large or not self._is_alive():
            self.close()
            try:
                self._start()
            except OSError as error:
                return _Answer({"error": f"no process could be started to read it: {quote(error)}", "final": True})
        request = {"library": library, "known": book.known}
        book.known = True
        self._held = (book, library)
        answer = self._ask(book, request, book.content)
        if answer.error:
            self._held = None
            if answer.fields.get("deferred"):
                book.deferred = answer.error
            else:
                book.refused[library] = answer
        return answer

    def _start(self) -> None:
        command = self._command or spell_command(reading.__file__, str(self._limits.memory))
        self._child = subprocess.Popen(  # noqa: S603 - this interpreter, and a file of this package
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._owner = os.getpid()
        self.started += 1

    def _is_alive(self) -> bool:
        """Tell whether there is a process; one of a process that this one was forked from is not ours to talk to."""
        return self._child is not None and self._owner == os.getpid() and self._child.poll() is None

    def _ask(self, book: Book, request: Mapping[str, Any], *contents: bytes) -> _Answer:
        """Send a request and wait for its answer, as long as the book may take. Death is an answer too."""
        child = self._child
        assert child is not None  # noqa: S101 - it was started above
        assert child.stdin is not None  # noqa: S101 - it has pipes
        assert child.stdout is not None  # noqa: S101 - as above
        if book.left <= 0:
            return _Answer({"error": self._limits.describe_work(book.content), "final": True})
        head = rows = None
        asked = monotonic()
        with watch(child, self._limits.wait(book.content)) as late:
            try:
                for message in (pack({**request, "seconds": book.left}), *contents):
                    send(child.stdin, message)
                head, rows = receive(child.stdout), receive(child.stdout)
            except OSError:
                pass  # it has ended: so has what it would have said
            except BaseException:
                self.close()
                raise
        if head is None or rows is None:
            book.left -= min(monotonic() - asked, book.left / 2)  # how much of it was work, nobody can tell any more
            return _Answer(self._bury(book, late=late.is_set()))
        answer = _Answer(unpack(head), unpack(rows))
        book.left -= answer.fields["used"]
        if late.is_set() or answer.fields.get("failed"):  # what panicked or was short of memory reads no other workbook
            self.close()
        if answer.fields.get("failed") == "memory":
            return _Answer({"error": self._describe_memory(book)})
        return answer

    def _bury(self, book: Book, *, late: bool) -> dict[str, Any]:
        """Say why the process ended."""
        child = self._child
        assert child is not None  # noqa: S101 - it was asked
        assert child.stderr is not None  # noqa: S101 - it has pipes
        words = b"" if late else child.stderr.read()
        self.close()
        if late:
            return {"error": self._limits.describe_silence(book.content), "final": True}
        if child.returncode == _OVER:
            book.left = 0
            return {"error": self._limits.describe_work(book.content), "final": True}
        if _NO_MEMORY in words or b"MemoryError" in words:
            return {"error": self._describe_memory(book)}
        last = (words.decode("utf-8", "replace").strip().splitlines() or ["no word"])[-1]
        return {"error": f"its content ended the reader (exit {child.returncode}: {last[:200]}); {AGAIN}"}

    def _describe_memory(self, book: Book) -> str:
        return book.deferred or self._limits.describe_memory()


def _level(rows: Sequence[Row]) -> Iterator[Row]:
    """Make the rows among which the header is looked for equally wide: the wider one is taken for it."""
    width = max((len(row.cells) for row in rows), default=0)
    return (Row(row.number, [*row.cells, *[""] * (width - len(row.cells))]) for row in rows)
