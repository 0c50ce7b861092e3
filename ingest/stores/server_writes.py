"""What is written to the points of one collection of a Qdrant server: bounded batches, several under way.

The client's uploaders are not used: they hide errors, and try again at once and for ever. Every write waits to be
made, its status is checked, and it is made again until the server says that it is made.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.model import Payload, Point, Vector
from ingest.stores.batches import cut, fit
from ingest.stores.failures import LimitedError, NotApplied
from ingest.stores.flight import Flight
from ingest.stores.patience import Asked, Patience

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
    """

    writers: int = 1
    binary: bool = False


ONE_BY_ONE = Wire()


class Writes:
    """Writes to one collection, from one thread.

    `upsert` and `mark` come back while several requests are under way. What comes while all writers are busy is
    gathered, and goes in one request with the next that is free. Points, marks and all else never overtake each other:
    each kind begins when the one before is written. Whoever reads asks `settle` first, or one of its kin.

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
        self._binary = wire.binary
        self._flight = Flight(wire.writers)
        self._most_points = MOST_POINTS
        self._kind = ""  # of what is under way
        self._waiting: list[Point] = []  # for a writer to be free
        self._sizes: list[int] = []
        self._unwritten: dict[str, Point] = {}  # by id: waiting, or under way
        self._marking: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()
        self._failed = False

    @property
    def unwritten(self) -> int:
        """The number of points that were taken and are not known to be written."""
        return len(self._unwritten)

    def upsert(self, points: Sequence[Point]) -> None:
        """Take points to be written, those that wait together in as few requests as points and bytes allow."""
        if self._failed:
            self._forget()
        self._begin(_POINTS, again=any(point.id in self._unwritten for point in points))
        with self._lock:
            self._unwritten.update((point.id, point) for point in points)
        self._waiting += points
        self._sizes += [(4 if self._binary else NUMBER) * len(p.vector) + weigh(p.payload) for p in points]
        try:
            self._launch(all_=False)
        except BaseException:
            self._strike_off(points)  # these were not taken: the caller knows it by the error
            raise

    def mark(self, key: tuple[str, ...], where: models.Filter, fields: Payload) -> None:
        """Set fields of `ingest` on the points that a filter finds; `key` is what no other mark may be of meanwhile."""
        self._begin(_MARKS, again=key in self._marking)
        self._marking.add(key)
        request = partial(self._client.set_payload, self._locate(), fields, where, key="ingest", wait=True)
        self._fly(partial(self._flight.start, partial(self._write, request)))

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id, and wait until that is written."""
        operations: list[models.UpdateOperation] = [
            models.OverwritePayloadOperation(overwrite_payload=models.SetPayload(payload=payload, points=[id_]))
            for id_, payload in payloads.items()
        ]
        sizes = [weigh(payload) for payload in payloads.values()]
        self._make_all(partial(self._client.batch_update_points, self._locate(), wait=True), operations, sizes)

    def delete(self, ids: Sequence[models.ExtendedPointId]) -> None:
        """Delete points, and wait until that is written."""
        self.settle()
        self._before()
        name = self._locate()
        for some in cut(ids, MOST_IDS):
            request = partial(self._client.delete, name, models.PointIdsList(points=some), wait=True)
            self._fly(partial(self._flight.start, partial(self._write, request)))
        self.settle()

    def make_index(self, field: str, kind: models.PayloadSchemaType) -> None:
        """Make a payload index of a field."""
        self.settle()
        self._before()
        self._write(self._client.create_payload_index, self._locate(), field, kind, wait=True)

    def settle(self) -> None:
        """Wait until all is written. Raises the StoreError of what is not."""
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
        """Wait some seconds for what is under way; give how many points are not written.

        Raises the error of what fails meanwhile, unless another write failed before.
        """
        if self._failed:
            self._flight.drain(GRACE)
            return self.unwritten
        while self._waiting and self._flight.has_room:
            self._start_batch(self._find_end())
        if self._flight.settle(GRACE) and not self._waiting:
            self._forget()
        return self.unwritten

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
            full = end < len(self._waiting) or end >= self._most_points
            if not (all_ or full or self._flight.has_room):
                return
            self._start_batch(end)

    def _find_end(self) -> int:
        return fit(self._sizes, 0, items=self._most_points, weight=MOST_BYTES)

    def _start_batch(self, end: int) -> None:
        name, batch = self._locate(), self._waiting[:end]
        del self._waiting[:end], self._sizes[:end]
        self._fly(partial(self._flight.start, partial(self._upsert, name, batch)))

    def _fly(self, act: Callable[[], object]) -> None:
        """Start requests, or wait for them. After a failure, or Ctrl-C, nothing that waits is sent any more."""
        try:
            act()
        except BaseException:
            self._failed = True
            self._waiting.clear()
            self._sizes.clear()
            raise

    def _forget(self) -> None:
        with self._lock:
            self._unwritten.clear()
        self._marking.clear()
        self._kind, self._failed = "", False

    def _list_unwritten(self) -> list[Point]:
        with self._lock:
            return list(self._unwritten.values())

    def _strike_off(self, points: Iterable[Point]) -> None:
        with self._lock:
            for point in points:
                self._unwritten.pop(point.id, None)

    def _upsert(self, name: str, points: list[Point]) -> None:
        def request(some: list[Point]) -> models.UpdateResult:
            return self._client.upsert(name, self._pack(some), wait=True)

        self._send(request, points)
        self._strike_off(points)

    def _pack(self, points: list[Point]) -> models.Batch:
        """Make the body of a write; its vectors were checked, so that the client need not look at each number."""
        numbers = (p.vector if self._binary else np.round(p.vector.astype(float), DECIMALS) for p in points)
        return models.Batch.model_construct(
            ids=[point.id for point in points],
            vectors=[vector.tolist() for vector in numbers],
            payloads=[dict(point.payload) for point in points],
        )

    def _make_all(self, request: Callable[[list[Any]], Any], items: list[Any], sizes: list[int]) -> None:
        """Write items in batches, several under way, and wait for them."""
        self.settle()
        self._before()
        start = 0
        while start < len(items):
            end = fit(sizes, start, items=self._most_points, weight=MOST_BYTES)
            self._fly(partial(self._flight.start, partial(self._send, request, items[start:end])))
            start = end
        self.settle()

    def _send(self, request: Callable[[list[Any]], Any], items: list[Any]) -> None:
        """Write one batch. What a server never lets through at once is halved, and so are the batches after it."""
        try:
            self._write(request, items)
        except LimitedError:
            half = len(items) // 2
            if not half:
                raise
            self._most_points = min(self._most_points, half)
            for some in cut(items, half):
                self._send(request, some)

    def _write(self, request: Callable[Asked, Any], *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Make a write again until the server says that it is made: a repeated one changes nothing more."""

        def checked() -> None:
            answer = request(*args, **kwargs)
            for result in answer if isinstance(answer, list) else [answer]:
                if result.status != models.UpdateStatus.COMPLETED:
                    raise NotApplied(f"the write was accepted and not made in time ({result.status.value})")

        self._patience.ask(checked)


def weigh(payload: Payload) -> int:
    """Give the bytes of a payload as JSON, with the id around it."""
    return len(json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 100


def _read(point: Point, field: str) -> str:
    own = point.payload.get("ingest")
    return str(own.get(field, "")) if isinstance(own, Mapping) else ""
