"""Reading and cutting ahead, in a process of its own: two cores do what one interpreter's lock would keep to one."""

from typing import TYPE_CHECKING

from ingest.child import Child, count_cores
from ingest.concurrency import map_ordered
from ingest.protocols import Chunker, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.comparison import Progress
    from ingest.cutting import Item

    Batch = list[tuple[Progress, bytes]]

PATIENCE = 4  # batches that are cut here before a process is worth its start, 0.2 s (measured)
AHEAD = 3  # batches that wait, cut, until they are asked for
LARGEST = 2**20  # bytes of a batch that is cut ahead: a larger one is cut as it is asked for, part by part


class Cutter:
    """Cuts the files of one source in a child process, where that is of use; a child that fails is done without.

    Only a source that says `apart = True` is sent into one: its `parse` needs nothing but its arguments, and its files
    have no columns, which the run must know before it reads on.
    """

    def __init__(self, source: Source, chunker: Chunker) -> None:
        self._pair = (source, chunker)
        self._apart = getattr(source, "apart", False) and count_cores() > 1
        self._begun = False
        self._child: Child | None = None

    def cut_ahead(self, batches: "Iterable[Batch]") -> "Iterator[tuple[Batch, list[list[Item]] | None]]":
        """Yield batches of files in order, with what each file holds, cut; None where the caller is to cut them."""
        iterator = iter(batches)
        for count, batch in enumerate(iterator, start=1):
            yield batch, None
            if self._apart and count == PATIENCE:
                break
        try:
            yield from map_ordered(self._cut, self._begin(iterator), workers=1, ahead=AHEAD)
        finally:
            self.close()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child:
            child.close()

    def _begin(self, batches: "Iterator[Batch]") -> "Iterator[Batch]":
        """Start the child with the first batch: where there is none, nothing is started."""
        for batch in batches:
            if not self._begun:
                self._begun = True
                try:
                    self._child = Child("ingest.cutting", self._pair)
                except Exception:  # noqa: BLE001 - a chunker that can't be sent, no process left: it is cut here
                    self._child = None
            yield batch

    def _cut(self, batch: "Batch") -> "tuple[Batch, list[list[Item]] | None]":
        if not self._child or sum(len(content) for _, content in batch) > LARGEST:
            return batch, None
        try:
            return batch, self._child.ask([(progress.file, content) for progress, content in batch])
        except Exception:  # noqa: BLE001 - it has ended, or sends no sense: no other batch goes there
            self.close()
            return batch, None
