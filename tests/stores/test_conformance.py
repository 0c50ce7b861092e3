"""What every store does, be it real or a fake.

A live server takes part when QDRANT_TEST_URL names one; its collection is removed afterwards.
"""

import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from ingest.entries import divide
from ingest.errors import IdentityError, StoreError, UsageError
from ingest.model import IndexKind, Json, Payload, Point, Stored, name_state
from ingest.protocols import Store
from ingest.share import Share
from ingest.stores import open_store
from ingest.stores.embedded import EmbeddedStore
from ingest.stores.server import ServerStore
from tests.loopback import find_free_port
from tests.stores.memory import MemoryStore
from tests.stores.rest import VERSION, LocalQdrant, serve_qdrant
from tests.stores.rpc import serve_grpc
from tests.stores.samples import (
    ABSENT,
    DIMENSION,
    fill,
    make_collection,
    make_payload,
    make_point,
    make_points,
    make_vector,
)

# Of qdrant-client's local mode, on each payload index.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
LIVE = os.environ.get("QDRANT_TEST_URL")


def open_live(stack: ExitStack, *, grpc: bool | None = None) -> Store:
    if not LIVE:
        pytest.skip("QDRANT_TEST_URL names no server")
    name = f"test-{uuid.uuid4()}"
    key = os.environ.get("QDRANT_API_KEY")
    client = QdrantClient(url=LIVE, headers={"api-key": key} if key else None)
    stack.callback(client.close)
    stack.callback(client.delete_collection, name)
    return open_store(url=LIVE, collection=name, api_key=key, prefer_grpc=grpc)


def open_rest(stack: ExitStack, alias: str | None = None) -> Store:
    return open_store(url=stack.enter_context(serve_qdrant()).url, collection="test", alias=alias)


def open_grpc(stack: ExitStack, alias: str | None = None) -> Store:
    local = LocalQdrant(lambda _: None, VERSION)
    port = stack.enter_context(serve_grpc(local)).port
    url = f"http://127.0.0.1:{find_free_port()}"
    return open_store(url=url, collection="test", alias=alias, prefer_grpc=True, grpc_port=port)


STORES: dict[str, Callable[[ExitStack, Path], Store]] = {
    "memory": lambda _, __: MemoryStore(),
    "embedded": lambda _, folder: EmbeddedStore(str(folder / "store"), "test"),
    "local": lambda _, __: ServerStore(QdrantClient(":memory:"), "test", name="local"),
    "rest": lambda stack, _: open_rest(stack),
    "alias": lambda _, __: ServerStore(QdrantClient(":memory:"), "test", name="local", alias="laws"),
    "alias over rest": lambda stack, _: open_rest(stack, alias="laws"),
    "grpc": lambda stack, _: open_grpc(stack),
    "alias over grpc": lambda stack, _: open_grpc(stack, alias="laws"),
    "live": lambda stack, _: open_live(stack),
    "live over rest": lambda stack, _: open_live(stack, grpc=False),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with ExitStack() as stack:
        opened = STORES[request.param](stack, tmp_path)
        stack.callback(opened.close)
        yield opened


def read(store: Store, dataset: str | None = None) -> dict[str, Point]:
    points = list(store.scroll(dataset))
    assert len({point.id for point in points}) == len(points)
    return {point.id: point for point in points}


def assert_same(found: dict[str, Point], expected: dict[str, Point]) -> None:
    assert {id_: point.payload for id_, point in found.items()} == {id_: p.payload for id_, p in expected.items()}
    for id_, point in found.items():
        assert point.vector.dtype == np.float32
        np.testing.assert_allclose(point.vector, expected[id_].vector, atol=1e-6)


def test_an_absent_collection_reads_empty(store: Store) -> None:
    assert store.describe() is None
    assert store.count() == store.count("laws") == 0
    assert store.count_origins("laws") == store.count_states("laws") == {}
    assert list(store.list_points("laws", ["a"])) == []
    assert list(store.scroll()) == []
    assert store.fetch_payloads([ABSENT]) == {}
    assert store.find_vectors(["hash"]) == {}
    assert store.search(make_vector(1), 3) == []
    assert store.count_datasets(["hash"]) == {}
    assert store.count_strangers() == 0
    assert list(store.delete_strangers()) == []
    assert store.clear() == []
    store.delete([ABSENT])
    store.forget("laws")
    store.flush()
    store.settle()
    store.compact()
    assert store.describe() is None


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.upsert([make_point("a")]),
        lambda store: store.overwrite({ABSENT: make_payload("laws", "a", "a")}),
        lambda store: store.mark("laws", "a", "state"),
        lambda store: store.record("laws", {"path": "/a"}),
        lambda store: store.create_index("metadata.rating", "float"),
    ],
)
def test_a_write_to_an_absent_collection_is_refused(store: Store, write: Callable[[Store], None]) -> None:
    with pytest.raises(StoreError, match="there is no collection"):
        write(store)
    assert store.describe() is None


def test_what_a_collection_records_comes_back(store: Store) -> None:
    wanted = replace(make_collection(), datasets={"luật": {"path": "/a", "chunking": {"size": 400}}})
    store.create(wanted)
    found = store.describe()
    assert found is not None
    assert replace(found, canaries=wanted.canaries) == wanted
    np.testing.assert_array_equal(found.canaries, wanted.canaries)
    assert found.canaries.dtype == np.float32


def test_what_is_recorded_of_a_dataset_is_replaced_whole_and_alone(store: Store) -> None:
    store.create(make_collection())
    store.record("a", {"path": "/a", "last_run": {"added": 3}})
    store.record("b/ü.xlsx", {"path": "/b"})
    store.record("a", {"path": "/c", "reading": {}})
    described = store.describe()
    assert described is not None
    assert described.datasets == {"a": {"path": "/c", "reading": {}}, "b/ü.xlsx": {"path": "/b"}}
    assert described.identity == make_collection().identity


def test_shares_of_a_dataset_record_beside_each_other(store: Store) -> None:
    store.create(make_collection())
    cut: dict[str, Json] = {"chunking": {"size": 400}}
    for number in (1, 2):
        store.record("b/ü.xlsx", {**cut, "last_run": {"finished": f"{number}", "added": 3}}, Share(number, 2))
    store.record("c", {"path": "/c"})
    entry = (store.describe() or pytest.fail("gone")).datasets["b/ü.xlsx"]
    assert entry["last_run"] == {"finished": "1", "added": 6}
    assert set(divide(entry)) == {"", "1/2", "2/2"}
    store.record("b/ü.xlsx", {"path": "/b"})
    datasets = (store.describe() or pytest.fail("gone")).datasets
    assert datasets == {"b/ü.xlsx": {"path": "/b"}, "c": {"path": "/c"}}
    store.record("b/ü.xlsx", cut, Share(1, 3))
    store.forget("b/ü.xlsx")
    assert (store.describe() or pytest.fail("gone")).datasets == {"c": {"path": "/c"}}


def test_a_collection_that_another_share_has_made_is_used(store: Store) -> None:
    fill(store, make_points("ab"))
    if store.private:
        with pytest.raises(StoreError, match="already"):
            store.create(make_collection())
    else:
        store.create(make_collection())
    assert store.count() == 2


def test_a_collection_is_not_created_twice(store: Store) -> None:
    fill(store, make_points("ab"))
    with pytest.raises(StoreError, match="already"):
        store.create(make_collection("another"))
    assert store.count() == 2


def test_a_private_collection_is_dropped_and_another_one_not(store: Store) -> None:
    fill(store, make_points("ab"))
    if not store.private:
        with pytest.raises(StoreError, match="not removed"):
            store.drop()
        assert store.count() == 2
        return
    store.drop()
    assert store.describe() is None
    assert store.count() == 0
    store.create(make_collection("another", dimension=4))
    assert store.count() == 0


def test_points_come_back_as_they_were_written(store: Store) -> None:
    points = make_points(["Điều 1.", "제1조", "Article 1", "\x00 NUL", "😀"]) + make_points("xy", "b.txt", "other")
    fill(store, points)
    assert_same(read(store), {point.id: point for point in points})
    assert_same(read(store, "other"), {point.id: point for point in points[5:]})
    assert (store.count(), store.count("laws"), store.count("none")) == (7, 5, 0)
    assert store.fetch_payloads([points[1].id, ABSENT]) == {points[1].id: points[1].payload}


def test_a_point_that_is_written_again_is_replaced_whole(store: Store) -> None:
    fill(store, make_points("ab"))
    store.mark("laws", "luật.txt", "state")
    again = replace(make_point("a"), payload=make_payload("laws", "new.txt", "a", extra=1), vector=make_vector(99))
    store.upsert([again])
    assert_same({again.id: read(store)[again.id]}, {again.id: again})
    assert store.count() == 2
    assert store.count_states("laws") == {"state": 1}


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (np.full(DIMENSION, np.nan, np.float32), "NaN"),
        (np.array([np.inf, *[0] * (DIMENSION - 1)], np.float32), "infinity"),
        (np.zeros(DIMENSION, np.float32), "zeros"),
        (np.ones(DIMENSION - 1, np.float32), "7 numbers, not 8"),
        (np.ones((1, DIMENSION), np.float32), "1x8 numbers, not 8"),
    ],
)
def test_a_bad_vector_keeps_its_whole_batch_from_being_written(
    store: Store, vector: "np.ndarray[tuple[int], np.dtype[np.float32]]", message: str
) -> None:
    fill(store, make_points("a"))
    bad = replace(make_point("bad"), vector=vector)
    with pytest.raises(StoreError, match=message) as caught:
        store.upsert([make_point("good"), bad])
    assert bad.id in str(caught.value)
    assert store.count() == 1


def test_a_payload_is_overwritten_whole_and_the_vector_stays(store: Store) -> None:
    points = make_points("abc")
    fill(store, points)
    store.mark("laws", "luật.txt", "state")
    payloads = {point.id: make_payload("laws", "neu.txt", str(n), extra=n) for n, point in enumerate(points[:2])}
    store.overwrite(payloads)
    found = read(store)
    assert_same(
        {id_: found[id_] for id_ in payloads},
        {point.id: replace(point, payload=payloads[point.id]) for point in points[:2]},
    )
    assert store.count_states("laws") == {"state": 1}
    assert store.count_origins("laws") == {"neu.txt": 2, "luật.txt": 1}


def test_an_overwrite_of_what_is_not_there_is_refused(store: Store) -> None:
    fill(store, make_points("a"))
    with pytest.raises(StoreError, match=ABSENT):
        store.overwrite({ABSENT: make_payload("laws", "a", "a")})
    assert store.count() == 1


def test_deleting_what_is_not_there_is_no_error(store: Store) -> None:
    points = make_points("abc")
    fill(store, points)
    store.delete([points[0].id, ABSENT, points[2].id])
    store.delete([points[0].id])
    store.delete([])
    assert set(read(store)) == {points[1].id}


def test_when_an_origin_was_written_is_found_and_stays_where_a_mark_says_nothing_of_it(store: Store) -> None:
    first, second = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"
    fill(store, [*make_points("ab"), *make_points("cd", "b.txt"), *make_points("ef", "c.txt")])
    assert store.find_written("laws") == {}
    store.mark("laws", "luật.txt", "s1", first)
    store.mark("laws", "b.txt", "s2", first)
    assert store.find_written("laws") == {"luật.txt": first, "b.txt": first}
    store.mark("laws", "b.txt", "s3", second)
    store.mark("laws", "luật.txt", "")
    store.upsert(make_points("gh", "b.txt"))
    assert store.find_written("laws") == {"luật.txt": first, "b.txt": second}
    assert store.find_written("other") == {}


def test_marking_sets_the_state_of_one_origin_and_nothing_else(store: Store) -> None:
    points = [*make_points("ab"), *make_points("cd", "b.txt"), *make_points("ab", dataset="other")]
    fill(store, points)
    store.mark("laws", "luật.txt", "s1")
    assert store.count_states("laws") == {"s1": 2}
    assert store.count_states("other") == {}
    store.mark("laws", "b.txt", "s2")
    store.mark("laws", "luật.txt", "s3")
    assert store.count_states("laws") == {"s3": 2, "s2": 2}
    for point in read(store).values():
        own = point.payload["ingest"]
        assert isinstance(own, dict)
        state = own.pop("state", None)
        assert state == {("laws", "luật.txt"): "s3", ("laws", "b.txt"): "s2"}.get((own["dataset"], own["origin"]))
        assert point.payload == next(p.payload for p in points if p.id == point.id)


def test_a_state_comes_back_as_it_was_written(store: Store) -> None:
    """A state is 32 hexadecimal digits: a UUID to whoever is looking for one."""
    fill(store, [*make_points("ab"), *make_points("c", "b.txt")])
    first, second = (name_state(origin, "bytes", "settings", 2) for origin in ("luật.txt", "b.txt"))
    store.mark("laws", "luật.txt", first)
    store.mark("laws", "b.txt", second)
    assert store.count_states("laws") == {first: 2, second: 1}


def test_more_origins_than_a_facet_gives_by_default_are_counted(store: Store) -> None:
    points = [make_point(f"{n} {m}", f"{n:02}.txt") for n in range(30) for m in range(n % 3 + 1)]
    fill(store, points)
    assert store.count_origins("laws") == {f"{n:02}.txt": n % 3 + 1 for n in range(30)}


def test_the_points_of_some_origins_are_listed(store: Store) -> None:
    points = [make_point(f"{n}", f"{n % 7}.txt") for n in range(40)]
    fill(store, [*points, *make_points("xy", "1.txt", "other")])
    listed = list(store.list_points("laws", ["1.txt", "5.txt", "none.txt"]))
    assert len(listed) == len(set(listed))
    assert {stored.id: stored for stored in listed} == {
        point.id: Stored(point.id, origin, str(own["fingerprint"]))
        for point in points
        if isinstance(own := point.payload["ingest"], dict) and (origin := str(own["origin"])) in ("1.txt", "5.txt")
    }
    assert list(store.list_points("laws", [])) == []


def test_the_vector_of_a_text_is_found_behind_many_equals_of_another(store: Store) -> None:
    common = [make_point("common", f"{n}.txt", ordinal=n) for n in range(300)]
    rare = make_points(["rare", "seldom"])
    fill(store, [*common, *rare])
    own = {point.payload["page_content"]: point.payload["ingest"] for point in [common[0], *rare]}
    hashes = {str(text): str(entry["text"]) for text, entry in own.items() if isinstance(entry, dict)}
    found = store.find_vectors([*hashes.values(), "unknown"])
    assert found.keys() == set(hashes.values())
    for text, hash_ in hashes.items():
        np.testing.assert_allclose(found[hash_], make_point(text).vector, atol=1e-6)
    assert store.find_vectors([]) == {}


def test_a_search_gives_the_nearest_first(store: Store) -> None:
    points = [*make_points("abcdefgh"), *make_points("ijk", "o.txt", "other")]
    fill(store, points)
    query = make_vector(5)
    hits = store.search(query, 4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    expected = sorted(points, key=lambda point: -float(point.vector @ query))[:4]
    assert [hit.id for hit in hits] == [point.id for point in expected]
    for hit, point in zip(hits, expected, strict=True):
        assert hit.payload == point.payload
        assert hit.score == pytest.approx(float(point.vector @ query), abs=1e-5)
    assert {hit.id for hit in store.search(query, 9, "other")} == {point.id for point in points[8:]}
    assert store.search(query, 3, "none") == []
    assert store.search(points[0].vector, 1)[0].score <= 1


def test_what_is_recorded_of_a_dataset_is_forgotten_alone(store: Store) -> None:
    store.create(replace(make_collection(), datasets={"luật": {"path": "/a"}}))
    store.record("b/ü.xlsx", {"path": "/b", "skipped": []})
    store.record("c", {"path": "/c"})
    for dataset in ("luật", "c", "c", "never there"):
        store.forget(dataset)
    described = store.describe()
    assert described is not None
    assert described.datasets == {"b/ü.xlsx": {"path": "/b", "skipped": []}}
    assert described.identity == make_collection().identity
    store.record("c", {"path": "/d"})
    assert (store.describe() or pytest.fail("gone")).datasets["c"] == {"path": "/d"}


def hash_texts(points: list[Point]) -> list[str]:
    return [str(own["text"]) for point in points if isinstance(own := point.payload["ingest"], dict)]


def test_points_that_say_one_of_some_texts_are_counted_by_dataset(store: Store) -> None:
    texts = [f"{n}" for n in range(300)]
    laws, other = make_points(texts), make_points(texts[:7], "b.txt", "khác")
    fill(store, [*laws, *other, make_point("0", "c.txt")])
    hashes = hash_texts(laws)
    assert store.count_datasets(hashes) == {"laws": 301, "khác": 7}
    assert store.count_datasets([*hashes[:3], hashes[0], hashes[299], "unknown"]) == {"laws": 5, "khác": 3}
    assert store.count_datasets(["unknown"]) == store.count_datasets([]) == {}


@pytest.mark.parametrize("payload", [{}, {"page_content": "x"}, {"ingest": {}}, {"ingest": {"dataset": None}}])
def test_points_of_another_program_are_counted_and_deleted_alone(store: Store, payload: Payload) -> None:
    ours = [*make_points("abc"), *make_points("de", "b.txt", "other")]
    fill(store, ours)
    assert store.count_strangers() == 0
    assert list(store.delete_strangers()) == []
    strangers = [Point(str(uuid.uuid4()), make_vector(n), deepcopy(payload)) for n in range(1_100)]
    for start in range(0, 1_100, 100):
        store.upsert(strangers[start : start + 100])
    assert store.count_strangers() == 1_100
    deleted = list(store.delete_strangers())
    assert deleted == sorted(deleted)
    assert deleted[-1] == 1_100
    assert store.count_strangers() == 0
    assert_same(read(store), {point.id: point for point in ours})


def test_what_holds_only_ours_is_not_adopted(store: Store) -> None:
    fill(store, make_points("ab"))
    if store.private:
        with pytest.raises(UsageError):
            store.adopt(make_collection())
    else:
        store.adopt(make_collection())
        with pytest.raises(IdentityError, match="--rebuild"):
            store.adopt(make_collection("another"))
    assert (store.describe() or pytest.fail("gone")).identity == make_collection().identity
    assert store.count() == 2


def test_what_is_built_is_another_collection_until_it_is_switched_to(store: Store) -> None:
    old, new = make_points("abc"), make_points("cdef", "new.txt")
    fill(store, old)
    store.record("laws", {"path": "/old"})
    built = store.build()
    assert built.describe() is None
    assert built.count() == 0
    built.create(make_collection("another", dimension=DIMENSION))
    built.upsert(new)
    built.record("laws", {"path": "/new"})
    built.compact()
    built.settle()
    assert built.clear() == []
    assert_same(read(built), {point.id: point for point in new})
    assert_same(read(store), {point.id: point for point in old})
    described, building = store.describe(), built.describe()
    assert described
    assert building
    assert (described.identity.model, building.identity.model) == ("test", "another")
    assert (described.datasets, building.datasets) == ({"laws": {"path": "/old"}}, {"laws": {"path": "/new"}})

    said = store.switch(built)
    assert_same(read(store), {point.id: point for point in new})
    switched = store.describe()
    assert switched
    assert (switched.identity.model, switched.datasets) == ("another", {"laws": {"path": "/new"}})
    assert ("COLLECTION_NAME=test-2" in said) == (store.collection == "test" and not store.private)
    assert store.clear() == []
    store.upsert(make_points("g"))
    store.record("laws", {"path": "/newer"})
    assert store.count() == 5


def test_what_was_begun_is_gone_on_with_or_cleared_away(store: Store) -> None:
    fill(store, make_points("abc"))
    fill(store.build(), make_points("xy"))
    again = store.build()
    assert again.describe()
    again.upsert(make_points("z"))
    assert again.count() == 3
    removed = store.clear()
    assert removed
    assert store.clear() == []
    assert store.count() == 3
    assert store.build().describe() is None
    assert store.clear() == []


def test_what_was_begun_with_another_model_is_started_over(store: Store) -> None:
    fill(store, make_points("abc"))
    built = store.build()
    fill(built, make_points("xy"))
    with pytest.raises(StoreError, match="already"):
        built.create(make_collection("another"))
    built.drop()
    assert built.describe() is None
    assert store.count() == 3
    built.create(make_collection("another", dimension=4))
    assert (built.count(), store.count()) == (0, 3)
    store.switch(built)
    assert (store.describe() or pytest.fail("gone")).dimension == 4


def test_nothing_else_is_switched_to(store: Store) -> None:
    fill(store, make_points("abc"))
    fill(other := MemoryStore("other"), make_points("xy"))
    with pytest.raises(StoreError, match="built beside"):
        store.switch(other)
    built = fill(store.build(), make_points("xy"))
    with pytest.raises(StoreError):
        built.build()
    with pytest.raises(StoreError):
        built.switch(store)
    with pytest.raises(StoreError):
        built.adopt(make_collection())
    store.clear()
    with pytest.raises(StoreError, match="built beside"):
        store.switch(built)
    assert store.count() == 3


def test_rebuilding_again_and_again_leaves_one_collection(store: Store) -> None:
    fill(store, make_points("a"))
    for text in "bcd":
        built = fill(store.build(), make_points(text))
        store.switch(built)
        assert [point.payload["page_content"] for point in store.scroll()] == [text]
        assert store.clear() == []


def test_closing_twice_is_no_error(store: Store) -> None:
    store.close()
    store.close()


Operation = tuple[str, int, int]
operations = st.lists(
    st.tuples(
        st.sampled_from(["upsert", "overwrite", "delete", "mark", "record", "drop", "create", "compact"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=25,
)


def apply(store: Store, operation: Operation) -> bool:
    """Do something to a store; say whether it was taken."""
    name, number, variant = operation
    origin = f"{number % 2}.txt"
    point = make_point(f"text {number}", origin)
    try:
        match name:
            case "upsert":
                store.upsert([replace(point, vector=make_vector(variant)), make_point(f"text {variant}", "9.txt")])
            case "overwrite":
                store.overwrite({point.id: make_payload("laws", origin, f"other {variant}", variant=variant)})
            case "delete":
                store.delete([point.id])
            case "mark":
                store.mark("laws", origin, f"state {variant}")
            case "record":
                store.record(f"dataset {number}", {"variant": variant})
            case "create":
                store.create(make_collection())
            case "drop" if number == 0:
                store.drop()
            case _:
                store.compact()
    except StoreError:
        return False
    return True


@settings(max_examples=15, deadline=None)
@given(operations)
def test_any_history_leaves_the_same_in_every_private_store(
    tmp_path_factory: pytest.TempPathFactory, history: list[Operation]
) -> None:
    folder = str(tmp_path_factory.mktemp("history"))
    memory, embedded = MemoryStore(), EmbeddedStore(folder, "test")
    for operation in [("create", 0, 0), *history]:
        assert apply(memory, operation) == apply(embedded, operation), operation
    embedded.close()
    reopened = EmbeddedStore(folder, "test")
    assert_same(read(reopened), read(memory))
    assert reopened.count_origins("laws") == memory.count_origins("laws")
    assert reopened.count_states("laws") == memory.count_states("laws")
    one, other = memory.describe(), reopened.describe()
    assert (one and one.datasets) == (other and other.datasets)
    reopened.close()


def test_no_warning_is_silenced_that_is_not_of_the_double() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fill(ServerStore(QdrantClient(":memory:"), "test", name="local"), make_points("a")).close()
    assert {str(warning.message).partition(",")[0] for warning in caught} <= {
        "Payload indexes have no effect in the local Qdrant"
    }


KINDS: tuple[IndexKind, ...] = get_args(IndexKind)


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_may_be_made_at_any_time_and_again_and_changes_no_point(store: Store, kind: IndexKind) -> None:
    before = read(fill(store, make_points(["a", "b", "c"])))
    for field in ("metadata.rating", "metadata.rating", 'metadata."Điểm số"'):
        store.create_index(field, kind)
    store.upsert([make_point("after")])
    found = read(store)
    assert found.keys() == before.keys() | {make_point("after").id}
    assert_same({id_: found[id_] for id_ in before}, before)
