"""A dry run's store reads through and writes nothing, even into the store's own memory."""

import json
from collections.abc import Callable

import pytest

from ingest.protocols import Store
from ingest.stores.readonly import ReadOnlyStore
from tests.stores.memory import WRITES, MemoryStore
from tests.stores.samples import ABSENT, fill, make_collection, make_payload, make_points, make_vector

POINTS = make_points("abc")
TEXTS = [json.loads(json.dumps(point.payload))["ingest"]["text"] for point in POINTS]
READS: dict[str, Callable[[Store], object]] = {
    "describe": lambda store: (found := store.describe()) and (found.identity, found.datasets),
    "count_origins": lambda store: store.count_origins("laws"),
    "count_states": lambda store: store.count_states("laws"),
    "list_points": lambda store: list(store.list_points("laws", ["luật.txt"])),
    "fetch_payloads": lambda store: store.fetch_payloads([POINTS[0].id]),
    "count_datasets": lambda store: store.count_datasets(TEXTS),
    "count_strangers": lambda store: 1 + store.count_strangers(),
    "find_vectors": lambda store: {text: vector.tolist() for text, vector in store.find_vectors(TEXTS[:1]).items()},
    "search": lambda store: store.search(make_vector(1), 2),
    "scroll": lambda store: [(point.id, point.payload) for point in store.scroll()],
    "count": lambda store: store.count("laws"),
}
WRITE: dict[str, Callable[[Store], object]] = {
    "forget": lambda store: store.forget("laws"),
    "clear": lambda store: store.clear(),
    "delete_strangers": lambda store: list(store.delete_strangers()),
    "switch": lambda store: store.switch(fill(store.build(), make_points("z"))),
    "record": lambda store: store.record("laws", {"path": "/other"}),
    "upsert": lambda store: store.upsert(make_points("xyz")),
    "overwrite": lambda store: store.overwrite({POINTS[0].id: make_payload("laws", "x", "x")}),
    "delete": lambda store: store.delete([POINTS[0].id]),
    "mark": lambda store: store.mark("laws", "luật.txt", "state"),
    "create": lambda store: store.create(make_collection("another")),
    "drop": lambda store: store.drop(),
}


def read_all(store: Store) -> dict[str, object]:
    return {name: read(store) for name, read in READS.items()}


@pytest.fixture
def real() -> MemoryStore:
    store = MemoryStore()
    fill(store, POINTS)
    store.record("laws", {"path": "/a"})
    store.mark("laws", "luật.txt", "first")
    store.calls.clear()
    return store


def test_reads_go_through(real: MemoryStore) -> None:
    dry = ReadOnlyStore(real)
    assert read_all(dry) == read_all(real)
    assert all(read_all(real).values())
    assert (dry.name, dry.collection, dry.private) == (real.name, real.collection, real.private)
    dry.close()
    assert real.calls["close"] == 1


@pytest.mark.parametrize("name", WRITE)
def test_no_write_is_made(real: MemoryStore, name: str) -> None:
    before = read_all(real)
    dry = ReadOnlyStore(real)
    WRITE[name](dry)
    dry.flush()
    dry.compact()
    assert not real.calls.keys() & (WRITES | {"flush", "compact"})
    assert read_all(real) == before
    if name == "delete":  # so that the same text is embedded, as it would be
        before["find_vectors"] = {}
    if name == "record":  # a share reads back what others have recorded, and itself
        before["describe"] = read_all(dry)["describe"]
        assert before["describe"] != read_all(real)["describe"]
    if name == "upsert":  # what it would have written is counted and listed, as it would be
        assert dry.count_origins("laws") == {"luật.txt": 6}
        assert len(list(dry.list_points("laws", ["luật.txt"]))) == 6
        assert [*dry.fetch_payloads([make_points("x")[0].id])] == [make_points("x")[0].id]
    elif name not in ("create", "drop"):
        assert read_all(dry) == before


def test_what_was_dropped_reads_as_no_collection(real: MemoryStore) -> None:
    dry = ReadOnlyStore(real)
    dry.drop()
    assert read_all(dry) == read_all(MemoryStore())


def test_what_was_made_reads_as_a_new_collection(real: MemoryStore) -> None:
    dry = ReadOnlyStore(real)
    dry.drop()
    dry.create(make_collection("another"))
    described = dry.describe()
    assert described
    assert described.identity.model == "another"
    assert dry.count() == 0
    assert dry.fetch_payloads([ABSENT]) == {}


def test_what_would_be_built_reads_as_what_was_begun(real: MemoryStore) -> None:
    dry = ReadOnlyStore(real)
    assert dry.build().describe() is None
    begun = real.build()
    fill(begun, make_points("xy"))
    real.calls.clear()
    building = dry.build()
    assert building.count() == 2
    building.upsert(make_points("z"))
    building.drop()
    building.create(make_collection("another"))
    assert building.count() == 0
    assert begun.count() == 2
    assert dry.count() == 3
    assert dry.clear() == []
    assert real.build() is begun


def test_what_would_be_adopted_is_counted_beside_what_would_be_written(real: MemoryStore) -> None:
    dry = ReadOnlyStore(real)
    dry.adopt(make_collection())
    assert dry.describe() is None
    dry.create(make_collection())
    assert (dry.count("laws"), dry.count_origins("laws")) == (0, {})
    assert (dry.count(), dry.count_strangers()) == (3, 3)
    dry.upsert(make_points("vwxyz"))
    assert (dry.count(), dry.count_strangers()) == (8, 3)
    assert list(dry.delete_strangers()) == []
    assert not real.calls.keys() & WRITES
