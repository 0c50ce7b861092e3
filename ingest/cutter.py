"""Reading and cutting ahead, in processes of their own: one interpreter's lock would keep all of it to one core.

As a program it is such a process. Nothing that it does can't be done here, and what fails there is done here.
"""

import logging
import os
import pickle
import traceback
from collections import deque
from functools import partial
from itertools import chain, islice, repeat
from queue import SimpleQueue
from typing import TYPE_CHECKING

from ingest.child import Child, answer, count_cores
from ingest.chunks import make_chunks
from ingest.concurrency import map_ordered
from ingest.model import Chunk, File, Ignored, Noted, Skipped
from ingest.protocols import Chunker, Source

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from ingest.comparison import Progress

    Batch = Sequence[tuple[Progress, bytes]]
    Cut = Iterator[list["Item"] | None]

Item = Chunk | Skipped | Ignored | Noted

CHILDREN = 4  # at most, and one core is left to this process
PATIENCE = 2**20  # bytes that are cut before a process is worth its start (0.3 s), and again before each further one
REQUEST = 2**16  # bytes of the files that are sent together
LARGEST = 2**20  # bytes of a file that is sent, alone
MOST = 4_096  # chunks of a file that are made there: of any other they are made here, one by one
SECONDS = 60.0  # that a request may take: by tokens, the slowest, the largest takes one or two

log = logging.getLogger("ingest")


class Cutter:
    """Cuts the files of one source in child processes, where that is of use.

    Only a source whose own class says that it is `portable` is sent there. What waits is bounded: of requests two for
    each process and two more, so at most ten, each of `REQUEST` bytes, or one file of `LARGEST`, and packed answers
    of `MOST` chunks a file, about 5 MB. Besides, the batches that they are of, two at most.
    """

    def __init__(self, source: Source, chunker: Chunker) -> None:
        self._source, self._chunker = source, chunker
        # Not by inheritance: a subclass may read otherwise, by what is known in this process alone.
        portable = vars(type(source)).get("portable", False)
        self._most = min(count_cores() - 1, CHILDREN) if portable else 0
        self._children: list[Child] = []
        self._free: SimpleQueue[Child | None] = SimpleQueue()  # None: there is none any more
        self._told = False

    def cut_ahead(self, batches: "Iterable[Batch]") -> "Generator[tuple[Batch, Cut], None, None]":
        """Yield batches of files in order, and for each file in turn what it holds; None where the caller is to cut it.

        No batch is empty. What a batch holds is taken before the next one is asked for.
        """
        if not self._most:
            yield from ((batch, repeat(None, len(batch))) for batch in batches)
            return
        begun: deque[Batch] = deque()
        requests = self._request(batches, begun)
        try:
            answers = map_ordered(self._cut, requests, workers=self._most, ahead=2 * self._most + 2)
            cut = map(_unpack, chain.from_iterable(answers))
            for first in cut:
                batch = begun.popleft()
                yield batch, chain([first], islice(cut, len(batch) - 1))
        finally:
            self.close()

    def close(self) -> None:
        """End the processes."""
        self._most = 0
        children, self._children = self._children, []  # first, so that what ends now is no failure
        for child in children:
            child.close()
        self._free.put(None)

    def _request(self, batches: "Iterable[Batch]", begun: "deque[Batch]") -> "Iterator[Batch]":
        """Divide batches into requests, and start processes as the work asks for them."""
        size = 0
        for batch in batches:
            begun.append(batch)
            for request in _divide(batch):
                size += _measure(request)
                count = len(self._children)
                if count < self._most and size > PATIENCE * (count + 1) and self._free.empty():
                    self._start()
                yield request

    def _start(self) -> None:
        try:
            child = Child(__file__, pickle.dumps((self._source, self._chunker), pickle.HIGHEST_PROTOCOL))
        except Exception:  # noqa: BLE001 - a chunker that can't be sent, no interpreter, no process left
            self._most = 0
            self._tell(traceback.format_exc())
            return
        self._children.append(child)
        self._free.put(child)

    def _cut(self, request: "Batch") -> "Sequence[bytes | None]":
        """Let a free process cut; give for each file what it holds, packed, else None."""
        uncut = [None] * len(request)
        if not self._children or _measure(request) > LARGEST:
            return uncut
        child = self._free.get()
        if child is None:
            self._free.put(None)  # for whoever else waits
            return uncut
        try:
            answers = child.ask([(progress.file, content) for progress, content in request], SECONDS)
            cut = [each for _, each in zip(request, answers, strict=True)]
        except Exception:  # noqa: BLE001 - it has ended, or makes no sense: nothing else goes there
            self._drop(child)
            return uncut
        self._free.put(child)
        for failure in cut:
            if isinstance(failure, str):
                self._tell(failure)
        return [None if isinstance(each, str) else each for each in cut]

    def _drop(self, child: Child) -> None:
        if child not in self._children:
            return  # the caller has left
        child.close()
        self._most = 0  # no other is started
        self._children.remove(child)
        if not self._children:
            self._free.put(None)
        self._tell(traceback.format_exc())

    def _tell(self, failure: str) -> None:
        if not self._told:
            self._told = True
            log.info(
                "%s: what could not be cut in a process beside this one is cut in this one; it takes longer, and "
                "nothing is lost",
                self._source.dataset,
            )
        log.debug("cutting beside this process failed: %s", failure)


def _divide(batch: "Batch") -> "Iterator[Batch]":
    """Divide a batch into requests; a file that is larger than one makes one."""
    request: list[tuple[Progress, bytes]] = []
    size = 0
    for progress, content in batch:
        if request and size + len(content) > REQUEST:
            yield request
            request, size = [], 0
        request.append((progress, content))
        size += len(content)
    yield request


def _measure(request: "Batch") -> int:
    return sum(len(content) for _, content in request)


def _unpack(packed: bytes | None) -> list[Item] | None:
    return None if packed is None else pickle.loads(packed)  # noqa: S301 - of this program


def cut_each(pair: tuple[Source, Chunker], files: "Iterable[tuple[File, bytes]]") -> list[bytes | str | None]:
    """Give for each file what it holds, cut and packed; None for too many chunks, the traceback of what failed."""
    return [_cut_file(*pair, *each) for each in files]


def _cut_file(source: Source, chunker: Chunker, file: File, content: bytes) -> bytes | str | None:
    try:
        items = list(islice(make_chunks(source.dataset, source.parse(file, content), chunker), MOST + 1))
        return pickle.dumps(items, pickle.HIGHEST_PROTOCOL) if len(items) <= MOST else None
    except Exception:  # noqa: BLE001 - the parent meets it again, where it can be told
        return traceback.format_exc()


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # each process has one core
    answer(lambda pair: partial(cut_each, pair))
