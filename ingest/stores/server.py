"""A Qdrant server as a store, through qdrant-client.

Its uploaders are not used: they hide errors, and try again at once and for ever. Every write waits to be made, and
its status is checked.
"""

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.errors import IdentityError, StoreError, UsageError
from ingest.hosts import is_loopback
from ingest.model import Collection, Hit, Json, Payload, Point, Stored, Vector
from ingest.stores.batches import cut, fit
from ingest.stores.failures import AbsentError, LimitedError, NotApplied, PresentError
from ingest.stores.lock import FolderLock, lock_server
from ingest.stores.patience import TIMEOUT, Asked, Patience
from ingest.stores.records import DATASET, INDEXED, ORIGIN, STATE, TEXT, pack, unpack
from ingest.stores.vectors import check_vectors

REST_PORT, GRPC_PORT = 6333, 6334  # of Qdrant, where a URL names none
MOST_POINTS = 256  # of one write
MOST_BYTES = 4_000_000  # of one write, as JSON; a server takes 32 MiB, proxies before it take less
DECIMALS = 9  # of a vector's numbers: finer than float32 can tell, and half the JSON
NUMBER = DECIMALS + 5  # bytes of such a number at most, with sign, point and comma
PAGE = 1_000  # points that are read at once without their vectors
MATCHED = 256  # points that are read at once with their vectors, and values that one condition lists
LOOKS = 3  # at counts that another run may be changing meanwhile

# In the collection's metadata, which a server merges key by key: two runs of different datasets keep each other's.
OWN = "create_vector_db"
ENTRY = f"{OWN}/dataset/"
_KEYWORD = models.PayloadSchemaType.KEYWORD
OLDEST = (1, 16)  # version of a server that gives metadata back

log = logging.getLogger("ingest")


def connect(
    url: str,
    collection: str,
    *,
    api_key: str | None = None,
    prefer_grpc: bool = False,
    grpc_port: int | None = None,
    lock_wait: float | None = None,
) -> "ServerStore":
    """Make the store of one collection at a URL; nothing is sent yet.

    lock_wait: seconds to wait for another process of this host that fills the same collection; None takes no lock.
    Raises UsageError for what is no URL, LockedError where another process holds the collection.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or REST_PORT
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", parts.hostname) or not port:
        shown = re.sub(r"//[^/]*@", "//", url)
        raise UsageError(f"{shown!r} is not the URL of a server: write http://HOST:6333 or https://HOST:6333")
    if api_key is not None and not re.fullmatch(r"[!-~]+", api_key):
        raise UsageError(
            "QDRANT_API_KEY holds a space, a line break or a letter that no header can carry: copy it anew"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    name = f"{parts.scheme}://{host}:{port}"
    loopback = is_loopback(parts.hostname)
    if api_key and parts.scheme == "http" and not loopback:
        log.warning("QDRANT_API_KEY goes to %s unencrypted: use https", name)
    # This machine is never reached through a proxy, whatever the environment says.
    direct: dict[str, Any] = (
        {"mounts": {f"all://{host}": None}, "grpc_options": {"grpc.enable_http_proxy": 0}} if loopback else {}
    )
    lock = None
    if lock_wait is not None:
        lock = lock_server(name, collection)
        lock.acquire(lock_wait)
    client = QdrantClient(
        url=url,
        port=port,
        prefer_grpc=prefer_grpc,
        grpc_port=grpc_port or GRPC_PORT,
        timeout=TIMEOUT,
        headers={"api-key": api_key} if api_key else None,  # given as api_key, plain http prints a warning
        check_compatibility=False,  # it prints, from a thread
        **direct,
    )
    return ServerStore(client, collection, name=name, lock=lock)


class ServerStore:
    """One collection of a server. Others may read it, and write other datasets of it, at the same time."""

    private = False

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        *,
        name: str,
        lock: FolderLock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.collection = collection
        self._client = client
        self._lock = lock
        self._patience = Patience(name, collection, sleep, draw)
        self._described: Collection | None = None
        self._unindexed: set[str] = set()  # as `describe` last found it
        self._most_points = MOST_POINTS

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist."""
        self._described = None
        try:
            info = self._patience.ask(self._client.get_collection, self.collection)
        except AbsentError:
            return None
        self._unindexed = set(INDEXED) - set(info.payload_schema or {})
        metadata = info.config.metadata or {}
        vectors = info.config.params.vectors
        if OWN not in metadata:
            self._refuse(info, "it was not made by this tool")
        if not isinstance(vectors, models.VectorParams) or vectors.distance != models.Distance.COSINE:
            self._refuse(info, "its vectors are not one unnamed vector with cosine distance")
        datasets = {key.removeprefix(ENTRY): entry for key, entry in metadata.items() if key.startswith(ENTRY)}
        described = unpack(metadata[OWN], datasets, f"what collection {self.collection!r} at {self.name} records")
        if vectors.size != described.dimension:
            self._refuse(info, f"its record speaks of {described.dimension} dimensions")
        self._described = described
        return described

    def create(self, collection: Collection) -> None:
        """Create the collection with its record in one request, then its payload indexes.

        Raises StoreError for a server that would not give the record back.
        """
        version = self._patience.ask(self._client.info).version
        if _read_version(version) < OLDEST:
            raise StoreError(
                f"{self.name} is Qdrant {version}, which keeps no metadata of a collection: upgrade it to "
                f"{'.'.join(map(str, OLDEST))} or later"
            )
        metadata: dict[str, Any] = {OWN: pack(collection)}
        metadata |= {ENTRY + name: dict(entry) for name, entry in collection.datasets.items()}
        vectors = models.VectorParams(size=collection.dimension, distance=models.Distance.COSINE)
        try:
            self._patience.ask(self._client.create_collection, self.collection, vectors, metadata=metadata)
        except PresentError:
            there = self.describe()  # our own request may have been carried out and its answer lost
            if there is None or pack(there) != pack(collection):
                raise
        self._unindexed = set(INDEXED)
        self._complete_indexes()
        if self.describe() is None:
            raise StoreError(f"{self.name} does not give collection {self.collection!r} back after making it")

    def drop(self) -> None:
        """Refuse: others may be reading the collection."""
        raise StoreError(
            f"collection {self.collection!r} at {self.name} is not removed, since others may use it: "
            f"fill another one, COLLECTION_NAME={self.collection}_2"
        )

    def record(self, dataset: str, entry: Mapping[str, Json]) -> None:
        """Replace what the collection records of one dataset."""
        self._there()
        metadata = {ENTRY + dataset: dict(entry)}

        def update() -> None:
            if not self._client.update_collection(self.collection, metadata=metadata):
                raise NotApplied("the record was not taken")

        self._patience.ask(update)

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        return self._count_values(dataset, ORIGIN)

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count."""
        return self._count_values(dataset, STATE)

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
                records = self._patience.ask(self._client.retrieve, self.collection, some, with_payload=True)
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
        self._send(partial(self._client.upsert, self.collection, wait=True), structs, sizes)

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays. Raises StoreError for an id that isn't there."""
        self._there()
        operations: list[models.UpdateOperation] = [
            models.OverwritePayloadOperation(overwrite_payload=models.SetPayload(payload=payload, points=[id_]))
            for id_, payload in payloads.items()
        ]
        sizes = [_weigh(payload) for payload in payloads.values()]
        self._send(partial(self._client.batch_update_points, self.collection, wait=True), operations, sizes)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        for some in cut(ids, PAGE):
            selector = models.PointIdsList(points=[*some])
            try:
                self._write(self._client.delete, self.collection, selector, wait=True)
            except AbsentError:
                return

    def mark(self, dataset: str, origin: str, state: str) -> None:
        """Set `ingest.state` on every point of an origin, and nothing else of `ingest`."""
        self._there()
        where = _match(dataset, {ORIGIN: [origin]})
        fields = {"state": state}
        self._write(self._client.set_payload, self.collection, fields, where, key="ingest", wait=True)

    def flush(self) -> None:
        """Do nothing: a write that was waited for stands in the server's log."""

    def compact(self) -> None:
        """Do nothing: a server optimises by itself."""

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        try:
            answer = self._patience.ask(
                self._client.query_points,
                self.collection,
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

    def close(self) -> None:
        """Close the connections and let go of the lock; closing twice is no error."""
        self._client.close()
        if self._lock:
            self._lock.release(trace=False)

    def _there(self) -> Collection:
        """Make sure, once, that the collection is one that this tool may write to."""
        if found := self._described or self.describe():
            return found
        raise AbsentError(f"there is no collection {self.collection!r} at {self.name}")

    def _complete_indexes(self) -> None:
        """Make the payload indexes that a death right after the collection's creation left out."""
        for field in sorted(self._unindexed):
            self._write(self._client.create_payload_index, self.collection, field, _KEYWORD, wait=True)
        self._unindexed = set()

    def _count(self, where: models.Filter) -> int:
        try:
            return self._patience.ask(self._client.count, self.collection, where, exact=True).count
        except AbsentError:
            return 0

    def _count_values(self, dataset: str, key: str) -> dict[str, int]:
        """Count the points of each value of an indexed field.

        The sum is held against an exact count: a sync that believed in fewer would embed and delete in error.
        """
        where = _match(dataset)
        where.must_not = [models.IsEmptyCondition(is_empty=models.PayloadField(key=key))]
        counted, total = 0, 0
        self._complete_indexes()
        for _ in range(LOOKS):
            if not (total := self._count(where)):
                return {}
            answer = self._patience.ask(self._client.facet, self.collection, key, where, limit=total, exact=True)
            hits = answer.hits
            if (counted := sum(hit.count for hit in hits)) == total:
                return {str(hit.value): hit.count for hit in hits}
        raise StoreError(
            f"{self.name} counts {total} points of {dataset!r} in collection {self.collection!r} and {counted} by "
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
                self.collection,
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
        vectors = info.config.params.vectors
        sizes = vectors if isinstance(vectors, dict) else {"": vectors}
        shape = ", ".join(f"{name or 'unnamed'}: {v.size} {v.distance.value}" for name, v in sizes.items() if v)
        version = self._patience.ask(self._client.info).version
        raise IdentityError(
            f"collection {self.collection!r} at {self.name} (Qdrant {version}) can't be used: {reason}. It holds "
            f"{info.points_count or 0} points with vectors ({shape or 'none'}). "
            f"Fill another one: COLLECTION_NAME={self.collection}_2"
        )


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


def _read_version(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else OLDEST
