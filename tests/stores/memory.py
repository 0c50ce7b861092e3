"""A store of dicts: what `protocols.Store` asks, in the fewest words, counting what it is asked."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from ingest.entries import place
from ingest.errors import StoreError, UsageError
from ingest.identity import is_comparable
from ingest.model import Collection, Hit, IndexKind, Json, Payload, Point, Stored, Vector, make_mark
from ingest.protocols import Store
from ingest.share import WHOLE, Share
from ingest.stores.builds import Unfinished
from ingest.stores.vectors import check_vectors

WRITES = frozenset(
    {"create", "create_index", "drop", "record", "forget", "upsert", "overwrite", "delete", "mark", "switch", "adopt"}
    | {"delete_strangers"}
)


class MemoryStore:
    """A collection in memory.

    calls: how often each method was called; points: how many points each writing method was given.
    fail_at: the number of the write, counted from 1, that raises StoreError instead of being made; each number
        fails once. It may be set, and `writes` set back to 0, at any time.
    """

    def __init__(self, collection: str = "test", *, private: bool = True, fail_at: int | None = None) -> None:
        self.name = "memory"
        self.collection = collection
        self.private = private
        self.fail_at = fail_at
        self.writes = 0
        self.calls: Counter[str] = Counter()
        self.points: Counter[str] = Counter()
        self.indexes: dict[str, IndexKind] = {}
        self._described: Collection | None = None
        self._points: dict[str, Point] = {}
        self._built: MemoryBuild | None = None

    def describe(self) -> Collection | None:
        self._count("describe")
        return deepcopy(self._described)

    def create(self, collection: Collection) -> None:
        self._count("create")
        if self._described:
            if not self.private and is_comparable(self._described, collection):
                return
            raise StoreError(f"collection {self.collection!r} in {self.name} is there already")
        self._described = replace(deepcopy(collection), adopting=False)

    def create_index(self, field: str, kind: IndexKind) -> None:
        self._count("create_index")
        self._there()
        self.indexes[field] = kind

    def drop(self) -> None:
        self._count("drop")
        if not self.private:
            raise StoreError(f"collection {self.collection!r} in {self.name} is not removed: others may use it")
        self._described = None
        self._points = {}

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        self._count("record")
        there = self._there()
        placed = place(there.datasets.get(dataset, {}), share, deepcopy(dict(entry)))
        self._described = replace(there, datasets={**there.datasets, dataset: placed})

    def forget(self, dataset: str) -> None:
        self._count("forget")
        if self._described:
            kept = {name: entry for name, entry in self._described.datasets.items() if name != dataset}
            self._described = replace(self._described, datasets=kept)

    def count_origins(self, dataset: str) -> dict[str, int]:
        self._count("count_origins")
        return dict(Counter(_read(point, "origin") for point in self._of(dataset)))

    def count_states(self, dataset: str) -> dict[str, int]:
        self._count("count_states")
        return dict(Counter(state for point in self._of(dataset) if (state := _read(point, "state"))))

    def find_written(self, dataset: str) -> dict[str, str]:
        self._count("find_written")
        points = sorted(self._of(dataset), key=lambda point: _read(point, "written") or "")
        return {_read(point, "origin"): when for point in points if (when := _read(point, "written"))}

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        self._count("count_datasets")
        wanted = set(texts)
        return dict(Counter(_read(point, "dataset") for point in self._of(None) if _read(point, "text") in wanted))

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        self._count("list_points")
        wanted = set(origins)
        for point in self._of(dataset):
            if (origin := _read(point, "origin")) in wanted:
                yield Stored(point.id, origin, _read(point, "fingerprint"))

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        self._count("fetch_payloads")
        return {id_: deepcopy(self._points[id_].payload) for id_ in ids if id_ in self._points}

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        self._count("find_vectors")
        wanted = set(texts)
        return {text: point.vector for point in self._points.values() if (text := _read(point, "text")) in wanted}

    def upsert(self, points: Sequence[Point]) -> int:
        self._count("upsert", len(points))
        check_vectors(points, self._there().dimension)
        self._points.update({point.id: deepcopy(point) for point in points})
        return 0

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        self._count("overwrite", len(payloads))
        self._there()
        if missing := payloads.keys() - self._points.keys():
            raise StoreError(f"there is no point {min(missing)}")
        for id_, payload in payloads.items():
            self._points[id_] = replace(self._points[id_], payload=deepcopy(payload))

    def delete(self, ids: Sequence[str]) -> None:
        self._count("delete", len(ids))
        for id_ in ids:
            self._points.pop(id_, None)

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        self._count("mark")
        self._there()
        for point in self._of(dataset):
            if _read(point, "origin") == origin:
                point.payload["ingest"].update(make_mark(state, written))  # type: ignore[union-attr]  # by the design

    def flush(self) -> None:
        self._count("flush")

    def compact(self) -> None:
        self._count("compact")

    def settle(self) -> None:
        self._count("settle")

    def build(self) -> "MemoryBuild":
        self._count("build")
        self._built = self._built or MemoryBuild(self.collection, private=self.private)
        return self._built

    def switch(self, built: Store) -> str:
        self._count("switch")
        if self._built is None or built is not self._built or not self._built._described:
            raise StoreError(f"nothing that can be switched to was built beside {self.collection!r}")
        self._described, self._points = self._built._described, self._built._points
        self.indexes = self._built.indexes
        self._built = None
        return ""

    def clear(self) -> list[str]:
        self._count("clear")
        built, self._built = self._built, None
        if built is None or not built._described:
            return []
        self._count("drop")  # a write, since there was something
        return ["build"]

    def adopt(self, collection: Collection) -> None:
        self._count("adopt")
        if self.private:
            raise UsageError(f"what {self.name} holds is this tool's own")
        self._described = replace(deepcopy(collection), adopting=True)

    def count_strangers(self) -> int:
        self._count("count_strangers")
        return sum(not _read(point, "dataset") for point in self._of(None))

    def delete_strangers(self) -> Iterator[int]:
        self._count("delete_strangers")
        strangers = [point.id for point in self._of(None) if not _read(point, "dataset")]
        for deleted, id_ in enumerate(strangers, start=1):
            del self._points[id_]
            yield deleted
        if self._described:
            self._described = replace(self._described, adopting=False)

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        self._count("search")
        hits = [Hit(point.id, float(point.vector @ vector), deepcopy(point.payload)) for point in self._of(dataset)]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        self._count("scroll")
        yield from deepcopy(self._of(dataset))

    def count(self, dataset: str | None = None) -> int:
        self._count("count")
        return len(self._of(dataset))

    def close(self) -> None:
        self._count("close")

    def _count(self, method: str, points: int = 0) -> None:
        self.calls[method] += 1
        self.points[method] += points
        if method not in WRITES:
            return
        self.writes += 1
        if self.writes == self.fail_at:
            raise StoreError(f"write {self.writes}, {method}, fails as it was told to")

    def _there(self) -> Collection:
        if not self._described:
            raise StoreError(f"there is no collection {self.collection!r} in {self.name}")
        return self._described

    def _of(self, dataset: str | None) -> list[Point]:
        points = self._points.values()
        return [point for point in points if dataset is None or _read(point, "dataset") == dataset]


class MemoryBuild(Unfinished, MemoryStore):
    """What takes the place of a collection in memory."""

    def drop(self) -> None:
        self._count("drop")
        self._described = None
        self._points = {}


def _read(point: Point, name: str) -> str:
    """Read a field of the tool's own bookkeeping, "" where it isn't."""
    own = point.payload.get("ingest")
    return str(own.get(name) or "") if isinstance(own, dict) else ""
