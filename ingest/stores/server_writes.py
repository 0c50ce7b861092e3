"""What is written to the points of one collection of a Qdrant server: bounded batches, several under way.

The client's uploaders are not used: they hide errors, and try again at once and for ever. Every write waits to be
made, its status is checked, and it is made again until the server says that it is made.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.model import Payload, Point, Vector
from ingest.stores.batches import fit
from ingest.stores.delivery import Delivery
from ingest.stores.flight import Flight
from ingest.stores.patience import Asked, Patience
from ingest.stores.weight import weigh

WRITERS = 4  # writes under way at the same time; a shard of a server takes them one after another anyway
MOST_POINTS = 256  # of one write
MOST_BYTES = 4_000_000  # of one write, as JSON; a server takes 32 MiB, proxies before it take less
MOST_IDS = 1_000  # of one deletion
DECIMALS = 9  # of a vector's numbers in JSON: finer than float32 can tell, and half as long
NUMBER = DECIMALS + 5  # bytes of such a number at most, with sign, point and comma
GRACE = 5.0  # seconds that the end of a run waits for writes under way

_POINTS, _MARKS = "points", "marks"


@dataclass(frozen=True, slots=True)
class Wire:
    """How points are written.

    writers: requests under way at the same time; with 1, each is made before its method comes back.
    binary: numbers go as they are, by gRPC, and not as decimals.
    hasten: gives, for a collection that is there, a client that writes to it by gRPC, see `ingest.stores.haste`.
    """

    writers: int = 1
    binary: bool = False
    hasten: Callable[[str, Callable[[], Mapping[str, Any]], Callable[[], str]], QdrantClient | None] | None = None


ONE_BY_ONE = Wire()


class Writes:
    """Writes to one collection, from one thread.

    `upsert` and `mark` come back while several requests are under way. What comes while all writers are busy is
    gathered, and goes in one request with the next that is free. Points, marks and all else never overtake each other:
    each kind begins when the one before is written. Whoever reads asks `settle` first, or one of its kin.

    Any method may raise the StoreError, or CredentialError, of a write that is under way: once, when the others have
    ended. What waits is not sent then, and all is forgotten.

    locate: gives the name by which the server is asked. before: called before each write, in the caller's thread.
    """

    def __init__(
        self,
        client: QdrantClient,
        patience: Patience,
        locate: Callable[[], str],
        *,
        before: Callable[[], None],
        wire: Wire,
    ) -> None:
        self._client, self._patience, self._locate, self._before = client, patience, locate, before
        self._binary, self._hasten = wire.binary, wire.hasten
        self._hastened: QdrantClient | None = None
        self._flight = Flight(wire.writers)
        self._delivery = Delivery(patience)
        self._kind = ""  # of what is under way
        self._waiting: list[tuple[Point, int]] = []  # for a writer to be free, each with its bytes
        self._unwritten: dict[str, Point] = {}  # by id: waiting, or under way
        self._marking: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def upsert(self, points: Sequence[Point]) -> int:
        """Take points to be written, those that wait together in as few requests as points and bytes allow.

        Gives how many points, of this and of earlier calls, are not known to be written.
        """
        self._hurry()
        weighed = [
            (point, (4 if self._binary else NUMBER) * len(point.vector) + weigh(point.payload, point.id))
            for point in points
        ]
        self._begin(_POINTS, again=any(point.id in self._unwritten for point in points))
        self._waiting += weighed
        with self._lock:
            self._unwritten.update((point.id, point) for point in points)
        self._launch(all_=False)
        return len(self._unwritten)

    def mark(self, key: tuple[str, ...], where: models.Filter, fields: Payload) -> None:
        """Set fields of `ingest` on the points that a filter finds; `key` is what no other mark may be of meanwhile."""
        self._begin(_MARKS, again=key in self._marking)
        self._marking.add(key)
        request = partial(self._client.set_payload, self._locate(), fields, where, key="ingest", wait=True)
        self._fly(self._flight.start, partial(self._delivery.make, request))

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id, and wait until that is written."""
        operations: list[models.UpdateOperation] = [
            models.OverwritePayloadOperation(overwrite_payload=models.SetPayload(payload=payload, points=[id_]))
            for id_, payload in payloads.items()
        ]
        sizes = [weigh(payload, id_) for id_, payload in payloads.items()]
        request = partial(self._client.batch_update_points, self._locate(), wait=True)
        self._make_all(request, operations, sizes, most=MOST_POINTS)

    def delete(self, ids: Sequence[models.ExtendedPointId]) -> None:
        """Delete points, and wait until that is written."""
        name = self._locate()

        def request(some: list[models.ExtendedPointId]) -> models.UpdateResult:
            return self._client.delete(name, models.PointIdsList(points=some), wait=True)

        self._make_all(request, list(ids), [0] * len(ids), most=MOST_IDS)

    def make_index(self, field: str, kind: models.PayloadSchemaType) -> None:
        """Make a payload index of a field."""
        self.settle()
        self._before()
        self._delivery.make(self._client.create_payload_index, self._locate(), field, kind, wait=True)

    def settle(self) -> None:
        """Wait until all is written."""
        self._launch(all_=True)
        self._fly(self._flight.settle)
        self._forget()

    def settle_points(self, ids: Iterable[str]) -> None:
        """Wait where one of these points is not written yet."""
        if self._kind != _POINTS or any(id_ in self._unwritten for id_ in ids):
            self.settle()

    def settle_origins(self, origins: Iterable[str]) -> None:
        """Wait where a point of one of these origins is not written yet."""
        unwritten = {_read(point, "origin") for point in self._list_unwritten()}
        if self._kind != _POINTS or not unwritten.isdisjoint(origins):
            self.settle()

    def recall(self, texts: Iterable[str]) -> dict[str, Vector]:
        """Give the vectors of those texts, by their hash, that a point which is not written yet has."""
        wanted = set(texts)
        return {text: point.vector for point in self._list_unwritten() if (text := _read(point, "text")) in wanted}

    def close(self) -> int:
        """Wait some seconds for what is under way; give how many points are not written."""
        try:
            while self._waiting and self._flight.has_room:
                self._start_batch(self._find_end())
            self._fly(self._flight.settle, GRACE)
        finally:
            if self._hastened:
                self._hastened.close()
        return len(self._unwritten)

    def _hurry(self) -> None:
        """Look, before the first point, whether points can go by gRPC."""
        if self._hasten is None:
            return
        hasten, self._hasten, name = self._hasten, None, self._locate()

        def read_record() -> Mapping[str, Any]:
            return self._patience.ask(self._client.get_collection, name).config.metadata or {}

        self._hastened = hasten(name, read_record, lambda: self._patience.ask(self._client.info).version)
        self._binary |= self._hastened is not None

    def _begin(self, kind: str, *, again: bool) -> None:
        """Begin a kind of writes, once those of another kind, and of what is written `again`, are made."""
        if again or self._kind != kind:
            self.settle()
        self._before()
        self._kind = kind

    def _launch(self, *, all_: bool) -> None:
        """Send what waits: full batches as soon as there is a writer, others where one is free, or `all_`."""
        while self._waiting:
            end = self._find_end()
            full = end < len(self._waiting) or end >= self._limit(MOST_POINTS)
            if not (all_ or full or self._flight.has_room):
                return
            self._start_batch(end)

    def _limit(self, most: int) -> int:
        """Give how many items one write may have: so many, or as many as the server was found to take."""
        return int(min(most, self._delivery.most))

    def _find_end(self) -> int:
        most = self._limit(MOST_POINTS)
        return fit([size for _, size in self._waiting[: most + 1]], 0, items=most, weight=MOST_BYTES)

    def _start_batch(self, end: int) -> None:
        """Start a batch of what waits. It waits no more only then: what Ctrl-C sends twice changes nothing more."""
        batch = [point for point, _ in self._waiting[:end]]
        self._fly(self._flight.start, partial(self._upsert, self._locate(), batch))
        del self._waiting[:end]

    def _fly(self, act: Callable[Asked, object], *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Start requests, or wait for them; what fails ends all that are under way."""
        try:
            act(*args, **kwargs)
        except Exception:
            self._forget()
            raise

    def _forget(self) -> None:
        self._waiting.clear()
        with self._lock:
            self._unwritten.clear()
        self._marking.clear()
        self._kind = ""

    def _list_unwritten(self) -> list[Point]:
        with self._lock:
            return list(self._unwritten.values())

    def _upsert(self, name: str, points: list[Point]) -> None:
        client = self._hastened or self._client

        def request(some: list[Point]) -> models.UpdateResult:
            return client.upsert(name, self._pack(some), wait=True)

        self._delivery.send(request, points)
        with self._lock:
            for point in points:
                self._unwritten.pop(point.id, None)

    def _pack(self, points: list[Point]) -> models.Batch:
        """Make the body of a write; its vectors were checked, so that the client need not look at each number."""
        numbers = (p.vector if self._binary else np.round(p.vector.astype(float), DECIMALS) for p in points)
        return models.Batch.model_construct(
            ids=[point.id for point in points],
            vectors=[vector.tolist() for vector in numbers],
            payloads=[dict(point.payload) for point in points],
        )

    def _make_all(self, request: Callable[[list[Any]], Any], items: list[Any], sizes: list[int], *, most: int) -> None:
        """Write items in batches, several under way, and wait for them."""
        self.settle()
        self._before()
        start = 0
        while start < len(items):
            end = fit(sizes, start, items=self._limit(most), weight=MOST_BYTES)
            self._fly(self._flight.start, partial(self._delivery.send, request, items[start:end]))
            start = end
        self.settle()


def _read(point: Point, field: str) -> str:
    own = point.payload.get("ingest")
    return str(own.get(field, "")) if isinstance(own, Mapping) else ""
