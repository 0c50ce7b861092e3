"""A store that a dry run may write to: it reads through, and keeps every write from being made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.entries import Entry, place
from ingest.model import Collection, Hit, IndexKind, Json, Payload, Point, Stored
from ingest.protocols import Store
from ingest.share import WHOLE, Share

if TYPE_CHECKING:
    from ingest.model import Vector


class ReadOnlyStore:
    """A store as it would be if collections were made and dropped, while points stay as they are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = False  # dropped or made in this run: none of the points that are there belong to it
        self._described: Collection | None = None
        self._adopted = False  # all of the points that are there are another program's
        self._recorded: dict[str, Entry] = {}  # entries as they would be, by dataset
        self._written: dict[str, Payload] = {}  # what can be asked of the points that would have been, by their ids
        self._vectors: dict[str, Vector] = {}  # of the texts that would have been written, by their hash
        self._deleted: Counter[str] = Counter()  # points that would have been, by the hash of their text

    @property
    def name(self) -> str:
        return self._store.name

    @property
    def collection(self) -> str:
        return self._store.collection

    @property
    def private(self) -> bool:
        return self._store.private

    def describe(self) -> Collection | None:
        """Read what the collection would record of itself."""
        described = self._described if self._changed else self._store.describe()
        return described and replace(described, datasets={**described.datasets, **self._recorded})

    def create(self, collection: Collection) -> None:
        """Read from now on as a new collection does."""
        self._changed, self._described = True, collection
        self._recorded.clear()

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Write nothing."""

    def drop(self) -> None:
        """Read from now on as no collection does."""
        self._changed, self._described = True, None
        self._recorded.clear()

    def adopt(self, collection: Collection) -> None:  # noqa: ARG002 - as the protocol has it
        """Read from now on as an absent collection does, beside the points that are there."""
        self._adopted, self._changed, self._described = True, True, None

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        """Write nothing, but let it be read again, as it would be."""
        described = self.describe()
        there = described.datasets.get(dataset, {}) if described else {}
        self._recorded[dataset] = place(there, share, dict(entry))

    def forget(self, dataset: str) -> None:
        """Write nothing."""
        self._recorded.pop(dataset, None)

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, with those that would have been written."""
        there = {} if self._changed else self._store.count_origins(dataset)
        return dict(Counter(there) + Counter(origin for _, origin in self._list_written(dataset)))

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each state."""
        return {} if self._changed else self._store.count_states(dataset)

    def find_written(self, dataset: str) -> dict[str, str]:
        """Find when each origin was last written."""
        return {} if self._changed else self._store.find_written(dataset)

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count the points of each dataset that have one of these texts."""
        return {} if self._changed else self._store.count_datasets(texts)

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins, with those that would have been written."""
        if not self._changed:
            yield from self._store.list_points(dataset, origins)
        wanted = set(origins)
        yield from (Stored(id_, origin, "") for id_, origin in self._list_written(dataset) if origin in wanted)

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; of points that would have been written, the question and our own."""
        there = {} if self._changed else self._store.fetch_payloads(ids)
        return there | {id_: self._written[id_] for id_ in ids if id_ in self._written}

    def find_vectors(self, texts: Sequence[str]) -> "dict[str, Vector]":
        """Find vectors by the hash of their text."""
        left = [text for text in texts if not self._is_deleted(text)]
        there = {} if self._changed else self._store.find_vectors(left)
        return there | {text: self._vectors[text] for text in texts if text in self._vectors}

    def upsert(self, points: Sequence[Point]) -> int:
        """Write nothing, but let the same text be found again, as it would be."""
        for point in points:
            own = point.payload["ingest"]
            if isinstance(own, Mapping):
                self._vectors[str(own["text"])] = point.vector
            self._written[point.id] = {"question": point.payload["question"], "ingest": own}
        return 0

    def _list_written(self, dataset: str) -> Iterator[tuple[str, str]]:
        """List the ids of the points of a dataset that would have been written, each with its origin."""
        for id_, payload in self._written.items():
            own = payload["ingest"]
            if isinstance(own, Mapping) and own["dataset"] == dataset:
                yield id_, str(own["origin"])

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Write nothing."""

    def delete(self, ids: Sequence[str]) -> None:
        """Write nothing, but let a text that only these points say be found no more, as it would be."""
        for payload in self.fetch_payloads(ids).values():
            own = payload["ingest"]
            if isinstance(own, Mapping):
                self._deleted[str(own["text"])] += 1

    def _is_deleted(self, text: str) -> bool:
        deleted = self._deleted[text]
        return deleted > 0 and deleted >= sum(self._store.count_datasets([text]).values())

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        """Write nothing."""

    def flush(self) -> None:
        """Do nothing: nothing was written."""

    def compact(self) -> None:
        """Do nothing: nothing was written."""

    def settle(self) -> None:
        """Wait for the store."""
        self._store.settle()

    def build(self) -> "ReadOnlyStore":
        """Open what a rebuild would fill."""
        return ReadOnlyStore(self._store.build())

    def switch(self, built: Store) -> str:  # noqa: ARG002 - as the protocol has it
        """Write nothing."""
        return ""

    def clear(self) -> list[str]:
        """Write nothing."""
        return []

    def search(self, vector: "Vector", limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points."""
        return [] if self._changed else self._store.search(vector, limit, dataset)

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point."""
        return iter(()) if self._changed else self._store.scroll(dataset)

    def count(self, dataset: str | None = None) -> int:
        """Count points; beside those of another program, the ones that would have been written too."""
        if self._adopted and dataset is None:
            return self._store.count() + len(self._written)
        return 0 if self._changed else self._store.count(dataset)

    def count_strangers(self) -> int:
        """Count the points of another program."""
        if self._adopted:
            return self._store.count()
        return 0 if self._changed else self._store.count_strangers()

    def delete_strangers(self) -> Iterator[int]:
        """Write nothing."""
        return iter(())

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()
