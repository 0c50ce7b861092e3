"""One collection of the embedded store: its record, and its points in a shard of Qdrant's engine, in this process.

The engine writes each operation into a log that survives the death of the process, and nothing survives a power cut
before a flush; it maps its files into memory, so that a full disk is checked for before each write; a batch with a bad
point is written in part, so that points are checked first.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from ingest.entries import place
from ingest.errors import IngestError, LockedError, StoreError
from ingest.model import Collection, Hit, IndexKind, Json, Payload, Point, Stored, Vector
from ingest.share import WHOLE, Share
from ingest.stores import layout
from ingest.stores.batches import cut
from ingest.stores.builds import Mark
from ingest.stores.compaction import compact_shard
from ingest.stores.disk import ROOM_TO_LOAD, ROOM_TO_WRITE, require_room
from ingest.stores.records import DATASET, INDEXED, ORIGIN, STATE, TEXT, join_times, make_mark
from ingest.stores.vectors import check_vectors

FLUSH_EVERY = 2_000  # points; keeps the log at one or two segments, for 33 ms each (measured)
UNINDEXED = 20_000  # vectors that are searched one by one before a graph is worth its minute: 3 ms (measured)
PAGE = 1_000  # points that are read at once
MATCHED = 256  # values that one condition lists
# How much of a disk a batch takes, as a multiple of its vectors and payloads: the log, the storage, the index.
BATCH_SHARE = 4

_INDEXES: dict[IndexKind, Callable[..., Any]] = {
    "keyword": edge.KeywordIndexParams,
    "integer": edge.IntegerIndexParams,
    "float": edge.FloatIndexParams,
    "bool": edge.BoolIndexParams,
    "datetime": edge.DatetimeIndexParams,
    "text": edge.TextIndexParams,
}
_STRANGERS = edge.Filter(must=[edge.IsEmptyCondition(DATASET)])

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

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist."""
        return self._manifest.described if self._manifest else None

    def create(self, collection: Collection) -> None:
        """Make the shard and its payload indexes, then the record that makes it a collection."""
        if self._manifest:
            raise StoreError(f"collection {self.collection!r} in {self.name} is there already")
        require_room(self._folder, ROOM_TO_WRITE, "a new collection")
        with self._translated():
            self._remove()
            manifest = layout.Manifest(layout.name_shard(self._folder), collection, self._mark)
            shard = self._folder / manifest.shard
            shard.mkdir(parents=True)
            made = edge.EdgeShard.create(str(shard), _configure(collection.dimension))
            for field in INDEXED:
                made.update(_index(field, "keyword"))
            made.flush()
            layout.write_manifest(self._folder, manifest)
        self._manifest, self._shard = manifest, made

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Make a payload index of a field, by its path; one that is there already is no error."""
        shard = self._open_for_writing()
        require_room(self._folder, ROOM_TO_WRITE, "a payload index")
        with self._translated():
            shard.update(_index(field, kind))
            shard.flush()

    def drop(self) -> None:
        """Remove the collection from the disk."""
        self._close_shard()
        self._manifest = None
        self._deleted = False
        with self._translated():
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
        return self._count_values(_match(dataset), ORIGIN)

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        counts: Counter[str] = Counter()
        for some in cut(sorted(set(texts)), MATCHED):
            counts.update(self._count_values(_match(None, {TEXT: some}), DATASET))
        return dict(counts)

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly."""
        return self._count(_STRANGERS)

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`, by their ids; yield how many were deleted so far."""
        deleted = 0
        strangers = [str(record.id) for record in self._scroll(_STRANGERS, payload=False, vector=False)]
        for some in cut(strangers, PAGE):
            self.delete(some)
            deleted += len(some)
            yield deleted

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count."""
        return self._count_values(_match(dataset), STATE)

    def find_written(self, dataset: str) -> dict[str, str]:
        """Find when each origin was last written; those of which it isn't known are left out."""
        return join_times(lambda fields, key: self._count_values(_match(dataset, fields), key))

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        fields = edge.PayloadSelector.Include([ORIGIN, "ingest.fingerprint"])
        for some in cut(origins, MATCHED):
            for record in self._scroll(_match(dataset, {ORIGIN: some}), payload=fields, vector=False):
                own = _own(record)
                yield Stored(str(record.id), own["origin"], str(own.get("fingerprint", "")))

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        if not (shard := self._open()):
            return {}
        with self._translated():
            records = shard.retrieve(list(ids), True, False)  # noqa: FBT003 - the engine takes them by position only
        return {str(record.id): dict(record.payload or {}) for record in records}

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        found: dict[str, Vector] = {}
        shard = self._open()
        for some in cut(texts, MATCHED) if shard else ():
            missing = set(some)
            while shard and missing:  # again: many points of one text may fill a page and hide another text
                request = edge.ScrollRequest(
                    limit=len(missing),
                    filter=_match(None, {TEXT: sorted(missing)}),
                    with_payload=edge.PayloadSelector.Include([TEXT]),
                    with_vector=True,
                )
                with self._translated():
                    records, _ = shard.scroll(request)
                if not records:
                    break
                for record in records:
                    text = _own(record)["text"]
                    found[text] = np.asarray(record.vector, dtype=np.float32)
                    missing.discard(text)
        return found

    def upsert(self, points: Sequence[Point]) -> int:
        """Write points; all are checked before the first is written."""
        shard = self._open_for_writing()
        check_vectors(points, self._there().described.dimension)
        size = sum(point.vector.nbytes + _weigh(point.payload) for point in points)
        require_room(self._folder, ROOM_TO_WRITE + BATCH_SHARE * size, "writing")
        with self._translated():
            # A view of a vector is read in a third of the time that a list of its numbers takes (measured).
            converted = [edge.Point(point.id, _view(point.vector), point.payload) for point in points]
            shard.update(edge.UpdateOperation.upsert_points(converted))
        self._note_written(len(points))
        return 0

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays. Raises StoreError for an id that isn't there."""
        shard = self._open_for_writing()
        size = sum(_weigh(payload) for payload in payloads.values())
        require_room(self._folder, ROOM_TO_WRITE + BATCH_SHARE * size, "writing")
        with self._translated():
            for id_, payload in payloads.items():
                shard.update(edge.UpdateOperation.overwrite_payload([id_], payload))
        self._note_written(len(payloads))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        if not ids or not self._open():
            return
        shard = self._open_for_writing()
        require_room(self._folder, ROOM_TO_LOAD, "deleting")
        with self._translated():
            shard.update(edge.UpdateOperation.delete_points(list(ids)))
        self._deleted = True
        self._note_written(len(ids))

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        """Set `ingest.state` on every point of an origin, and `ingest.written` where it is given."""
        shard = self._open_for_writing()
        require_room(self._folder, ROOM_TO_WRITE, "writing")
        where = _match(dataset, {ORIGIN: [origin]})
        with self._translated():
            shard.update(edge.UpdateOperation.set_payload_by_filter(where, make_mark(state, written), key="ingest"))
        self._note_written(1)

    def flush(self) -> None:
        """Make all that was written survive a power cut."""
        if self._shard and self._unflushed:
            with self._translated():
                self._shard.flush()
            self._unflushed = 0

    def compact(self) -> None:
        """Reclaim what was deleted and index what is new, in a child process, if there may be enough of either.

        After a deletion the engine itself decides: from 20 % of a segment with 1,000 points on.
        """
        if not self._manifest or not (shard := self._open()):
            return
        info = shard.info()
        if not self._deleted and info.points_count - info.indexed_vectors_count < UNINDEXED:
            return
        self._close_shard()
        log.info("bringing %s into order", self._folder)
        if compact_shard(self._folder / self._manifest.shard):
            self._deleted = False

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        if not (shard := self._open()):
            return []
        request = edge.SearchRequest(
            edge.Query.Nearest(vector.tolist()), limit, filter=_match(dataset), with_payload=True
        )
        with self._translated():
            points = shard.search(request)
        return [Hit(str(point.id), min(point.score, 1.0), dict(point.payload or {})) for point in points]

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        for record in self._scroll(_match(dataset), payload=True, vector=True):
            yield Point(str(record.id), np.asarray(record.vector, dtype=np.float32), dict(record.payload or {}))

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        return self._count(_match(dataset))

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
        with self._translated():
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
        with self._translated():
            self._shard = edge.EdgeShard.load(str(self._folder / self._manifest.shard))
            for field in set(INDEXED) - set(self._shard.info().payload_schema):  # an older version had fewer
                self._shard.update(_index(field, "keyword"))
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
            with self._translated():
                shard.flush()
                shard.close()
            self._unflushed = 0

    def _note_written(self, points: int) -> None:
        self._unflushed += points
        if self._unflushed >= FLUSH_EVERY:
            self.flush()

    def _count(self, where: edge.Filter) -> int:
        if not (shard := self._open()):
            return 0
        with self._translated():
            return shard.count(edge.CountRequest(exact=True, filter=where))

    def _count_values(self, where: edge.Filter, key: str) -> dict[str, int]:
        shard = self._open()
        if not shard or not (total := self._count(where)):
            return {}
        with self._translated():  # there can't be more values than points
            response = shard.facet(edge.FacetRequest(key, limit=total, exact=True, filter=where))
        return {str(hit.value): hit.count for hit in response.hits}

    def _scroll(self, where: edge.Filter, *, payload: Any, vector: bool) -> Iterator[edge.Record]:  # noqa: ANN401 - the engine's union
        offset = None
        while shard := self._open():
            request = edge.ScrollRequest(
                offset=offset, limit=PAGE, filter=where, with_payload=payload, with_vector=vector
            )
            with self._translated():
                records, offset = shard.scroll(request)
            yield from records
            if offset is None:
                return

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what the engine raises, plain exceptions and panics, into errors of ours."""
        try:
            yield
        except IngestError:
            raise
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror or error}") from error
        except Exception as error:
            if "WouldBlock" in str(error):
                raise LockedError(f"{self._folder} is still being optimised by an earlier run: try again") from error
            raise StoreError(f"{self._folder}: the engine says: {_flatten(error)}") from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # of PyO3, which has no class to import
                raise
            raise StoreError(
                f"{self._folder}: the engine gave up: {_flatten(error)}. If that stays so, its files are damaged: "
                "remove the folder and index anew"
            ) from error


def _index(field: str, kind: IndexKind) -> edge.UpdateOperation:
    index = _INDEXES[kind](memory=edge.Memory.Cold)  # half the memory of an open one (measured)
    return edge.UpdateOperation.create_field_index(field, index)


def _configure(dimension: int) -> edge.EdgeConfig:
    """Keep vectors on the disk until they are read, and index from `UNINDEXED` of them on."""
    threshold = UNINDEXED * dimension * 4 // 1024  # KiB of float32
    return edge.EdgeConfig(
        vectors=edge.EdgeVectorParams(dimension, edge.Distance.Cosine, memory=edge.Memory.Cold),
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=threshold),
        wal_enabled=True,
    )


def _match(dataset: str | None, fields: Mapping[str, Sequence[str]] | None = None) -> edge.Filter:
    """Make the filter for a dataset, None for all, and for fields that have one of some values."""
    wanted = {**({} if dataset is None else {DATASET: [dataset]}), **(fields or {})}
    return edge.Filter(must=[edge.FieldCondition(key, edge.MatchAny(list(some))) for key, some in wanted.items()])


def _own(record: edge.Record) -> dict[str, Any]:
    own: dict[str, Any] = (record.payload or {})["ingest"]
    return own


def _view(vector: Vector) -> Any:  # noqa: ANN401 - its stub knows lists only
    return memoryview(np.ascontiguousarray(vector, np.float32))  # type: ignore[arg-type] # numpy's arrays are buffers


def _weigh(payload: Json) -> int:
    """Estimate the bytes of a payload: characters of up to four bytes, and something for what stands between."""
    total, left = 0, [payload]
    while left:
        value = left.pop()
        if isinstance(value, str):
            total += 4 * len(value)
        elif isinstance(value, dict):
            total += 4 * sum(map(len, value))
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
        else:
            total += 16
    return total


def _flatten(error: BaseException) -> str:
    return " ".join(str(error).split())
