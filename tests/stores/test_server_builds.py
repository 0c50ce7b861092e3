"""Building beside a server's collection, with an alias and without: whole before, whole after, nothing left behind."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from ingest.errors import IdentityError, LockedError, StoreError, UsageError
from ingest.stores import open_store
from ingest.stores.builds import BEAT, SILENCE, Mark, make_mark, pack_mark
from ingest.stores.metadata import ALIAS, BUILDING, ENTRY, pack_metadata, unpack_metadata
from ingest.stores.records import INDEXED
from ingest.stores.server import ServerStore
from tests.fakes import Crash
from tests.loopback import Answer, Request, serve
from tests.stores.rest import VERSION, LocalQdrant, refuse
from tests.stores.samples import DIMENSION, fill, make_collection, make_points, make_vector

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")

OLD, NEW = make_points("abc"), make_points("cdefg", "new.txt")
NOW = 1_800_000_000.0
SHAPE = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def open_local(client: Any, alias: str | None = None, clock: Clock | None = None) -> ServerStore:
    return ServerStore(client, "test", name="local", alias=alias, sleep=lambda _: None, clock=clock or Clock())


def names(client: QdrantClient) -> list[str]:
    return sorted(found.name for found in client.get_collections().collections)


def aliases(client: QdrantClient) -> dict[str, str]:
    return {found.alias_name: found.collection_name for found in client.get_aliases().aliases}


def point(client: QdrantClient, alias: str, collection: str) -> None:
    made = models.CreateAlias(collection_name=collection, alias_name=alias)
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=made)])


def read(store: ServerStore) -> set[str]:
    return {point.id for point in store.scroll()}


def is_marked(client: QdrantClient, name: str) -> bool:
    return (client.get_collection(name).config.metadata or {}).get(BUILDING) is not None


class Mortal:
    """A client whose process dies at its n-th request: before it is made, or when it has been."""

    def __init__(self, client: QdrantClient, at: int, *, after: bool) -> None:
        self._client, self._left, self._after = client, at, after

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._client, name)

        def request(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left < 0 and not self._after:
                raise Crash
            answer = made(*args, **kwargs)
            if self._left < 0:
                raise Crash
            return answer

        return request


def rebuild(store: ServerStore) -> None:
    """What a rebuild does with a store."""
    store.describe()
    built = store.build()
    if built.describe() is None:
        built.create(make_collection("another"))
    built.upsert(NEW)
    built.record("laws", {"path": "/new"})
    store.switch(built)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("mend", [ServerStore.clear, rebuild])
def test_behind_an_alias_a_death_at_any_request_leaves_the_whole_old_or_the_whole_new(
    mend: Callable[[ServerStore], object], after: bool
) -> None:
    old, new = {point.id for point in OLD}, {point.id for point in NEW}
    outcomes: list[bool] = []
    for at in range(200):
        client = QdrantClient(":memory:")
        fill(open_local(client, "live"), OLD)
        finished = False
        with suppress(Crash):
            rebuild(open_local(Mortal(client, at, after=after), "live"))
            finished = True
        store = open_local(client, "live")
        described = store.describe()
        assert described
        switched = described.identity.model == "another"
        assert read(store) == (new if switched else old)
        assert {str(point.id) for point in client.query_points("live", make_vector(1).tolist(), limit=99).points} == (
            new if switched else old
        )
        assert described.datasets == ({"laws": {"path": "/new"}} if switched else {})
        outcomes.append(switched)
        mend(store)
        assert read(store) == (new if switched or mend is rebuild else old)
        assert len(names(client)) == 1
        assert aliases(client) == {"live": names(client)[0]}
        assert store.clear() == []
        if mend is rebuild:
            assert not is_marked(client, "live")
        if finished:
            break
    assert outcomes == sorted(outcomes), "once it is switched it stays so"
    assert outcomes.index(True) < len(outcomes) - 3, "there are requests after the switch"
    assert outcomes.count(False) > 10


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("mend", [ServerStore.clear, rebuild])
def test_without_an_alias_a_death_at_any_request_leaves_the_old_one_as_it_is(
    mend: Callable[[ServerStore], object], after: bool
) -> None:
    old, new = {point.id for point in OLD}, {point.id for point in NEW}
    for at in range(200):
        client = QdrantClient(":memory:")
        fill(open_local(client), OLD)
        finished = False
        with suppress(Crash):
            rebuild(open_local(Mortal(client, at, after=after)))
            finished = True
        store = open_local(client)
        assert store.describe()
        assert read(store) == old
        done = "test-2" in names(client) and not is_marked(client, "test-2")
        mend(store)
        expected = ["test", "test-2", "test-3"][: 1 + done + (mend is rebuild)]
        assert names(client) == expected
        assert open_local(client).clear() == []
        for name in expected[1:]:
            assert not is_marked(client, name)
            assert read(ServerStore(client, name, name="local")) == new
        if finished:
            assert done
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("after", [False, True])
def test_a_first_run_behind_an_alias_that_died_is_completed(after: bool) -> None:
    for at in range(60):
        client = QdrantClient(":memory:")
        finished = False
        with suppress(Crash):
            fill(open_local(Mortal(client, at, after=after), "live"), OLD)
            finished = True
        reader, store = open_local(client, "live"), open_local(client, "live")
        assert (reader.describe() is None) == (names(client) == [])
        reader.count()
        store.clear()
        if store.describe() is None:
            store.create(make_collection())
        store.upsert(OLD)
        assert (names(client), aliases(client)) == (["test-1"], {"live": "test-1"})
        assert client.count("live").count == len(OLD)
        if finished:
            return
    pytest.fail("it never came to an end")


def test_a_first_run_behind_an_alias_leaves_alone_what_another_makes_meanwhile() -> None:
    """Shares begin together: one comes up to its first points between two requests of the other."""
    for at in range(60):
        client = QdrantClient(":memory:")
        interrupted = Interrupted(client, at, partial(fill, open_local(client, "live"), OLD))
        store = open_local(interrupted, "live")
        store.describe()
        store.clear()
        if interrupted.left >= 0:
            assert at > 3, "it asks for names, aliases and metadata"
            return
        assert (names(client), aliases(client)) == (["test-1"], {"live": "test-1"})
        assert client.count("live").count == len(OLD)
    pytest.fail("it never came to an end")


class Interrupted:
    """A client before whose n-th request something else happens. left: requests until then."""

    def __init__(self, client: QdrantClient, at: int, happens: Callable[[], object]) -> None:
        self._client, self.left, self._happens = client, at, happens

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._client, name)

        def request(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == -1:
                self._happens()
            return made(*args, **kwargs)

        return request


# What is kept and what is removed

MINE = make_mark("test", NOW)
THEIRS = replace(MINE, host="another host")


def make(client: QdrantClient, name: str, *, ours: bool = True, mark: Mark | None = None, alias: str = "") -> None:
    metadata = {
        **(pack_metadata(make_collection()) if ours else {"made_by": "another program"}),
        **({BUILDING: pack_mark(mark)} if mark else {}),
        **({ALIAS: alias} if alias else {}),
    }
    client.create_collection(name, SHAPE, metadata=metadata)


@pytest.mark.parametrize(
    ("name", "how", "behind", "alias", "kept"),
    [
        ("test-2", {"mark": MINE}, (), None, False),
        ("test-2", {"mark": replace(THEIRS, beat=NOW - SILENCE)}, (), None, False),
        ("test-2", {"mark": THEIRS}, (), None, True),
        ("test-2", {"mark": MINE}, ("mine",), None, True),
        ("test-2", {"mark": replace(MINE, of="other")}, (), None, True),
        ("test-2", {"mark": MINE, "ours": False}, (), None, True),
        ("test-2", {}, (), None, True),
        ("test-2", {"alias": "live"}, (), None, True),
        ("test-2", {"ours": False}, (), None, True),
        ("test-1", {"mark": MINE}, (), None, True),
        ("other-2", {"mark": MINE}, (), None, True),
        ("test-2b", {"mark": MINE}, (), None, True),
        ("test-2", {"alias": "live"}, (), "live", False),
        ("test-3", {"alias": "live"}, (), "live", False),
        ("test-3", {"alias": "live", "mark": MINE}, (), "live", False),
        ("test-3", {"mark": MINE}, (), "live", False),
        ("test-3", {"alias": "live", "mark": THEIRS}, (), "live", True),
        ("test-3", {"alias": "live"}, ("mine",), "live", True),
        ("test-3", {"alias": "live", "ours": False}, (), "live", True),
        ("test-3", {"alias": "other"}, (), "live", True),
        ("test-3", {}, (), "live", True),
        ("test-3", {"ours": False}, (), "live", True),
        ("test", {}, (), "live", True),
        ("other-1", {"alias": "live"}, (), "live", True),
    ],
)
def test_what_is_cleared_away(
    name: str, how: Mapping[str, Any], behind: tuple[str, ...], alias: str | None, kept: bool
) -> None:
    client = QdrantClient(":memory:")
    in_use = "test-9" if alias else "test"
    make(client, in_use, alias=alias or "")
    if alias:
        point(client, alias, in_use)
    make(client, name, **how)
    for other in behind:
        point(client, other, name)
    store = open_local(client, alias)
    assert store.clear() == ([] if kept else [name])
    assert names(client) == sorted([in_use, *([name] if kept else [])])
    assert store.clear() == []


def test_clearing_where_there_is_nothing_takes_one_or_two_requests_that_read() -> None:
    with wire() as (server, local):
        for alias, expected in ((None, 1), ("live", 2)):
            store = connect(server.url, alias)
            fill(store, OLD)
            server.requests.clear()
            assert store.clear() == []
            assert [request.method for request in server.requests] == ["GET"] * expected
            server.requests.clear()
            assert store.describe()
            assert len(server.requests) == expected
            local.client.delete_collection("test")


# Who builds


def test_what_another_host_builds_is_left_to_it_for_an_hour() -> None:
    client, clock = QdrantClient(":memory:"), Clock()
    store = open_local(client, clock=clock)
    fill(store, OLD)
    make(client, "test-2", mark=THEIRS)
    with pytest.raises(LockedError, match=rf"'test-2'.*process {MINE.pid} on another host, since 2027-01-15"):
        store.build()
    clock.now += SILENCE - 1
    with pytest.raises(LockedError):
        store.build()
    clock.now += 1
    built = store.build()
    assert built.collection == "test-2"
    built.upsert(NEW)
    metadata = client.get_collection("test-2").config.metadata or {}
    assert metadata[BUILDING]["host"] == MINE.host
    assert metadata[BUILDING]["beat"] == clock.now


def test_a_build_gives_a_sign_of_life_once_a_minute_while_it_is_written_to() -> None:
    with wire() as (server, local):
        clock = Clock()
        client = QdrantClient(server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, clock=clock)
        fill(store, OLD)
        built = fill(store.build(), NEW)
        beats: list[float] = []
        for _ in range(50):
            clock.now += BEAT / 4
            server.requests.clear()
            built.upsert(NEW[:1])
            built.list_points("laws", ["a"])
            assert len(server.requests) in (1, 2)
            beats.append((local.client.get_collection("test-2").config.metadata or {})[BUILDING]["beat"])
            assert clock.now - beats[-1] < BEAT
        assert len(set(beats)) == pytest.approx(50 / 4, abs=1)
        clock.now -= 10 * BEAT  # set back
        built.delete([NEW[0].id])
        assert (local.client.get_collection("test-2").config.metadata or {})[BUILDING]["beat"] == clock.now
        store.switch(built)
        store.upsert(NEW)
        assert not is_marked(local.client, "test-2")


def test_opening_a_build_writes_nothing() -> None:
    with wire() as (server, _):
        store = connect(server.url)
        fill(store, OLD)
        server.requests.clear()
        built = store.build()
        assert built.describe() is None
        built.close()
        assert {request.method for request in server.requests} == {"GET"}
        assert store.count() == 3


def test_a_build_that_is_written_to_by_its_own_name_is_one_no_more() -> None:
    client = QdrantClient(":memory:")
    store = open_local(client)
    fill(store, OLD)
    fill(store.build(), NEW)
    by_name = ServerStore(client, "test-2", name="local")
    assert by_name.describe()
    by_name.record("laws", {"path": "/a"})
    assert not is_marked(client, "test-2")
    assert open_local(client).clear() == []
    assert by_name.count() == len(NEW)


# Aliases


def test_a_collection_of_ours_is_put_behind_a_new_alias_and_nothing_is_written_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = QdrantClient(":memory:")
    caplog.set_level("INFO", "ingest")
    fill(open_local(client), OLD)
    store = open_local(client, "live")
    assert store.describe()
    assert read(store) == {point.id for point in OLD}
    assert aliases(client) == {}
    assert store.clear() == []
    assert aliases(client) == {"live": "test"}
    assert names(client) == ["test"]
    assert "the alias live stands for test now, which was there" in caplog.text
    caplog.clear()
    assert store.clear() == []
    assert not caplog.text, "once"
    store.upsert(NEW[:1])
    said = store.switch(fill(store.build(), NEW))
    assert aliases(client) == {"live": "test-1"}
    assert names(client) == ["test", "test-1"], "it may be in use by its own name"
    assert "live now stands for test-1" in said
    assert "removed" not in said.partition("left as it is")[0]
    assert "'test', is left as it is" in said
    assert store.clear() == []


def test_an_alias_that_was_removed_is_put_back_before_what_was_in_use_not_what_is_being_built() -> None:
    client = QdrantClient(":memory:")
    store = open_local(client, "live")
    fill(store, OLD)
    fill(store.build(), NEW[:1])
    gone = models.DeleteAlias(alias_name="live")
    client.update_collection_aliases([models.DeleteAliasOperation(delete_alias=gone)])
    again = open_local(client, "live")
    assert again.describe()
    assert read(again) == {point.id for point in OLD}
    assert again.clear() == ["test-2"]
    assert (names(client), aliases(client)) == (["test-1"], {"live": "test-1"})


def test_a_rebuild_may_come_before_the_alias() -> None:
    client = QdrantClient(":memory:")
    fill(open_local(client), OLD)
    store = open_local(client, "live")
    rebuild(store)
    assert (names(client), aliases(client)) == (["test", "test-1"], {"live": "test-1"})


def test_what_another_alias_stands_for_is_left() -> None:
    client = QdrantClient(":memory:")
    store = open_local(client, "live")
    fill(store, OLD)
    point(client, "rollback", "test-1")
    said = store.switch(fill(store.build(), NEW))
    assert "'test-1', is left as it is, since it stands behind rollback" in said
    assert aliases(client) == {"live": "test-2", "rollback": "test-1"}
    assert client.count("rollback").count == len(OLD)
    assert store.clear() == []


@pytest.mark.parametrize("ours", [True, False])
def test_an_alias_can_not_have_the_name_of_a_collection(ours: bool) -> None:
    client = QdrantClient(":memory:")
    make(client, "live", ours=ours)
    store = open_local(client, "live")
    asked: list[Callable[[], object]] = [
        store.describe,
        store.count,
        store.clear,
        lambda: store.create(make_collection()),
    ]
    for ask in asked:
        with pytest.raises(UsageError, match=r"--alias live_live"):
            ask()
    assert names(client) == ["live"]


def test_an_alias_may_be_called_like_the_collections_behind_it() -> None:
    client = QdrantClient(":memory:")
    store = open_local(client, "test")
    assert store.describe() is None
    fill(store, OLD)
    rebuild(store)
    assert (names(client), aliases(client)) == (["test-2"], {"test": "test-2"})


def test_a_foreign_collection_of_the_base_name_is_left_and_a_foreign_target_refused() -> None:
    client = QdrantClient(":memory:")
    make(client, "test", ours=False)
    store = open_local(client, "live")
    assert store.describe() is None
    fill(store, OLD)
    assert aliases(client) == {"live": "test-1"}
    make(client, "foreign", ours=False)
    point(client, "theirs", "foreign")
    with pytest.raises(IdentityError, match="--alias theirs_2"):
        open_local(client, "theirs").describe()


def test_no_name_of_an_alias_is_taken() -> None:
    client = QdrantClient(":memory:")
    store = open_local(client)
    fill(store, OLD)
    point(client, "test-2", "test")
    assert store.build().collection == "test-3"


# Over the wire


@contextmanager
def wire(act: Callable[[Request, Callable[[Request], Answer]], Answer] | None = None) -> Iterator[tuple[Any, Any]]:
    local = LocalQdrant(lambda _: None, VERSION)
    with serve((lambda request: act(request, local)) if act else local) as server:
        yield server, local


def connect(url: str, alias: str | None = None) -> ServerStore:
    client = QdrantClient(url, check_compatibility=False)
    return ServerStore(client, "test", name=url, alias=alias, sleep=lambda _: None)


WRITTEN = ["PUT /collections/test-2", "PATCH /collections/test-2", "POST /collections/aliases"]


@pytest.mark.parametrize("kind", [*WRITTEN, "DELETE /collections/test-1", "PUT /collections/test-2/index"])
@pytest.mark.parametrize("fault", [Answer(close=True), refuse(503, "busy"), None])
def test_a_request_that_failed_or_whose_answer_was_lost_is_made_again(kind: str, fault: Answer | None) -> None:
    """None: it is carried out each time, and its first answer lost."""
    met: list[str] = []

    def act(request: Request, local: Callable[[Request], Answer]) -> Answer:
        asked = f"{request.method} {request.path.partition('?')[0]}"
        if asked == kind and not met:
            met.append(asked)
            if fault:
                return fault
            local(request)
            return Answer(close=True)
        return local(request)

    with wire(act) as (server, local):
        store = connect(server.url, "live")
        fill(store, OLD)
        rebuild(store)
        assert met
        assert (names(local.client), aliases(local.client)) == (["test-2"], {"live": "test-2"})
        assert not is_marked(local.client, "live")
        assert read(store) == {point.id for point in NEW}


def test_the_alias_is_switched_in_one_request() -> None:
    with wire() as (server, _):
        store = connect(server.url, "live")
        fill(store, OLD)
        built = fill(store.build(), NEW)
        server.requests.clear()
        assert store.switch(built) == "live now stands for test-2; test-1 was removed"
        switches = [request.json for request in server.requests if request.path.startswith("/collections/aliases")]
        assert switches == [
            {
                "actions": [
                    {"delete_alias": {"alias_name": "live"}},
                    {"create_alias": {"collection_name": "test-2", "alias_name": "live"}},
                ]
            }
        ]


def test_what_was_replaced_and_can_not_be_removed_is_said_and_left_to_the_next_run() -> None:
    def act(request: Request, local: Callable[[Request], Answer]) -> Answer:
        return refuse(403, "no right to delete") if request.method == "DELETE" and denied else local(request)

    denied = True
    with wire(act) as (server, local):
        store = connect(server.url, "live")
        fill(store, OLD)
        built = fill(store.build(), NEW)
        said = store.switch(built)
        assert "left for the next run to remove" in said
        assert "no right to delete" in said
        assert read(store) == {point.id for point in NEW}
        denied = False
        assert store.clear() == ["test-1"]
        assert names(local.client) == ["test-2"]


def test_without_an_alias_a_switch_stands_whatever_is_left() -> None:
    def act(request: Request, local: Callable[[Request], Answer]) -> Answer:
        return refuse(403, "no right to list") if request.path == "/collections" and denied else local(request)

    denied = False
    with wire(act) as (server, local):
        store = connect(server.url)
        fill(store, OLD)
        built = fill(store.build(), NEW)
        denied = True
        said = store.switch(built)
        assert "COLLECTION_NAME=test-2" in said
        assert "no right to list" in said
        assert read(store) == {point.id for point in NEW}
        assert not is_marked(local.client, "test-2")


def test_a_key_for_one_collection_is_enough_for_an_ordinary_run(caplog: pytest.LogCaptureFixture) -> None:
    def act(request: Request, local: Callable[[Request], Answer]) -> Answer:
        return refuse(403, "Global access is required") if request.path in denied else local(request)

    caplog.set_level("INFO", "ingest")
    denied: list[str] = []
    with wire(act) as (server, _):
        store = connect(server.url)
        fill(store, OLD)
        fill(store.build(), NEW)
        denied = ["/collections", "/aliases"]
        with caplog.at_level(logging.INFO, "ingest"):
            assert store.clear() == []
        assert "Global access is required" in caplog.text
        denied = []
        assert store.clear() == ["test-2"]


def test_a_switch_that_the_server_refuses_is_none() -> None:
    def act(request: Request, local: Callable[[Request], Answer]) -> Answer:
        refused = request.path.startswith("/collections/aliases") and b"delete_alias" in request.body
        return refuse(403, "no right to alias") if refused else local(request)

    with wire(act) as (server, local):
        store = connect(server.url, "live")
        fill(store, OLD)
        built = fill(store.build(), NEW)
        with pytest.raises(UsageError, match="no right to alias"):
            store.switch(built)
        assert aliases(local.client) == {"live": "test-1"}
        assert is_marked(local.client, "test-2")
        assert store.count() == len(OLD)


# Adopting


def make_foreign(client: QdrantClient, **shape: Any) -> None:
    client.create_collection("test", shape.pop("vectors", SHAPE), **shape)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"vectors": models.VectorParams(size=DIMENSION + 1, distance=models.Distance.COSINE)}, "9 dimensions"),
        ({"vectors": models.VectorParams(size=DIMENSION, distance=models.Distance.DOT)}, "Dot, not Cosine"),
        ({"vectors": {"text": SHAPE}}, "other vectors than one"),
        ({"vectors": {}}, "other vectors than one"),
        ({"sparse_vectors_config": {"words": models.SparseVectorParams()}}, "other vectors than one"),
        (
            {
                "vectors": SHAPE.model_copy(
                    update={
                        "multivector_config": models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
                    }
                )
            },
            "several vectors",
        ),
        ({"vectors": SHAPE.model_copy(update={"datatype": models.Datatype.UINT8})}, "whole numbers"),
    ],
)
def test_what_our_points_do_not_fit_into_is_not_adopted(shape: dict[str, Any], reason: str) -> None:
    client = QdrantClient(":memory:")
    make_foreign(client, **shape)
    store = open_local(client)
    with pytest.raises(IdentityError) as caught:
        store.describe()
    assert ("--adopt" in str(caught.value)) == ("9 dimensions" in reason)
    with pytest.raises(IdentityError, match=rf"{reason}.*COLLECTION_NAME=test_2"):
        store.adopt(make_collection())
    assert not client.get_collection("test").config.metadata


def test_what_is_not_there_is_not_adopted() -> None:
    with pytest.raises(IdentityError, match="there is no collection 'test'"):
        open_local(QdrantClient(":memory:")).adopt(make_collection())


@pytest.mark.parametrize("alias", [None, "live"])
def test_an_adopted_collection_keeps_what_it_held_and_takes_ours(alias: str | None) -> None:
    with wire() as (server, local):
        client = local.client
        client.create_collection("theirs" if alias else "test", SHAPE, metadata={"made_by": "another program"})
        held = [models.PointStruct(id=n, vector=make_vector(n).tolist(), payload={"text": "cũ"}) for n in range(1, 4)]
        client.upsert("theirs" if alias else "test", held)
        if alias:
            point(client, alias, "theirs")
        store = connect(server.url, alias)
        with pytest.raises(IdentityError, match=r"--adopt, if .* as many dimensions, or fill another one"):
            store.describe()
        store.adopt(make_collection())
        assert sum(request.path.split("?")[0].endswith("/index") for request in server.requests) == len(INDEXED)
        described = store.describe()
        assert described
        assert described.identity == make_collection().identity
        metadata = client.get_collection("theirs" if alias else "test").config.metadata
        assert (metadata or {})["made_by"] == "another program"
        store.upsert(OLD)
        assert (store.count(), store.count_strangers(), store.count("laws")) == (6, 3, 3)
        assert list(store.delete_strangers()) == [3]
        assert read(store) == {point.id for point in OLD}


def test_a_server_that_keeps_no_metadata_adopts_nothing() -> None:
    local = LocalQdrant(lambda _: None, "1.15.5")
    with serve(local) as server:
        make_foreign(local.client)
        with pytest.raises(StoreError, match=r"1\.16 or later"):
            connect(server.url).adopt(make_collection())


def test_a_null_in_the_metadata_is_no_entry() -> None:
    metadata = {**pack_metadata(make_collection()), ENTRY + "a": {"path": "/a"}, ENTRY + "b": None}
    assert unpack_metadata(metadata, "here").datasets == {"a": {"path": "/a"}}


# Settling


@pytest.mark.parametrize(
    "states",
    [
        [{}],
        [{"status": "grey"}],
        [{"status": "yellow"}, {"status": "yellow"}, {}],
        [{"update_queue": {"length": 3}}, {"update_queue": {"length": 1}}, {}],
        pytest.param(
            [{"update_queue": {"length": 0, "deferred_points": 2}}, {}],
            marks=pytest.mark.skipif("deferred_points" not in models.UpdateQueueInfo.model_fields, reason="not read"),
        ),
        [{"indexed_vectors_count": 0, "update_queue": {"length": 0, "deferred_points": None}}],
    ],
)
def test_the_optimizers_are_waited_for(states: list[dict[str, Any]]) -> None:
    with wire() as (server, local):
        slept: list[float] = []
        client = QdrantClient(server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, sleep=slept.append)
        fill(store, OLD)
        remaining = iter(states)

        def next_state(seconds: float) -> None:
            slept.append(seconds)
            local.state = next(remaining)

        store._patience._sleep = next_state
        local.state = next(remaining)
        store.settle()
        assert len(slept) == len(states) - 1
        assert list(remaining) == []


@pytest.mark.parametrize(
    ("state", "message", "waits"),
    [
        ({"status": "yellow"}, "status yellow", True),
        ({"update_queue": {"length": 7}}, "7 operations waiting", True),
        ({"status": "red"}, "status red", False),
        ({"optimizer_status": {"error": "disk is broken"}}, "disk is broken", False),
    ],
)
def test_optimizers_that_never_settle_are_an_error(state: dict[str, Any], message: str, waits: bool) -> None:
    with wire() as (server, local):
        slept: list[float] = []
        client = QdrantClient(server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, sleep=slept.append)
        fill(store, OLD)
        local.state = state
        with pytest.raises(StoreError, match=message):
            store.settle()
        assert (600 <= sum(slept) < 660) == waits
        assert bool(slept) == waits


@pytest.mark.parametrize("name", ["", "a/b", "x" * 201])
def test_a_name_that_no_alias_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="alias"):
        open_store(url="http://127.0.0.1:6333", alias=name)
