"""One collection of a Qdrant server, through qdrant-client: its points, and what it records of itself.

The client's uploaders are not used: they hide errors, and try again at once and for ever. Every write waits to be
made, and its status is checked.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.entries import WHOLE_NAME, divide, place
from ingest.errors import IdentityError, StoreError
from ingest.identity import is_comparable
from ingest.model import Collection, Hit, IndexKind, Json, Payload, Point, Stored, Vector
from ingest.share import WHOLE, Share
from ingest.stores.batches import cut, fit
from ingest.stores.catalog import Catalog
from ingest.stores.failures import AbsentError, LimitedError, NotApplied, PresentError
from ingest.stores.metadata import BUILDING, is_ours, name_key, pack_metadata, unpack_metadata
from ingest.stores.patience import Asked, Patience
from ingest.stores.records import DATASET, INDEXED, ORIGIN, STATE, TEXT
from ingest.stores.shapes import find_misfit, show_shape
from ingest.stores.vectors import check_vectors

MOST_POINTS = 256  # of one write
MOST_BYTES = 4_000_000  # of one write, as JSON; a server takes 32 MiB, proxies before it take less
DECIMALS = 9  # of a vector's numbers: finer than float32 can tell, and half the JSON
NUMBER = DECIMALS + 5  # bytes of such a number at most, with sign, point and comma
PAGE = 1_000  # points that are read at once without their vectors
MATCHED = 256  # points that are read at once with their vectors, and values that one condition lists
LOOKS = 10  # at counts that other shares may be changing meanwhile
ROOM = 1_000  # values that may be new since they were counted
SETTLING = 600.0  # seconds that a server's optimizers have to come to an end

_KEYWORD = models.PayloadSchemaType.KEYWORD
_STRANGERS = models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key=DATASET))])


class ServerCollection:
    """The collection of one name. Others may read it, and write other datasets of it, at the same time."""

    private = False

    def __init__(self, client: QdrantClient, collection: str, *, name: str, patience: Patience) -> None:
        self.name = name
        self.collection = collection
        self._client = client
        self._patience = patience
        self._catalog = Catalog(client, patience)
        self._described: Collection | None = None
        self._unindexed: set[str] = set()  # as `describe` last found it
        self._marked = False  # likewise: it says that it is being built
        self._most_points = MOST_POINTS

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist."""
        return self._read()

    def create(self, collection: Collection) -> None:
        """Create the collection with its record in one request, then its payload indexes."""
        name, marks = self._locate(), self._make_marks()
        vectors = models.VectorParams(size=collection.dimension, distance=models.Distance.COSINE)
        try:
            self._patience.ask(
                self._client.create_collection, name, vectors, metadata={**pack_metadata(collection), **marks}
            )
        except PresentError:  # our own request may have been carried out and its answer lost
            info = self._catalog.look(name)
            there = (info.config.metadata if info else None) or {}
            if not is_ours(there) or any(there.get(key) != mark for key, mark in marks.items()):
                raise
            if not is_comparable(unpack_metadata(there, name), collection):  # or another share was first
                raise
        self._unindexed = set(INDEXED)
        self._complete_indexes()
        if self._read() is None:
            raise StoreError(f"{self.name} does not give collection {name!r} back after making it")

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Make a payload index of a field, by its path; one that is there already is no error."""
        self._there()
        self._write(self._client.create_payload_index, self._locate(), field, models.PayloadSchemaType(kind), wait=True)

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        """Replace what the collection records of one dataset, or of one share, beside what others record meanwhile."""
        described = self._there() if share.is_whole else self._look_again()
        before = described.datasets.get(dataset, {})
        placed = place(before, share, entry)
        there, now = divide(before), divide(placed)
        own = WHOLE_NAME if share.is_whole else str(share)
        changed = {own} | {name for name in there.keys() | now.keys() if there.get(name) != now.get(name)}
        self._update({name_key(dataset, name): now.get(name) for name in sorted(changed)})
        self._described = replace(described, datasets={**described.datasets, dataset: placed})

    def forget(self, dataset: str) -> None:
        """Remove what the collection records of a dataset; one of which it records nothing is no error."""
        described = self._described or self.describe()
        records = divide(described.datasets.get(dataset, {})) if described else {}
        try:
            self._update({name_key(dataset, name): None for name in {WHOLE_NAME, *records}})
        except AbsentError:
            return
        self._described = None

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        return self._count_values(_match(dataset), ORIGIN)

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        counts: Counter[str] = Counter()
        for some in cut(sorted(set(texts)), MATCHED):
            counts.update(self._count_values(_match(None, {TEXT: some}), DATASET))
        return dict(counts)

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count.

        qdrant-client's local mode gives 32 hexadecimal digits back as a UUID, with hyphens. No state has any.
        """
        counts = self._count_values(_match(dataset), STATE)
        return {state.replace("-", ""): count for state, count in counts.items()}

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        for some in cut(origins, MATCHED):
            where = _match(dataset, {ORIGIN: some})
            for record in self._scroll(where, PAGE, payload=[ORIGIN, "ingest.fingerprint"], vectors=False):
                own = _own(record)
                yield Stored(str(record.id), own["origin"], str(own.get("fingerprint", "")))

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        found: dict[str, Payload] = {}
        for some in cut(ids, MATCHED):
            try:
                records = self._patience.ask(self._client.retrieve, self._locate(), some, with_payload=True)
            except AbsentError:
                return {}
            found |= {str(record.id): dict(record.payload or {}) for record in records}
        return found

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        found: dict[str, Vector] = {}
        for some in cut(texts, MATCHED):
            missing = set(some)
            while missing:  # again: many points of one text may fill a page and hide another text
                where = _match(None, {TEXT: sorted(missing)})
                records, _ = self._page(where, len(missing), payload=[TEXT], vectors=True)
                for record in records:
                    text = _own(record)["text"]
                    found[text] = np.asarray(record.vector, dtype=np.float32)
                    missing.discard(text)
                if not records:
                    break
        return found

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points, as few requests as the limits on points and bytes allow; all are checked before the first."""
        check_vectors(points, self._there().dimension)
        self._complete_indexes()
        structs = [
            models.PointStruct(id=p.id, vector=np.round(p.vector.astype(float), DECIMALS).tolist(), payload=p.payload)
            for p in points
        ]
        sizes = [NUMBER * len(point.vector) + _weigh(point.payload) for point in points]
        self._send(partial(self._client.upsert, self._locate(), wait=True), structs, sizes)

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays. Raises StoreError for an id that isn't there."""
        self._there()
        operations: list[models.UpdateOperation] = [
            models.OverwritePayloadOperation(overwrite_payload=models.SetPayload(payload=payload, points=[id_]))
            for id_, payload in payloads.items()
        ]
        sizes = [_weigh(payload) for payload in payloads.values()]
        self._send(partial(self._client.batch_update_points, self._locate(), wait=True), operations, sizes)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        for some in cut(ids, PAGE):
            selector = models.PointIdsList(points=[*some])
            try:
                self._write(self._client.delete, self._locate(), selector, wait=True)
            except AbsentError:
                return

    def mark(self, dataset: str, origin: str, state: str) -> None:
        """Set `ingest.state` on every point of an origin, and nothing else of `ingest`."""
        self._there()
        where = _match(dataset, {ORIGIN: [origin]})
        fields = {"state": state}
        self._write(self._client.set_payload, self._locate(), fields, where, key="ingest", wait=True)

    def flush(self) -> None:
        """Do nothing: a write that was waited for stands in the server's log."""

    def compact(self) -> None:
        """Do nothing: a server optimises by itself."""

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        try:
            answer = self._patience.ask(
                self._client.query_points,
                self._locate(),
                vector.tolist(),
                limit=limit,
                query_filter=_match(dataset),
                with_payload=True,
            )
        except AbsentError:
            return []
        return [Hit(str(point.id), min(point.score, 1.0), dict(point.payload or {})) for point in answer.points]

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        for record in self._scroll(_match(dataset), MATCHED, payload=True, vectors=True):
            yield Point(str(record.id), np.asarray(record.vector, dtype=np.float32), dict(record.payload or {}))

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        return self._count(_match(dataset))

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly."""
        return self._count(_STRANGERS)

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`, by their ids; yield how many were deleted so far."""
        deleted, offset = 0, None
        while True:
            records, offset = self._page(_STRANGERS, PAGE, payload=False, vectors=False, offset=offset)
            if records:
                points = models.PointIdsList(points=[record.id for record in records])
                self._write(self._client.delete, self._locate(), points, wait=True)
                deleted += len(records)
                yield deleted
            if offset is None:
                return

    def settle(self) -> None:
        """Wait until the optimizers have nothing left to do; raise StoreError where that does not come in ten minutes.

        What is only waiting for the next write before it is optimised (grey) is searched as it is, and not waited for.
        """
        if state := self._patience.outlast(self._read_state, SETTLING):
            raise StoreError(
                f"{self.name} still has collection {self.collection!r} in work after {SETTLING / 60:.0f} minutes: "
                f"{state}. Run again when it has come to an end"
            )

    def close(self) -> None:
        """Close the connections; closing twice is no error."""
        self._client.close()

    def _locate(self) -> str:
        """Give the name by which the server is asked."""
        return self.collection

    def _make_marks(self) -> dict[str, Any]:
        """Give what the metadata of a new collection holds besides its record."""
        return {}

    def _update(self, metadata: Mapping[str, Any]) -> None:
        """Merge keys into the metadata."""

        def update() -> None:
            if not self._client.update_collection(self._locate(), metadata=dict(metadata)):
                raise NotApplied("the record was not taken")

        self._patience.ask(update)

    def _read(self) -> Collection | None:
        self._described = None
        info = self._catalog.look(self._locate())
        if info is None:
            return None
        metadata = info.config.metadata or {}
        vectors = info.config.params.vectors
        if not is_ours(metadata):
            self._refuse(info, "it was not made by this tool")
        if not isinstance(vectors, models.VectorParams) or vectors.distance != models.Distance.COSINE:
            self._refuse(info, "its vectors are not one unnamed vector with cosine distance")
        described = unpack_metadata(metadata, f"what collection {self.collection!r} at {self.name} records")
        if vectors.size != described.dimension:
            self._refuse(info, f"its record speaks of {described.dimension} dimensions")
        self._unindexed = set(INDEXED) - set(info.payload_schema or {})
        self._marked = metadata.get(BUILDING) is not None
        self._described = described
        return described

    def _read_state(self) -> str:
        """Say what the server is still at; "" for nothing. Raises StoreError for what no waiting mends."""
        info = self._catalog.look(self._locate())
        if info is None:
            return ""
        optimizers = info.optimizer_status
        if info.status == models.CollectionStatus.RED or isinstance(optimizers, models.OptimizersStatusOneOf1):
            said = f", its optimizers say: {optimizers.error}" if not isinstance(optimizers, str) else ""
            raise StoreError(
                f"{self.name} has collection {self.collection!r} in status {info.status.value}{said}: an operation "
                "failed there and was not recovered. Look into the server's log"
            )
        queue = info.update_queue
        deferred = getattr(queue, "deferred_points", None) or 0  # older clients do not read it
        waiting = (queue.length if queue else 0) + deferred
        if info.status == models.CollectionStatus.YELLOW or waiting:
            return f"status {info.status.value}, {waiting} operations waiting"
        return ""

    def _there(self) -> Collection:
        """Make sure, once, that the collection is one that this tool may write to."""
        if found := self._described or self.describe():
            return found
        raise AbsentError(f"there is no collection {self.collection!r} at {self.name}")

    def _look_again(self) -> Collection:
        """Read what is recorded now, in place of what was when this store looked last."""
        self._described = None
        return self._there()

    def _complete_indexes(self) -> None:
        """Make the payload indexes that a death right after the collection's creation left out."""
        for field in sorted(self._unindexed):
            self._write(self._client.create_payload_index, self._locate(), field, _KEYWORD, wait=True)
        self._unindexed = set()

    def _count(self, where: models.Filter) -> int:
        try:
            return self._patience.ask(self._client.count, self._locate(), where, exact=True).count
        except AbsentError:
            return 0

    def _count_values(self, where: models.Filter, key: str) -> dict[str, int]:
        """Count the points of each value of an indexed field.

        The sum is held against exact counts, of which one before it and, where other shares write meanwhile, one after
        it must not be on the same side: a sync that believed in fewer would embed and delete in error.
        """
        where.must_not = [models.IsEmptyCondition(is_empty=models.PayloadField(key=key))]
        counted, total = 0, self._count(where)
        for _ in range(LOOKS):
            if not total:
                return {}
            limit = total + ROOM
            hits = self._patience.ask(self._client.facet, self._locate(), key, where, limit=limit, exact=True).hits
            before, counted = total, sum(hit.count for hit in hits)
            if counted != before:
                total = self._count(where)
            if min(before, total) <= counted <= max(before, total) and len(hits) < limit:
                return {str(hit.value): hit.count for hit in hits}
        raise StoreError(
            f"{self.name} counts {total} points in collection {self.collection!r} and {counted} by "
            f"their {key}: another run may be writing them, or an index is damaged. Run again later"
        )

    def _scroll(
        self, where: models.Filter, limit: int, *, payload: bool | list[str], vectors: bool
    ) -> Iterator[models.Record]:
        offset = None
        while True:
            records, offset = self._page(where, limit, payload=payload, vectors=vectors, offset=offset)
            yield from records
            if offset is None:
                return

    def _page(
        self,
        where: models.Filter,
        limit: int,
        *,
        payload: bool | list[str],
        vectors: bool,
        offset: models.ExtendedPointId | None = None,
    ) -> tuple[list[models.Record], models.ExtendedPointId | None]:
        try:
            return self._patience.ask(
                self._client.scroll,
                self._locate(),
                where,
                limit,
                offset=offset,
                with_payload=payload,
                with_vectors=vectors,
            )
        except AbsentError:
            return [], None

    def _send(self, request: Callable[[list[Any]], Any], items: list[Any], sizes: list[int]) -> None:
        """Write items in batches. What a rate limiter never lets through at once is halved, once."""
        start = 0
        while start < len(items):
            end = fit(sizes, start, items=self._most_points, weight=MOST_BYTES)
            try:
                self._write(request, items[start:end])
            except LimitedError:
                half = (end - start) // 2
                if not half or self._most_points < MOST_POINTS:
                    raise
                self._most_points = half
                continue
            start = end

    def _write(self, request: Callable[Asked, Any], *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Make a write again until the server says that it is made: a repeated one changes nothing more."""

        def checked() -> None:
            answer = request(*args, **kwargs)
            for result in answer if isinstance(answer, list) else [answer]:
                if result.status != models.UpdateStatus.COMPLETED:
                    raise NotApplied(f"the write was accepted and not made in time ({result.status.value})")

        self._patience.ask(checked)

    def _refuse(self, info: models.CollectionInfo, reason: str) -> NoReturn:
        version = self._patience.ask(self._client.info).version
        adopt = ""
        if not is_ours(info.config.metadata) and not find_misfit(info):
            adopt = "Take it over with --adopt, if the embedder's vectors have as many dimensions, or f"
        raise IdentityError(
            f"collection {self.collection!r} at {self.name} (Qdrant {version}) can't be used: {reason}. It holds "
            f"{info.points_count or 0} points with vectors ({show_shape(info)}). "
            f"{adopt or 'F'}ill another one: {self._name_other()}"
        )

    def _name_other(self) -> str:
        """Name the setting that fills another collection."""
        return f"COLLECTION_NAME={self.collection}_2"


def _match(dataset: str | None, fields: Mapping[str, Sequence[str]] | None = None) -> models.Filter:
    """Make the filter for a dataset, None for all, and for fields that have one of some values."""
    wanted = {**({} if dataset is None else {DATASET: [dataset]}), **(fields or {})}
    return models.Filter(
        must=[models.FieldCondition(key=key, match=models.MatchAny(any=list(some))) for key, some in wanted.items()]
    )


def _weigh(payload: Payload) -> int:
    return len(json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 100  # and the id around it


def _own(record: models.Record) -> dict[str, Any]:
    own: dict[str, Any] = (record.payload or {})["ingest"]
    return own
