"""What is read of the points of one collection of the embedded store. An absent collection is empty."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from ingest.model import Hit, Payload, Point, Stored, Vector
from ingest.stores.batches import cut
from ingest.stores.engine import STRANGERS, match, translating
from ingest.stores.records import DATASET, ORIGIN, TEXT

PAGE = 1_000  # points that are read at once
MATCHED = 256  # values that one condition lists


class EmbeddedReads:
    """Reads of the shard that `shard` gives, None where there is no collection; `folder` is named by errors."""

    def __init__(self, folder: Path, shard: "Callable[[], edge.EdgeShard | None]") -> None:
        self._folder, self._shard = folder, shard

    def count(self, where: edge.Filter) -> int:
        """Count points, exactly."""
        if not (shard := self._shard()):
            return 0
        with translating(self._folder):
            return shard.count(edge.CountRequest(exact=True, filter=where))

    def count_values(self, where: edge.Filter, key: str) -> dict[str, int]:
        """Count the points of each value of an indexed field, exactly.

        To count exactly, the engine looks for the points of each value anew: 58 µs a value, and less than 1 µs to count
        roughly (measured). Roughly counted, no value has too few points; one that the engine is moving may count twice.
        So where all of them together are as many as there are points, each is right.
        """
        shard = self._shard()
        total = self.count(edge.Filter(must=[where], must_not=[edge.IsEmptyCondition(key)])) if shard else 0
        if not shard or not total:
            return {}
        counts: dict[str, int] = {}
        for exact in (False, True):
            with translating(self._folder):  # one value more than there can be, so that none is cut off unseen
                response = shard.facet(edge.FacetRequest(key, limit=total + 1, exact=exact, filter=where))
            counts = {str(hit.value): hit.count for hit in response.hits}
            if sum(counts.values()) == total:
                break
        return counts

    def count_texts(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        counts: Counter[str] = Counter()
        for some in cut(sorted(set(texts)), MATCHED):
            counts.update(self.count_values(match(None, {TEXT: some}), DATASET))
        return dict(counts)

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        fields = edge.PayloadSelector.Include([ORIGIN, "ingest.fingerprint"])
        for some in cut(origins, MATCHED):
            for record in self._scroll(match(dataset, {ORIGIN: some}), payload=fields, vector=False):
                own = _read_own(record)
                yield Stored(str(record.id), own["origin"], str(own.get("fingerprint", "")))

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        if not (shard := self._shard()):
            return {}
        with translating(self._folder):
            records = shard.retrieve(list(ids), True, False)  # noqa: FBT003 - the engine takes them by position only
        return {str(record.id): dict(record.payload or {}) for record in records}

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        found: dict[str, Vector] = {}
        shard = self._shard()
        for some in cut(texts, MATCHED) if shard else ():
            missing = set(some)
            while shard and missing:  # again: many points of one text may fill a page and hide another text
                request = edge.ScrollRequest(
                    limit=len(missing),
                    filter=match(None, {TEXT: sorted(missing)}),
                    with_payload=edge.PayloadSelector.Include([TEXT]),
                    with_vector=True,
                )
                with translating(self._folder):
                    records, _ = shard.scroll(request)
                if not records:
                    break
                for record in records:
                    text = _read_own(record)["text"]
                    found[text] = np.asarray(record.vector, dtype=np.float32)
                    missing.discard(text)
        return found

    def search(self, vector: Vector, limit: int, where: edge.Filter) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        if not (shard := self._shard()):
            return []
        request = edge.SearchRequest(edge.Query.Nearest(vector.tolist()), limit, filter=where, with_payload=True)
        with translating(self._folder):
            points = shard.search(request)
        return [Hit(str(point.id), min(point.score, 1.0), dict(point.payload or {})) for point in points]

    def list_strangers(self) -> Iterator[str]:
        """List the ids of the points without `ingest.dataset`."""
        for record in self._scroll(STRANGERS, payload=False, vector=False):
            yield str(record.id)

    def scroll(self, where: edge.Filter) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        for record in self._scroll(where, payload=True, vector=True):
            yield Point(str(record.id), np.asarray(record.vector, dtype=np.float32), dict(record.payload or {}))

    def _scroll(self, where: edge.Filter, *, payload: Any, vector: bool) -> Iterator[edge.Record]:  # noqa: ANN401 - the engine's union
        offset = None
        while shard := self._shard():
            request = edge.ScrollRequest(
                offset=offset, limit=PAGE, filter=where, with_payload=payload, with_vector=vector
            )
            with translating(self._folder):
                records, offset = shard.scroll(request)
            yield from records
            if offset is None:
                return


def _read_own(record: edge.Record) -> dict[str, Any]:
    own: dict[str, Any] = (record.payload or {})["ingest"]
    return own
