"""One collection of the embedded store: its record, and its points in a shard of Qdrant's engine, in this process.

The engine writes each operation into a log that survives the death of the process, and nothing survives a power cut
before a flush; it maps its files into memory, so that a full disk is checked for before each write; a batch with a bad
point is written in part, so that points are checked first.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import qdrant_edge as edge

from ingest.entries import place
from ingest.errors import StoreError
from ingest.model import Collection, Hit, IndexKind, Json, Payload, Point, Stored, Vector, make_mark
from ingest.share import WHOLE, Share
from ingest.stores import engine, layout
from ingest.stores.batches import cut
from ingest.stores.builds import Mark
from ingest.stores.compaction import compact_shard
from ingest.stores.disk import ROOM_TO_LOAD, ROOM_TO_WRITE, estimate_bytes, require_room
from ingest.stores.embedded_reads import PAGE, EmbeddedReads
from ingest.stores.engine import STRANGERS, configure, make_index, match, translating, view
from ingest.stores.records import INDEXED, ORIGIN, STATE, join_times
from ingest.stores.vectors import check_vectors

FLUSH_EVERY = 2_000  # points; keeps the log at one or two segments, for 33 ms each (measured)
# How much of a disk a batch takes, as a multiple of its vectors and payloads: the log, the storage, the index.
BATCH_SHARE = 4

log = logging.getLogger("ingest")


class EmbeddedCollection:
    """A record in `<path>/<collection>/` and the shard that it names."""

    private = True

    def __init__(self, path: str, collection: str) -> None:
        self.name = path
        self.collection = collection
        self._folder = Path(path).absolute() / collection
        self._manifest: layout.Manifest | None = None
        self._shard: edge.EdgeShard | None = None
        self._unflushed = 0
        self._deleted = False
        self._closed = False
        self._reads = EmbeddedReads(self._folder, self._open)

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist."""
        return self._manifest.described if self._manifest else None

    def create(self, collection: Collection) -> None:
        """Make the shard and its payload indexes, then the record that makes it a collection."""
        if self._manifest:
            raise StoreError(f"collection {self.collection!r} in {self.name} is there already")
        require_room(self._folder, ROOM_TO_WRITE, "a new collection")
        with translating(self._folder):
            self._remove()
            manifest = layout.Manifest(layout.name_shard(self._folder), collection, self._mark)
            shard = self._folder / manifest.shard
            shard.mkdir(parents=True)
            made = edge.EdgeShard.create(str(shard), configure(collection.dimension))
            for field in INDEXED:
                made.update(make_index(field, "keyword"))
            made.flush()
            layout.write_manifest(self._folder, manifest)
        self._manifest, self._shard = manifest, made

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Make a payload index of a field, by its path; one that is there already is no error."""
        shard = self._open_for_writing()
        require_room(self._folder, ROOM_TO_WRITE, "a payload index")
        with translating(self._folder):
            shard.update(make_index(field, kind))
            shard.flush()

    def drop(self) -> None:
        """Remove the collection from the disk."""
        self._close_shard()
        self._manifest = None
        self._deleted = False
        with translating(self._folder):
            self._remove()

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        """Replace what the collection records of one dataset, once the points that it speaks of are on the disk."""
        described = self._there().described
        placed = place(described.datasets.get(dataset, {}), share, entry)
        self._write_record(replace(described, datasets={**described.datasets, dataset: placed}))

    def forget(self, dataset: str) -> None:
        """Remove what the collection records of a dataset; one of which it records nothing is no error."""
        described = self.describe()
        if described and dataset in described.datasets:
            kept = {name: entry for name, entry in described.datasets.items() if name != dataset}
            self._write_record(replace(described, datasets=kept))

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        return self._reads.count_values(match(dataset), ORIGIN)

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        return self._reads.count_texts(texts)

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly."""
        return self._reads.count(STRANGERS)

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`, by their ids; yield how many were deleted so far."""
        deleted = 0
        for some in cut([*self._reads.list_strangers()], PAGE):
            self.delete(some)
            deleted += len(some)
            yield deleted

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count."""
        return self._reads.count_values(match(dataset), STATE)

    def find_written(self, dataset: str) -> dict[str, str]:
        """Find when each origin was last written; those of which it isn't known are left out."""
        return join_times(lambda fields, key: self._reads.count_values(match(dataset, fields), key))

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        return self._reads.list_points(dataset, origins)

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        return self._reads.fetch_payloads(ids)

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        return self._reads.find_vectors(texts)

    def upsert(self, points: Sequence[Point]) -> int:
        """Write points; all are checked before the first is written."""
        shard = self._open_for_writing()
        check_vectors(points, self._there().described.dimension)
        size = sum(point.vector.nbytes + estimate_bytes(point.payload) for point in points)
        require_room(self._folder, ROOM_TO_WRITE + BATCH_SHARE * size, "writing")
        with translating(self._folder):
            converted = [edge.Point(point.id, view(point.vector), point.payload) for point in points]
            shard.update(edge.UpdateOperation.upsert_points(converted))
        self._note_written(len(points))
        return 0

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays. Raises StoreError for an id that isn't there."""
        shard = self._open_for_writing()
        size = sum(estimate_bytes(payload) for payload in payloads.values())
        require_room(self._folder, ROOM_TO_WRITE + BATCH_SHARE * size, "writing")
        with translating(self._folder):
            for id_, payload in payloads.items():
                shard.update(edge.UpdateOperation.overwrite_payload([id_], payload))
        self._note_written(len(payloads))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        if not ids or not self._open():
            return
        shard = self._open_for_writing()
        require_room(self._folder, ROOM_TO_LOAD, "deleting")
        with translating(self._folder):
            shard.update(edge.UpdateOperation.delete_points(list(ids)))
        self._deleted = True
        self._note_written(len(ids))

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        """Set `ingest.state` on every point of an origin, and `ingest.written` where it is given."""
        shard = self._open_for_writing()
        require_room(self._folder, ROOM_TO_WRITE, "writing")
        where = match(dataset, {ORIGIN: [origin]})
        with translating(self._folder):
            shard.update(edge.UpdateOperation.set_payload_by_filter(where, make_mark(state, written), key="ingest"))
        self._note_written(1)

    def flush(self) -> None:
        """Make all that was written survive a power cut."""
        if self._shard and self._unflushed:
            with translating(self._folder):
                self._shard.flush()
            self._unflushed = 0

    def compact(self) -> None:
        """Reclaim what was deleted and index what is new, in a child process, if there may be enough of either.

        After a deletion the engine itself decides: from 20 % of a segment with 1,000 points on.
        """
        if not self._manifest or not (shard := self._open()):
            return
        info = shard.info()
        if not self._deleted and info.points_count - info.indexed_vectors_count < engine.UNINDEXED:
            return
        self._close_shard()
        log.info("bringing %s into order", self._folder)
        if compact_shard(self._folder / self._manifest.shard):
            self._deleted = False

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        return self._reads.search(vector, limit, match(dataset))

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        return self._reads.scroll(match(dataset))

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        return self._reads.count(match(dataset))

    def settle(self) -> None:
        """Do nothing: nothing is optimised behind the back of this process."""

    def close(self) -> None:
        """Flush and let go of the shard; closing twice is no error."""
        if not self._closed:
            self._closed = True
            self._close_shard()

    @property
    def _mark(self) -> Mark | None:
        """Who builds the collection; None for one that is in use."""
        return None

    def _remove(self) -> None:
        """Remove the collection and all that an earlier one left."""
        layout.remove(self._folder)

    def _write_record(self, described: Collection) -> None:
        manifest = replace(self._there(), described=described, mark=self._mark)
        self.flush()
        with translating(self._folder):
            layout.write_manifest(self._folder, manifest)
        self._manifest = manifest

    def _there(self) -> layout.Manifest:
        if not self._manifest:
            raise StoreError(f"there is no collection {self.collection!r} in {self.name}")
        return self._manifest

    def _open(self) -> "edge.EdgeShard | None":
        """Load the shard when it is first needed; None where there is no collection."""
        if self._closed:
            raise StoreError(f"{self._folder} was closed before")
        if self._shard or not self._manifest:
            return self._shard
        require_room(self._folder, ROOM_TO_LOAD, "opening the collection")
        with translating(self._folder):
            self._shard = edge.EdgeShard.load(str(self._folder / self._manifest.shard))
            for field in set(INDEXED) - set(self._shard.info().payload_schema):  # an older version had fewer
                self._shard.update(make_index(field, "keyword"))
        return self._shard

    def _open_for_writing(self) -> edge.EdgeShard:
        self._there()
        shard = self._open()
        if shard is None:
            raise StoreError(f"there is no collection {self.collection!r} in {self.name}")
        return shard

    def _close_shard(self) -> None:
        shard, self._shard = self._shard, None
        if shard:
            with translating(self._folder):
                shard.flush()
                shard.close()
            self._unflushed = 0

    def _note_written(self, points: int) -> None:
        self._unflushed += points
        if self._unflushed >= FLUSH_EVERY:
            self.flush()
