"""What is written to the points of one collection of a Qdrant server: bounded batches, several under way.

The client's uploaders are not used: they hide errors, and try again at once and for ever. Every write waits to be
made, its status is checked, and it is made again until the server says that it is made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.model import Payload, Point, Vector
from ingest.stores.batches import fit
from ingest.stores.delivery import Delivery
from ingest.stores.flight import Flight
from ingest.stores.gathering import MOST_BYTES, Gathering
from ingest.stores.patience import Asked, Patience
from ingest.stores.unwritten import Unwritten
from ingest.stores.weight import weigh
from ingest.stores.wire import Wire

MOST_POINTS = 256  # of one write
MOST_IDS = 1_000  # of one deletion
MOST_MARKS = 128  # of one write; a text has some tens of points
DECIMALS = 9  # of a vector's numbers in JSON: finer than float32 can tell, and half as long
NUMBER = DECIMALS + 5  # bytes of such a number at most, with sign, point and comma
GRACE = 5.0  # seconds that the end of a run waits for writes under way

_POINTS, _MARKS = "points", "marks"


class Writes:
    """Writes to one collection, from one thread.

    `upsert` and `mark` come back while several requests are under way. What fills no request is gathered, and goes with
    what comes next: points as `Gathering` has it and until a writer is free, marks until all is to be written. Points,
    marks and all else never overtake each other: each kind begins when the one before is written. Whoever reads asks
    `settle` first, or one of its kin.

    Any method may raise the StoreError, or CredentialError, of a write that is under way: once, when the others have
    ended. What waits is not sent then, and all is forgotten.

    locate: gives the name by which the server is asked. before: called before each write, in the caller's thread.
    clock: seconds since 1970 (UTC).
    """

    def __init__(
        self,
        client: QdrantClient,
        patience: Patience,
        locate: Callable[[], str],
        *,
        before: Callable[[], None],
        clock: Callable[[], float],
        wire: Wire,
    ) -> None:
        self._client, self._patience, self._locate, self._before = client, patience, locate, before
        self._binary, self._hasten = wire.binary, wire.hasten
        self._hastened: QdrantClient | None = None
        self._flight = Flight(wire.writers)
        self._delivery, self._marks_delivery = Delivery(patience), Delivery(patience)
        self._kind = ""  # of what is gathered or under way
        self._points = Gathering(wire.linger, clock)
        self._unwritten = Unwritten()  # gathered, or under way
        self._marks: list[models.UpdateOperation] = []  # gathered
        self._most_marks = MOST_MARKS if wire.writers > 1 else 1
        self._marking: set[tuple[str, ...]] = set()  # gathered, or under way

    def upsert(self, points: Sequence[Point]) -> int:
        """Take points to be written, those that are gathered in as few requests as points and bytes allow.

        Gives how many points, of this and of earlier calls, are not known to be written.
        """
        self._hurry()
        weighed = [
            (point, (4 if self._binary else NUMBER) * len(point.vector) + weigh(point.payload, point.id))
            for point in points
        ]
        self._begin(_POINTS, again=self._unwritten.has_any(point.id for point in points))
        self._points.add(weighed)
        self._unwritten.add(points)
        self._launch(all_=False)
        return len(self._unwritten)

    def mark(self, key: tuple[str, ...], where: models.Filter, fields: Payload) -> None:
        """Set fields of `ingest` on the points that a filter finds; `key` is what no other mark may be of meanwhile."""
        self._begin(_MARKS, again=key in self._marking)
        self._marking.add(key)
        payload = models.SetPayload(payload=fields, filter=where, key="ingest")
        self._marks.append(models.SetPayloadOperation(set_payload=payload))
        self._launch_marks(all_=False)

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
        self._launch_marks(all_=True)
        self._fly(self._flight.settle)
        self._forget()

    def settle_points(self, ids: Iterable[str]) -> None:
        """Wait where one of these points is not written yet."""
        if self._kind != _POINTS or self._unwritten.has_any(ids):
            self.settle()

    def settle_origins(self, origins: Iterable[str]) -> None:
        """Wait where a point of one of these origins is not written yet."""
        if self._kind != _POINTS or not self._unwritten.list_origins().isdisjoint(origins):
            self.settle()

    def recall(self, texts: Iterable[str]) -> dict[str, Vector]:
        """Give the vectors of those texts, by their hash, that a point which is not written yet has."""
        return self._unwritten.find_vectors(texts)

    def close(self) -> int:
        """Wait some seconds for what is under way; give how many points are not written."""
        try:
            while self._points and self._flight.has_room:
                self._start(self._points.peek(self._limit(MOST_POINTS)))
            while self._marks and self._flight.has_room:
                self._start_marks()
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
        """Send points: full batches as soon as there is a writer, others that are due where one is free, or `all_`."""
        most = self._limit(MOST_POINTS)
        while self._points:
            batch = self._points.peek(most)
            due = self._points.is_full(batch, most) or (self._flight.has_room and self._points.is_due)
            if not (all_ or due):
                return
            self._start(batch)

    def _launch_marks(self, *, all_: bool) -> None:
        """Send marks: those that fill a request, or `all_`."""
        while self._marks and (all_ or len(self._marks) >= self._marks_limit):
            self._start_marks()

    def _limit(self, most: int) -> int:
        """Give how many items one write may have: so many, or as many as the server was found to take."""
        return int(min(most, self._delivery.most))

    @property
    def _marks_limit(self) -> int:
        return int(min(self._most_marks, self._marks_delivery.most))

    def _start(self, batch: list[Point]) -> None:
        """Start a batch of points. It waits no more only then: what Ctrl-C sends twice changes nothing more."""
        self._fly(self._flight.start, partial(self._upsert, self._locate(), batch))
        self._points.drop(batch)

    def _start_marks(self) -> None:
        """Start a batch of marks; likewise."""
        batch = self._marks[: self._marks_limit]
        request = partial(self._client.batch_update_points, self._locate(), wait=True)
        self._fly(self._flight.start, partial(self._marks_delivery.send, request, batch, unequal=True))
        del self._marks[: len(batch)]

    def _fly(self, act: Callable[Asked, object], *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Start requests, or wait for them; what fails ends all that are under way."""
        try:
            act(*args, **kwargs)
        except Exception:
            self._forget()
            raise

    def _forget(self) -> None:
        self._points.clear()
        self._marks.clear()
        self._unwritten.clear()
        self._marking.clear()
        self._kind = ""

    def _upsert(self, name: str, points: list[Point]) -> None:
        client = self._hastened or self._client

        def request(some: list[Point]) -> models.UpdateResult:
            return client.upsert(name, self._pack(some), wait=True)

        self._delivery.send(request, points)
        self._unwritten.remove(points)

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
