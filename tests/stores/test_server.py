"""The server store over the wire: what it asks, what it makes of each failure, and what it refuses."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
import pytest
from qdrant_client import QdrantClient, models

from ingest.errors import CredentialError, IdentityError, StoreError, UsageError
from ingest.share import Share
from ingest.stores import open_store, patience
from ingest.stores.connection import connect
from ingest.stores.gathering import MOST_BYTES
from ingest.stores.records import INDEXED
from ingest.stores.server import ServerStore
from ingest.stores.server_reads import LOOKS
from tests.loopback import Answer, Request, Server, find_free_port, script, serve
from tests.stores.rest import LocalQdrant, refuse, serve_qdrant
from tests.stores.samples import DIMENSION, fill, make_collection, make_payload, make_point, make_points, make_vector

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
WRITES = "PUT /collections/test/points"


def name(request: Request) -> str:
    return f"{request.method} {request.path.partition('?')[0]}"


@dataclass
class Faults:
    """Answers the first requests of one kind with failures; None lets one through."""

    kind: str = WRITES
    answers: list[Answer | None] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer | None:
        return self.answers.pop(0) if self.answers and name(request) == self.kind else None


@dataclass
class Wire:
    """A store, the server that it talks to, and what it slept."""

    store: ServerStore
    server: Server
    slept: list[float]

    def take(self) -> list[str]:
        """Give the requests since the last time."""
        taken = [name(request) for request in self.server.requests]
        self.server.requests.clear()
        return taken


@contextmanager
def wire(faults: Callable[[Request], Answer | None] = lambda _: None, version: str = "1.16.3") -> Iterator[Wire]:
    with serve_qdrant(faults, version) as server, connect_to(server) as connected:
        yield connected


@contextmanager
def connect_to(server: Server, timeout: int = 20) -> Iterator[Wire]:
    slept: list[float] = []
    client = QdrantClient(url=server.url, timeout=timeout, check_compatibility=False)
    store = ServerStore(client, "test", name=server.url, sleep=slept.append)
    yield Wire(store, server, slept)
    store.close()


# How much is asked


def test_few_requests_are_made() -> None:
    with wire() as w:
        w.store.create(make_collection())
        assert w.take() == [
            "GET /",
            "PUT /collections/test",
            *["PUT /collections/test/index"] * len(INDEXED),
            "GET /collections/test",
        ]
        points = make_points([str(number) for number in range(256)])
        asked: list[tuple[Callable[[], Any], int]] = [
            (w.store.describe, 1),
            (lambda: w.store.upsert(points), 1),
            (lambda: w.store.overwrite({point.id: point.payload for point in points}), 1),
            (lambda: w.store.mark("laws", "luật.txt", "state"), 1),
            (lambda: w.store.count_origins("laws"), 2),
            (lambda: w.store.count_states("laws"), 1),  # each has one: as many as were just counted
            (lambda: w.store.count_states("laws"), 2),
            (lambda: w.store.count_origins("none"), 1),
            (lambda: list(w.store.list_points("laws", [f"{n}.txt" for n in range(63)] + ["luật.txt"])), 1),
            (lambda: w.store.fetch_payloads([point.id for point in points]), 1),
            (lambda: w.store.find_vectors([str(p.payload["ingest"]["text"]) for p in points]), 1),  # type: ignore[call-overload,index]  # an object, by the design
            (lambda: w.store.find_vectors(["unknown"]), 1),
            (lambda: w.store.search(make_vector(1), 3), 1),
            (lambda: list(w.store.scroll()), 1),
            (w.store.count, 1),
            (lambda: w.store.record("laws", {"path": "/a"}), 1),
            (lambda: w.store.record("laws", {"path": "/a"}), 0),
            (lambda: w.store.record("laws", {"path": "/b"}), 1),
            (lambda: w.store.delete([point.id for point in points]), 1),
            (w.store.flush, 0),
            (w.store.compact, 0),
        ]
        for number, (ask, expected) in enumerate(asked):
            ask()
            assert len(w.take()) == expected, number
        assert w.slept == []


def test_a_batch_is_bounded_by_points_and_by_bytes() -> None:
    with wire() as w:
        w.store.create(make_collection(dimension=768))
        w.take()
        small = [make_point(f"{n} " + "điều khoản " * 40, dimension=768) for n in range(256)]
        w.store.upsert(small)
        assert len(w.server.requests) == 1, "as many as fit into one request"
        w.server.requests.clear()

        large = [make_point(f"{n} " + "제1조 근로자는 " * 4_000, dimension=768) for n in range(80)]
        w.store.upsert(large)
        assert all(len(request.body) <= MOST_BYTES for request in w.server.requests)
        assert 2 <= len(w.server.requests) <= 4
        w.server.requests.clear()
        w.store.overwrite({point.id: point.payload for point in large})
        assert all(len(request.body) <= MOST_BYTES for request in w.server.requests)
        w.server.requests.clear()

        giant = make_point("x" * (MOST_BYTES + 1), dimension=768)
        w.store.upsert([small[0], giant, small[1]])
        assert [len(request.json["batch"]["ids"]) for request in w.server.requests] == [1, 1, 1]
        assert w.store.count() == 256 + 80 + 1


# Failures that pass


@pytest.mark.parametrize(
    "answer",
    [
        refuse(500, "Service internal error: 1 of 1 read operations failed"),
        refuse(502, "bad gateway"),
        refuse(503, "Service unavailable"),
        Answer(504, "<html>gateway time-out</html>"),
        Answer(close=True),
        Answer(body={"result": {"operation_id": 1, "status": "completed"}}, cut=True),
        Answer(body={"result": {"operation_id": 1, "status": "wait_timeout"}, "status": "ok", "time": 60.0}),
        Answer(body={"result": {"operation_id": 1, "status": "acknowledged"}, "status": "ok", "time": 0.1}),
        refuse(429, "Rate limiting exceeded", Retry_After="0"),
        refuse(429, "Rate limiting exceeded", Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
    ],
)
def test_a_write_that_failed_for_a_while_is_made_again(answer: Answer) -> None:
    with wire(Faults(answers=[answer, answer])) as w:
        fill(w.store, make_points("abc"))
        assert len(w.slept) == 2
        assert w.take().count(WRITES) == 3
        assert w.store.count() == 3


def test_the_server_is_waited_for_as_long_as_it_says() -> None:
    with wire(Faults(answers=[refuse(429, "Rate limiting exceeded", Retry_After="7")])) as w:
        fill(w.store, make_points("abc"))
        assert w.slept == [pytest.approx(7.35, abs=0.35)]


def test_a_request_without_an_answer_is_made_again() -> None:
    local = LocalQdrant(Faults(answers=[Answer(stall=True)]), "1.16.3")
    with serve(local) as server, connect_to(server, timeout=1) as w:
        fill(w.store, make_points("abc"))
        assert len(w.slept) == 1
        assert w.store.count() == 3


def test_a_service_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "TIMEOUT", 300)
    with serve(script(Answer(stall=True))) as server, connect_to(server, timeout=1) as w:
        with pytest.raises(StoreError, match=rf"{server.url}.*timed out"):
            w.store.describe()
        assert len(server.requests) == 1


def test_a_failure_that_does_not_pass_ends() -> None:
    with wire(Faults(answers=[refuse(500, "it is broken")] * 99)) as w:
        w.store.create(make_collection())
        with pytest.raises(StoreError, match=f"{w.server.url} answers 500: it is broken"):
            w.store.upsert(make_points("abc"))
        assert 200 <= sum(w.slept) <= 300
        assert w.take().count(WRITES) == len(w.slept) + 1 < 30


def test_reads_are_made_again_too() -> None:
    busy = refuse(503, "busy")
    with wire(Faults("POST /collections/test/points/scroll", [busy, busy])) as w:
        fill(w.store, make_points("abc"))
        assert len(list(w.store.scroll())) == 3
        assert len(w.slept) == 2


def test_a_creation_whose_answer_was_lost_is_a_creation() -> None:
    local = LocalQdrant(lambda _: None, "1.16.3")
    lost: list[str] = []

    def lose(request: Request) -> Answer:
        answer = local(request)
        if name(request) == "PUT /collections/test" and not lost:
            lost.append(name(request))
            return Answer(close=True)
        return answer

    with serve(lose) as server, connect_to(server) as w:
        fill(w.store, make_points("abc"))
        assert lost
        assert w.take().count("PUT /collections/test") == 2
        with pytest.raises(StoreError, match="already"):
            w.store.create(make_collection("another"))


# Failures that stay


@pytest.mark.parametrize("status", [400, 404, 405, 422, 507])
def test_a_write_that_is_refused_is_made_once(status: int) -> None:
    with wire(Faults(answers=[refuse(status, "its words")] * 9)) as w:
        w.store.create(make_collection())
        with pytest.raises(StoreError, match=f"{w.server.url} answers {status}: its words"):
            w.store.upsert(make_points("abc"))
        assert w.take().count(WRITES) == 1
        assert w.slept == []


def test_a_full_server_is_told_what_it_needs() -> None:
    with (
        wire(Faults(answers=[refuse(507, "quota exceeded")])) as w,
        pytest.raises(StoreError, match="room on its disk"),
    ):
        fill(w.store, make_points("abc"))


def test_a_rejected_key_is_named_and_not_shown() -> None:
    with serve(script(refuse(401, "Must provide an API key or an Authorization bearer token"))) as server:
        store = open_store(url=server.url, api_key="very-secret")
        with pytest.raises(CredentialError, match="QDRANT_API_KEY") as caught:
            store.describe()
        assert server.requests[0].headers["api-key"] == "very-secret"
        assert "very-secret" not in str(caught.value)
        assert len(server.requests) == 1
        store.close()


def test_a_batch_that_a_limiter_never_lets_through_is_halved_once_and_for_the_run() -> None:
    limited = refuse(
        429, "Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity"
    )

    def limit(request: Request) -> Answer | None:
        return limited if name(request) == WRITES and len(request.json["batch"]["ids"]) > 128 else None

    with wire(limit) as w:
        w.store.create(make_collection())
        w.take()
        w.store.upsert(make_points([str(number) for number in range(256)]))
        assert [len(request.json["batch"]["ids"]) for request in w.server.requests] == [256, 128, 128]
        w.server.requests.clear()
        w.store.upsert(make_points([str(number) for number in range(256)]))
        assert [len(request.json["batch"]["ids"]) for request in w.server.requests] == [128, 128]
        assert w.slept == []


@pytest.mark.parametrize(("points", "requests"), [(1, [1]), (8, [8, 4, 2, 1])])
def test_a_limiter_that_refuses_the_half_too_ends_the_run(points: int, requests: list[int]) -> None:
    with wire(Faults(answers=[refuse(429, "too large")] * 9)) as w:
        w.store.create(make_collection())
        w.take()
        with pytest.raises(StoreError, match=r"too large.*strict mode"):
            w.store.upsert(make_points([str(number) for number in range(points)]))
        assert [len(request.json["batch"]["ids"]) for request in w.server.requests] == requests


def test_a_server_that_is_not_there_is_told_in_seconds() -> None:
    slept: list[float] = []
    url = f"http://127.0.0.1:{find_free_port()}"
    client = QdrantClient(url=url, check_compatibility=False)
    store = ServerStore(client, "test", name=url, sleep=slept.append)
    with pytest.raises(StoreError, match=f"no connection to {url}"):
        store.describe()
    assert len(slept) == 2
    assert sum(slept) < 3
    store.close()


@pytest.mark.parametrize(
    "answer", [Answer(404, "<html>Not Found</html>"), Answer(200, "<html>Welcome</html>"), Answer(200, {"ok": True})]
)
def test_what_is_no_qdrant_server_is_not_an_absent_collection(answer: Answer) -> None:
    with serve(script(answer)) as server, connect_to(server) as w, pytest.raises(StoreError, match="Qdrant server"):
        w.store.describe()


def test_counts_that_do_not_add_up_are_not_believed() -> None:
    short = Answer(body={"result": {"hits": [{"value": "luật.txt", "count": 2}]}, "status": "ok", "time": 0.1})
    with wire(Faults("POST /collections/test/facet", [short])) as w:
        fill(w.store, make_points("abc"))
        assert w.store.count_origins("laws") == {"luật.txt": 3}
    with wire(Faults("POST /collections/test/facet", [short] * LOOKS)) as w:
        fill(w.store, make_points("abc"))
        with pytest.raises(StoreError, match=r"counts 3 points .* and 2 by their ingest\.origin"):
            w.store.count_origins("laws")


def test_counts_are_believed_while_another_share_writes() -> None:
    writes: list[Callable[[], object]] = []

    def write_meanwhile(request: Request) -> None:
        if request.path.endswith("/facet") and writes:
            writes.pop()()

    with serve_qdrant(write_meanwhile) as server, connect_to(server) as w, connect_to(server) as another:
        fill(w.store, make_points("abc"))
        writes.append(lambda: another.store.upsert(make_points("v", "khác.txt")))
        w.take()
        assert w.store.count_origins("laws") == {"luật.txt": 3, "khác.txt": 1}
        assert w.take().count("POST /collections/test/facet") == 1
        assert w.slept == []


# Shares that write at once


@pytest.mark.parametrize("alias", [None, "laws"])
@pytest.mark.parametrize("moment", range(14))
def test_shares_that_make_the_collection_at_once_use_the_same_one(alias: str | None, moment: int) -> None:
    """The second looks and makes it before any of the requests of the first."""
    asked: list[Request] = []

    def open_share(server: Server) -> ServerStore:
        client = QdrantClient(url=server.url, check_compatibility=False)
        return ServerStore(client, "test", name=server.url, alias=alias)

    def fill_share(store: ServerStore, origin: str) -> None:
        if store.describe() is None:
            store.create(make_collection())
        store.upsert(make_points("x", origin))

    def meanwhile(request: Request) -> None:
        asked.append(request)
        if len(asked) == moment + 1:
            fill_share(second, "b.txt")

    with serve_qdrant(meanwhile) as server:
        first, second = open_share(server), open_share(server)
        fill_share(first, "a.txt")
        fill_share(second, "b.txt")
        assert first.count_origins("laws") == second.count_origins("laws") == {"a.txt": 1, "b.txt": 1}
        assert first._catalog.list_names() == {"test-1" if alias else "test"}
        assert first._catalog.list_aliases() == ({alias: "test-1"} if alias else {})
        first.close()
        second.close()


def test_shares_of_another_model_don_t_use_the_same_one() -> None:
    with wire() as w:
        w.store.create(make_collection())
        with pytest.raises(StoreError, match="already"):
            w.store.create(make_collection("another"))


def test_each_share_writes_its_own_record_alone() -> None:
    with wire() as w, connect_to(w.server) as another:
        w.store.create(make_collection())
        cut = {"chunking": {"size": 400}}
        w.store.record("laws", cut, Share(1, 2))
        another.store.describe()
        w.store.record("laws", {**cut, "path": "/a"}, Share(1, 2))
        another.store.record("laws", {**cut, "path": "/b"}, Share(2, 2))
        w.server.requests.clear()
        w.store.record("laws", {**cut, "path": "/c"}, Share(1, 2))
        (written,) = [request.json["metadata"] for request in w.server.requests if request.method == "PATCH"]
        assert [*written] == ["create_vector_db/share/1/2/laws"]
        described = w.store.describe()
        assert described
        assert described.datasets["laws"]["shares"] == {
            "": cut,
            "1/2": {**cut, "path": "/c"},
            "2/2": {**cut, "path": "/b"},
        }


# Collections of others, and of other versions


def test_a_server_that_keeps_no_metadata_is_refused_before_anything_is_made() -> None:
    with wire(version="1.15.5") as w:
        with pytest.raises(StoreError, match=r"is Qdrant 1\.15\.5, which keeps no metadata.*1\.16 or later"):
            w.store.create(make_collection())
        assert w.take() == ["GET /"]


@pytest.mark.parametrize(
    ("vectors", "ours", "message"),
    [
        (models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE), False, "not made by this tool"),
        (models.VectorParams(size=DIMENSION, distance=models.Distance.DOT), True, "one unnamed vector with cosine"),
        ({"a": models.VectorParams(size=3, distance=models.Distance.COSINE)}, True, "one unnamed vector with cosine"),
        (models.VectorParams(size=3, distance=models.Distance.COSINE), True, "its record speaks of 8 dimensions"),
    ],
)
def test_a_collection_that_is_not_as_ours_are_is_refused(vectors: Any, ours: bool, message: str) -> None:
    recorded = ServerStore(QdrantClient(":memory:"), "other", name="local")
    recorded.create(make_collection())
    metadata = recorded._client.get_collection("other").config.metadata if ours else {"theirs": 1}
    client = QdrantClient(":memory:")
    client.create_collection("test", vectors, metadata=metadata)
    store = ServerStore(client, "test", name="local")
    with pytest.raises(IdentityError, match=message) as caught:
        store.describe()
    assert "It holds 0 points with vectors (" in str(caught.value)
    assert "COLLECTION_NAME=test_2" in str(caught.value)
    writes: list[Callable[[], object]] = [
        lambda: store.upsert(make_points("a")),
        lambda: store.overwrite({make_point("a").id: make_payload("laws", "a", "a")}),
        lambda: store.mark("laws", "a", "state"),
        lambda: store.record("laws", {}),
    ]
    for write in writes:
        with pytest.raises(IdentityError, match=message):
            write()
    assert client.get_collection("test").config.metadata == metadata
    assert client.count("test").count == 0


def test_a_damaged_record_is_named() -> None:
    client = QdrantClient(":memory:")
    vectors = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
    client.create_collection("test", vectors, metadata={"create_vector_db": {"format": 1}})
    with pytest.raises(StoreError, match="what collection 'test' at local records is damaged"):
        ServerStore(client, "test", name="local").describe()


def test_what_a_death_while_creating_left_is_completed_with_the_first_write() -> None:
    with wire(Faults("PUT /collections/test/index", [None, None, refuse(507, "full")])) as w:
        with pytest.raises(StoreError, match="full"):
            w.store.create(make_collection())
        w.take()
        with connect_to(w.server) as again:
            assert again.store.describe()
            again.store.upsert(make_points("abc"))
            assert again.take().count("PUT /collections/test/index") == len(INDEXED) - 2
            assert again.store.count_origins("laws") == {"luật.txt": 3}
            again.store.describe()
            again.store.upsert(make_points("abc"))
            assert "PUT /collections/test/index" not in again.take()


# The connection


@pytest.mark.parametrize("url", ["localhost", "localhost:6333", "ftp://host:6333", "http://", "", "http://host:port"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is not the URL of a server"):
        open_store(url=url)
    with pytest.raises(UsageError) as caught:
        open_store(url="ftp://me:password@host")
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("key", ["two words", "line\n", "khóa", ""])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(UsageError, match="QDRANT_API_KEY") as caught:
        connect("http://127.0.0.1:6333", "test", api_key=key)
    assert not key or key not in str(caught.value)


def test_this_machine_is_not_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{find_free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serve_qdrant() as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            store = connect(url, "test")
            assert store.describe() is None
            store.close()
        assert len(server.requests) == 2


def test_a_key_is_not_sent_in_the_clear_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "ingest"):
        connect("http://localhost:6333", "test", api_key="secret").close()
        connect("https://example.org:6333", "test", api_key="secret").close()
        assert caplog.text == ""
        connect("http://me:password@example.org:6333", "test", api_key="secret").close()
    assert "QDRANT_API_KEY goes to http://example.org:6333 unencrypted" in caplog.text
    assert "secret" not in caplog.text
    assert "password" not in caplog.text


# gRPC


class Refusing(grpc.GenericRpcHandler):  # type: ignore[misc]  # without types, its base is Any
    """A server that ends each call as the next of a list says."""

    def __init__(self, *ends: tuple[grpc.StatusCode, str, dict[str, str]]) -> None:
        self.ends = list(ends)
        self.keys: list[str | None] = []
        self.methods: list[str] = []

    def service(self, details: Any) -> Any:
        self.keys.append(dict(details.invocation_metadata).get("api-key"))
        self.methods.append(details.method.rpartition("/")[2])

        def end(_: object, context: Any) -> None:
            code, words, trailing = self.ends.pop(0)
            context.set_trailing_metadata(tuple(trailing.items()))
            context.abort(code, words)

        return grpc.unary_unary_rpc_method_handler(end)


@contextmanager
def connect_grpc(refusing: Refusing) -> Iterator[tuple[ServerStore, list[float]]]:
    server = grpc.server(ThreadPoolExecutor(1), handlers=[refusing])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    slept: list[float] = []
    store = connect("http://127.0.0.1:6333", "test", api_key="secret", prefer_grpc=True, grpc_port=port)
    store._patience._sleep = slept.append
    yield store, slept
    store.close()
    server.stop(None).wait()


def test_grpc_failures_mean_the_same() -> None:
    code = grpc.StatusCode
    refusing = Refusing(
        (code.UNAVAILABLE, "starting", {}),
        (code.RESOURCE_EXHAUSTED, "Rate limiting exceeded", {"retry-after": "7"}),
        (code.NOT_FOUND, "Not found: Collection `test` doesn't exist!", {}),
    )
    with connect_grpc(refusing) as (store, slept):
        assert store.describe() is None
        assert len(slept) == 2
        assert 7 <= slept[1] <= 7.7
        refusing.ends = [(code.UNAUTHENTICATED, "Must provide an API key", {})]
        with pytest.raises(CredentialError, match=r"answers UNAUTHENTICATED: Must provide an API key.*QDRANT_API_KEY"):
            store.describe()
        refusing.ends = [(code.RESOURCE_EXHAUSTED, "larger than rate limiter capacity", {})]
        with pytest.raises(StoreError, match=r"larger than rate limiter capacity.*write_rate_limit"):
            store.count()
    assert set(refusing.keys) == {"secret"}


def test_every_request_can_be_made_by_grpc() -> None:
    point = make_point("a")

    def upsert(store: ServerStore) -> None:
        store.upsert([point])
        store.flush()

    asked: dict[str, Callable[[ServerStore], Any]] = {
        "HealthCheck": lambda store: store.create(make_collection()),
        "Get": lambda store: store.describe(),
        "Count": lambda store: store.count_origins("laws"),
        "Scroll": lambda store: list(store.list_points("laws", ["a"])),
        "Query": lambda store: store.search(point.vector, 3, "laws"),
        "Upsert": upsert,
        "UpdateBatch": lambda store: store.overwrite({point.id: point.payload}),
        "Delete": lambda store: store.delete([point.id]),
        "List": lambda store: store.clear(),
        "ListAliases": lambda store: store._catalog.list_aliases(),
        "Update": lambda store: store.record("laws", {"path": "/a", "last_run": {"added": 3}}),
    }
    refusing = Refusing()
    with connect_grpc(refusing) as (store, _):
        for ask in asked.values():
            store._described = make_collection()
            refusing.ends = [(grpc.StatusCode.INVALID_ARGUMENT, "its words", {})]
            with pytest.raises(StoreError, match="answers INVALID_ARGUMENT: its words"):
                ask(store)
    assert refusing.methods == list(asked)
