"""gRPC is used where it is answered by the same server, and REST wherever that is not sure."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
import pytest

from ingest.errors import StoreError
from ingest.stores import connection, open_store
from ingest.stores.connection import GRPC_PORT, REST_PORT, connect, read_address, speaks_grpc
from ingest.stores.server import ServerStore
from tests.loopback import find_free_port, script, serve
from tests.stores.rest import VERSION, LocalQdrant, refuse
from tests.stores.rpc import End, Rpc, serve_grpc
from tests.stores.samples import fill, make_collection, make_points

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")


@contextmanager
def serve_both(fault: Any = lambda *_: None, version: str = VERSION) -> Iterator[tuple[str, Rpc, list[Any]]]:
    """One server that answers REST and gRPC; `version`: what REST says of itself."""
    local, other = LocalQdrant(lambda _: None, VERSION), LocalQdrant(lambda _: None, version)
    vars(other).update(vars(local) | {"version": version})
    with serve(other) as server, serve_grpc(local, fault) as rpc:
        yield server.url, rpc, server.requests


def test_grpc_is_used_where_it_is_answered() -> None:
    with serve_both() as (url, rpc, requests), closing(open_store(url=url, grpc_port=rpc.port, api_key="key")) as store:
        fill(store, make_points("abc"))
        assert store.count() == 3
        assert [request.path for request in requests] == ["/"]
        assert "Upsert" in rpc.methods
        assert set(rpc.keys) == {"key"}


@pytest.mark.parametrize(
    ("prefer", "exclusive", "written"),
    [(False, True, "REST"), (True, True, "gRPC"), (None, False, "REST")],
)
def test_nothing_is_asked_where_it_is_said_or_only_read(prefer: bool | None, exclusive: bool, written: str) -> None:
    with serve_both() as (url, rpc, requests):
        store = open_store(url=url, grpc_port=rpc.port, prefer_grpc=prefer, exclusive=exclusive)
        assert rpc.methods == requests == []
        assert store.describe() is None
        assert ("gRPC" if rpc.methods else "REST") == written
        store.close()


@pytest.mark.parametrize(
    ("url", "grpc_port", "pair"),
    [
        ("http://localhost", None, GRPC_PORT),
        (f"https://a.qdrant.io:{REST_PORT}", None, GRPC_PORT),
        ("http://localhost:7333", None, None),
        ("https://example.org:443", None, None),
        ("https://example.org:443", 6334, 6334),
        ("https://example.org:443/qdrant", 6334, None),
    ],
)
def test_another_server_is_not_asked_by_guessing(url: str, grpc_port: int | None, pair: int | None) -> None:
    assert read_address(url, grpc_port=grpc_port).pair == pair


def test_what_answers_with_another_version_is_another_server(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "ingest"),
        serve_both(version="1.17.0") as (url, rpc, _),
        closing(open_store(url=url, grpc_port=rpc.port)) as store,
    ):
        assert store.describe() is None
        assert rpc.methods == ["HealthCheck"]
    assert "REST is used" in caplog.text
    assert "1.17.0" in caplog.text


def test_a_closed_port_costs_one_note(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ingest"), serve_both() as (url, _, requests):
        store = open_store(url=url, grpc_port=(port := find_free_port()))
        fill(store, make_points("abc"))
        assert store.count() == 3
        store.close()
        assert requests
    notes = [record.message for record in caplog.records]
    assert notes == [f"gRPC is not answered at 127.0.0.1:{port} (UNAVAILABLE): REST is used, which takes longer"]


def test_a_port_that_says_nothing_costs_the_probe_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PROBE", 0.3)
    with caplog.at_level(logging.INFO, "ingest"), socket.create_server(("127.0.0.1", 0)) as silent:
        assert not speaks_grpc(read_address("http://127.0.0.1:6333", grpc_port=silent.getsockname()[1]))
    assert "DEADLINE_EXCEEDED" in caplog.text


@pytest.mark.parametrize("code", [grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAUTHENTICATED])
def test_what_answers_something_else_is_not_used(code: grpc.StatusCode) -> None:
    with serve_both(lambda *_: End(code)) as (url, rpc, _):
        assert not speaks_grpc(read_address(url, grpc_port=rpc.port))


def test_a_server_whose_rest_fails_is_left_to_tell_it() -> None:
    with serve_grpc(LocalQdrant(lambda _: None, VERSION)) as rpc:
        address = read_address(f"http://127.0.0.1:{find_free_port()}", grpc_port=rpc.port)
        assert not speaks_grpc(address)


def test_the_lock_is_let_go_where_the_connection_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{find_free_port()}"

    def interrupt(_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "speaks_grpc", interrupt)
    with pytest.raises(KeyboardInterrupt):
        connect(url, "test", lock_wait=0.0)
    monkeypatch.setattr(connection, "speaks_grpc", lambda _: False)
    connect(url, "test", lock_wait=0.0).close()


def make_store(rpc: Rpc, slept: list[float]) -> ServerStore:
    store = connect("http://127.0.0.1:6333", "test", prefer_grpc=True, grpc_port=rpc.port)
    store._patience._sleep = slept.append
    return store


@pytest.mark.parametrize(
    ("end", "waits"),
    [
        (End(grpc.StatusCode.UNAVAILABLE), None),
        (End(grpc.StatusCode.DEADLINE_EXCEEDED), None),
        (End(grpc.StatusCode.RESOURCE_EXHAUSTED, trailing=(("retry-after", "7"),)), 7),
    ],
)
def test_a_write_that_failed_for_a_while_is_made_again(end: End, waits: float | None) -> None:
    ends, lock = [end, end], threading.Lock()

    def fail(method: str, _: object) -> End | None:
        with lock:
            return ends.pop() if method == "Upsert" and ends else None

    slept: list[float] = []
    with serve_grpc(LocalQdrant(lambda _: None, VERSION), fail) as rpc, closing(make_store(rpc, slept)) as store:
        fill(store, make_points("abc"))
        store.flush()
        assert len(slept) == 2
        assert waits is None or slept == [waits, waits]
        assert (store.unwritten, store.count()) == (0, 3)


def test_what_is_too_much_at_once_is_halved() -> None:
    def limit(method: str, request: Any) -> End | None:
        much = method == "Upsert" and len(request.points) > 100
        return End(grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than rate limiter capacity") if much else None

    with serve_grpc(LocalQdrant(lambda _: None, VERSION), limit) as rpc, closing(make_store(rpc, [])) as store:
        fill(store, make_points([str(n) for n in range(256)]))
        store.flush()
        assert store.count() == 256
        assert rpc.methods.count("Upsert") == 1 + 2 + 4


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (End(grpc.StatusCode.UNAUTHENTICATED), "QDRANT_API_KEY"),
        (End(grpc.StatusCode.PERMISSION_DENIED), "QDRANT_API_KEY"),
        (End(grpc.StatusCode.INVALID_ARGUMENT), "answers INVALID_ARGUMENT"),
        (End(grpc.StatusCode.NOT_FOUND, "Not found: Collection `test` doesn't exist!"), "there is no collection"),
        (End(grpc.StatusCode.RESOURCE_EXHAUSTED, "No space left on device"), "room on its disk"),
    ],
)
def test_a_write_that_is_refused_is_told(end: End, words: str) -> None:
    def fail(method: str, _: object) -> End | None:
        return end if method == "Upsert" else None

    slept: list[float] = []
    with serve_grpc(LocalQdrant(lambda _: None, VERSION), fail) as rpc, closing(make_store(rpc, slept)) as store:
        store.create(make_collection())
        store.upsert(make_points("a"))
        with pytest.raises(Exception, match=words) as caught:
            store.flush()
        assert isinstance(caught.value, StoreError) or "KEY" in words
        assert (slept, rpc.methods.count("Upsert"), store.unwritten) == ([], 1, 1)


@pytest.mark.parametrize("longest", [0.0, 5.0, 40.0])
def test_the_waits_of_a_request_are_as_long_as_it_was_said(longest: float) -> None:
    slept: list[float] = []
    with serve(script(refuse(503, "busy"))) as server:
        store = open_store(url=server.url, max_wait=longest)
        assert isinstance(store, ServerStore)
        store._patience._sleep = slept.append
        with pytest.raises(StoreError, match="busy"):
            store.describe()
        store.close()
    assert max(0.0, longest - 30) <= sum(slept) <= longest
    assert bool(slept) == bool(longest)
