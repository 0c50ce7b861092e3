"""What is read of the points of one collection of a Qdrant server. An absent collection is empty."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.errors import StoreError
from ingest.model import Hit, Payload, Point, Stored, Vector
from ingest.stores.batches import cut
from ingest.stores.failures import AbsentError
from ingest.stores.patience import Patience
from ingest.stores.records import DATASET, ORIGIN, STATE, TEXT

PAGE = 1_000  # points that are read at once without their vectors
MATCHED = 256  # points that are read at once with their vectors, and values that one condition lists
LOOKS = 10  # at counts that other shares may be changing meanwhile
ROOM = 1_000  # values that may be new since they were counted
STRANGERS = models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key=DATASET))])


class Reads:
    """Reads of one collection; `locate` gives the name by which the server is asked."""

    def __init__(self, client: QdrantClient, patience: Patience, locate: Callable[[], str], *, name: str) -> None:
        self._client, self._patience, self._locate, self._name = client, patience, locate, name
        self._counted: tuple[str, int] | None = None  # points of a dataset, while nothing else was asked

    def count(self, where: models.Filter) -> int:
        """Count points, exactly."""
        try:
            return self._patience.ask(self._client.count, self._locate(), where, exact=True).count
        except AbsentError:
            return 0

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        counts = self.count_values(match(dataset), ORIGIN)
        self._counted = dataset, sum(counts.values())
        return counts

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each state, exactly.

        Mostly each point has one. Then they are as many as those of the origins, which were counted just before, and
        no count is asked for.
        """
        (counted, total), self._counted = self._counted or ("", 0), None
        if total and counted == dataset:
            hits = self._facet(match(dataset), STATE, total + ROOM)
            if sum(hits.values()) == total:
                return hits
        return self.count_values(match(dataset), STATE)

    def count_values(self, where: models.Filter, key: str) -> dict[str, int]:
        """Count the points of each value of an indexed field.

        The sum is held against exact counts, of which one before it and, where other shares write meanwhile, one after
        it must not be on the same side: a sync that believed in fewer would embed and delete in error.
        """
        where.must_not = [models.IsEmptyCondition(is_empty=models.PayloadField(key=key))]
        counted, total = 0, self.count(where)
        for _ in range(LOOKS):
            if not total:
                return {}
            limit = total + ROOM
            hits = self._facet(where, key, limit)
            before, counted = total, sum(hits.values())
            if counted != before:
                total = self.count(where)
            if min(before, total) <= counted <= max(before, total) and len(hits) < limit:
                return hits
        raise StoreError(
            f"{self._name} counts {total} points in collection {self._locate()!r} and {counted} by "
            f"their {key}: another run may be writing them, or an index is damaged. Run again later"
        )

    def count_texts(self, texts: Iterable[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        counts: Counter[str] = Counter()
        for some in cut(sorted(set(texts)), MATCHED):
            counts.update(self.count_values(match(None, {TEXT: some}), DATASET))
        return dict(counts)

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        for some in cut(origins, MATCHED):
            where = match(dataset, {ORIGIN: some})
            for record in self._scroll(where, PAGE, payload=[ORIGIN, "ingest.fingerprint"], vectors=False):
                own = _read_own(record)
                yield Stored(str(record.id), str(own["origin"]), str(own.get("fingerprint", "")))

    def list_strangers(self) -> Iterator[list[models.ExtendedPointId]]:
        """List the ids of the points without `ingest.dataset`, a page at a time."""
        offset = None
        while True:
            records, offset = self._page(STRANGERS, PAGE, payload=False, vectors=False, offset=offset)
            if records:
                yield [record.id for record in records]
            if offset is None:
                return

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
                where = match(None, {TEXT: sorted(missing)})
                records, _ = self._page(where, len(missing), payload=[TEXT], vectors=True)
                for record in records:
                    text = str(_read_own(record)["text"])
                    found[text] = np.asarray(record.vector, dtype=np.float32)
                    missing.discard(text)
                if not records:
                    break
        return found

    def scroll(self, where: models.Filter) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        for record in self._scroll(where, MATCHED, payload=True, vectors=True):
            yield Point(str(record.id), np.asarray(record.vector, dtype=np.float32), dict(record.payload or {}))

    def search(self, vector: Vector, limit: int, where: models.Filter) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        try:
            answer = self._patience.ask(
                self._client.query_points,
                self._locate(),
                vector.tolist(),
                limit=limit,
                query_filter=where,
                with_payload=True,
            )
        except AbsentError:
            return []
        return [Hit(str(point.id), min(point.score, 1.0), dict(point.payload or {})) for point in answer.points]

    def _facet(self, where: models.Filter, key: str, limit: int) -> dict[str, int]:
        hits = self._patience.ask(self._client.facet, self._locate(), key, where, limit=limit, exact=True).hits
        return {str(hit.value): hit.count for hit in hits}

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


def match(dataset: str | None, fields: Mapping[str, Sequence[str]] | None = None) -> models.Filter:
    """Make the filter for a dataset, None for all, and for fields that have one of some values."""
    wanted = {**({} if dataset is None else {DATASET: [dataset]}), **(fields or {})}
    return models.Filter(
        must=[models.FieldCondition(key=key, match=models.MatchAny(any=list(some))) for key, some in wanted.items()]
    )


def _read_own(record: models.Record) -> Payload:
    own: Payload = (record.payload or {})["ingest"]
    return own
