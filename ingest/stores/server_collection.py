"""One collection of a Qdrant server, through qdrant-client: its points, beside what it records of itself."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from ingest.errors import IngestError, StoreError
from ingest.model import Hit, Payload, Point, Stored, Vector, make_mark
from ingest.stores.failures import AbsentError
from ingest.stores.records import ORIGIN, join_times
from ingest.stores.server_reads import STRANGERS, match
from ingest.stores.server_record import ServerRecord
from ingest.stores.server_state import find_work
from ingest.stores.vectors import check_vectors

SETTLING = 600.0  # seconds that a server's optimizers have to come to an end

log = logging.getLogger("ingest")


class ServerCollection(ServerRecord):
    """The collection of one name. Others may read it, and write other datasets of it, at the same time."""

    private = False

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        self._writes.settle()
        return self._reads.count_origins(dataset)

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        self._writes.settle()
        return self._reads.count_texts(texts)

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count.

        qdrant-client's local mode gives 32 hexadecimal digits back as a UUID, with hyphens. No state has any.
        """
        self._writes.settle()
        counts = self._reads.count_states(dataset)
        return {state.replace("-", ""): count for state, count in counts.items()}

    def find_written(self, dataset: str) -> dict[str, str]:
        """Find when each origin was last written; those of which it isn't known are left out."""
        self._writes.settle()
        return join_times(lambda fields, key: self._reads.count_values(match(dataset, fields), key))

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        self._writes.settle_origins(origins)
        yield from self._reads.list_points(dataset, origins)

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        self._writes.settle_points(ids)
        return self._reads.fetch_payloads(ids)

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        found = self._writes.recall(texts)
        return found | self._reads.find_vectors([text for text in texts if text not in found])

    def upsert(self, points: Sequence[Point]) -> int:
        """Take points to be written; all are checked before the first is sent. See `Writes` for when they are.

        Raises StoreError for a number that Qdrant does not keep as it is.
        """
        check_vectors(points, self._there().dimension)
        self._complete_indexes()
        return self._writes.upsert(points)

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays. Raises StoreError for an id that isn't there."""
        self._there()
        self._writes.overwrite(payloads)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        self._writes.settle()  # what it fails with is not about this
        with suppress(AbsentError):
            self._writes.delete(ids)

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        """Set `ingest.state` on every point of an origin, and `ingest.written` where it is given."""
        self._there()
        self._writes.mark((dataset, origin), match(dataset, {ORIGIN: [origin]}), make_mark(state, written))

    def flush(self) -> None:
        """Wait until all is written: a write that was waited for stands in the server's log."""
        self._writes.settle()

    def compact(self) -> None:
        """Do nothing: a server optimises by itself."""

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        self._writes.settle()
        return self._reads.search(vector, limit, match(dataset))

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        self._writes.settle()
        yield from self._reads.scroll(match(dataset))

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        self._writes.settle()
        return self._reads.count(match(dataset))

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly."""
        self._writes.settle()
        return self._reads.count(STRANGERS)

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`, by their ids; yield how many were deleted so far."""
        self._writes.settle()
        deleted = 0
        for ids in self._reads.list_strangers():
            self._writes.delete(ids)
            deleted += len(ids)
            yield deleted

    def settle(self) -> None:
        """Wait until the optimizers have nothing left to do; raise StoreError where that does not come in ten minutes.

        What is only waiting for the next write before it is optimised (grey) is searched as it is, and not waited for.
        """
        self._writes.settle()
        if state := self._patience.outlast(self._find_work, SETTLING):
            raise StoreError(
                f"{self.name} still has collection {self.collection!r} in work after {SETTLING / 60:.0f} minutes: "
                f"{state}. Run again when it has come to an end"
            )

    def close(self) -> None:
        """Close the connections, once what is under way was written; closing twice is no error."""
        try:
            self._close_writes()
        finally:
            self._client.close()

    def _close_writes(self) -> None:
        """Wait for what is under way, briefly. Nobody reads an error here: what was to be sure was flushed before."""
        try:
            left = self._writes.close()
        except IngestError as error:
            log.warning("%s. What was written last may not be: run again", error)
            return
        if left:
            log.warning("%d points for %r at %s may not be written: run again", left, self.collection, self.name)

    def _find_work(self) -> str:
        info = self._catalog.look(self._locate())
        return find_work(info, f"{self.name} has collection {self.collection!r}") if info else ""
