"""gRPC is used where it is answered by the same server, and REST wherever that is not sure."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
import pytest

from ingest.errors import StoreError
from ingest.stores import connection, haste, open_store
from ingest.stores.address import GRPC_PORT, REST_PORT, choose_options, read_address
from ingest.stores.connection import connect
from ingest.stores.patience import TIMEOUT
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


def list_writes(requests: list[Any]) -> list[str]:
    return [request.path for request in requests if request.method == "PUT" and "/points?" in request.path]


def test_points_go_by_grpc_where_it_is_answered() -> None:
    with serve_both() as (url, rpc, requests), closing(open_store(url=url, grpc_port=rpc.port, api_key="key")) as store:
        assert rpc.methods == requests == []
        fill(store, make_points("abc"))
        assert store.count() == 3
        store.upsert(make_points("de"))
        store.flush()
        assert rpc.methods == ["Get", "Upsert", "Upsert"]
        assert list_writes(requests) == []
        assert set(rpc.keys) == {"key"}


def test_a_run_that_writes_no_point_asks_no_more_than_by_rest() -> None:
    with serve_both() as (url, rpc, requests):
        with closing(open_store(url=url, prefer_grpc=False)) as store:
            fill(store, make_points("abc"))
        counts = []
        for prefer in (False, None):
            requests.clear()
            with closing(open_store(url=url, grpc_port=rpc.port, prefer_grpc=prefer)) as store:
                store.describe()
                assert store.count_origins("laws") == {"luật.txt": 3}
            counts.append(len(requests))
        assert rpc.methods == []
        assert counts[0] == counts[1]


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


@pytest.mark.parametrize("begin", ["empty", "of the same names"])
def test_another_server_of_the_same_version_gets_no_point(begin: str, caplog: pytest.LogCaptureFixture) -> None:
    ours, theirs = LocalQdrant(lambda _: None, VERSION), LocalQdrant(lambda _: None, VERSION)
    with ExitStack() as stack:
        url = stack.enter_context(serve(ours)).url
        rpc = stack.enter_context(serve_grpc(theirs))
        if begin != "empty":
            with closing(open_store(url=stack.enter_context(serve(theirs)).url, prefer_grpc=False)) as other:
                other.create(make_collection("another"))
        with caplog.at_level(logging.INFO, "ingest"), closing(open_store(url=url, grpc_port=rpc.port)) as store:
            fill(store, make_points("abc"))
            assert store.count() == 3
        assert "Upsert" not in rpc.methods
        assert ours.client.count("legal_rag").count == 3
        assert [each.name for each in theirs.client.get_collections().collections] == ["legal_rag"] * (begin != "empty")
    assert sum("REST is used" in record.message for record in caplog.records) == 1


def test_shares_that_record_at_this_moment_do_not_make_it_another_server() -> None:
    with serve_both() as (url, rpc, _), closing(open_store(url=url, grpc_port=rpc.port)) as store:
        store.create(make_collection())
        stale: list[Any] = [{"of": "a moment ago"}, {"of": "a moment ago"}]

        def read_record() -> Any:
            found = store._client.get_collection("legal_rag").config.metadata  # type: ignore[attr-defined]
            return stale.pop() if stale else found

        client = haste.hasten(read_address(url, None, rpc.port), TIMEOUT, "legal_rag", read_record, lambda: VERSION)
        assert client
        client.close()


@pytest.mark.parametrize(
    ("url", "port", "sure"),
    [
        ("http://10.0.0.1:6333", None, False),
        ("http://10.0.0.1:6333", 6334, True),
        ("https://10.0.0.1:6333", None, True),
    ],
)
def test_a_key_goes_to_a_port_that_was_named_or_under_a_certificate(url: str, port: int | None, sure: bool) -> None:
    assert read_address(url, "key", port).is_sure is sure
    assert read_address(url, None, port).is_sure


@pytest.mark.parametrize("version", [VERSION, "1.17.0"])
def test_a_guessed_port_gets_the_key_only_where_the_version_is_the_same(
    version: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ingest.stores.address.Address.is_sure", False)
    with (
        caplog.at_level(logging.INFO, "ingest"),
        serve_both(version=version) as (url, rpc, _),
        closing(open_store(url=url, grpc_port=rpc.port, api_key="key")) as store,
    ):
        fill(store, make_points("abc"))
        store.flush()
        same = version == VERSION
        assert rpc.methods == (["HealthCheck", "Get", "Upsert"] if same else ["HealthCheck"])
        assert rpc.keys[0] is None
    assert ("1.17.0" in caplog.text) is not same


def test_a_closed_port_costs_one_note(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ingest"), serve_both() as (url, _, requests):
        store = open_store(url=url, grpc_port=(port := find_free_port()))
        fill(store, make_points("abc"))
        store.upsert(make_points("d"))
        assert store.count() == 4
        store.close()
        assert len(list_writes(requests)) == 2
    notes = [record.message for record in caplog.records]
    assert notes == [f"gRPC is not answered at 127.0.0.1:{port} (UNAVAILABLE): REST is used, which takes longer"]


def hasten(url: str, port: int) -> object:
    return haste.hasten(read_address(url, grpc_port=port), TIMEOUT, "laws", dict, lambda: VERSION)


def test_a_port_that_says_nothing_costs_the_probe_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haste, "PROBE", 0.3)
    with caplog.at_level(logging.INFO, "ingest"), socket.create_server(("127.0.0.1", 0)) as silent:
        assert hasten("http://127.0.0.1:6333", silent.getsockname()[1]) is None
    assert "DEADLINE_EXCEEDED" in caplog.text


@pytest.mark.parametrize(
    "end",
    [
        End(grpc.StatusCode.UNIMPLEMENTED),
        End(grpc.StatusCode.UNAUTHENTICATED),
        End(
            grpc.StatusCode.RESOURCE_EXHAUSTED, trailing=(("retry-after", "1"),)
        ),  # the client makes its own error of it
    ],
    ids=lambda end: end.code.name,
)
def test_what_answers_something_else_is_not_used(end: End) -> None:
    with serve_both(lambda *_: end) as (url, rpc, _):
        assert hasten(url, rpc.port) is None


def test_grpc_believes_the_certificates_that_rest_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "roots.pem").write_bytes(b"roots")
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    secure, plain = read_address("https://example.org:6333"), read_address("http://127.0.0.1:6333")
    assert choose_options(secure) == {"root_certificates": b"roots"}
    assert choose_options(plain) == {"grpc.enable_http_proxy": 0}
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "theirs")
    assert choose_options(secure) == {}


def test_the_lock_is_let_go_where_the_connection_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{find_free_port()}"

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(connection, "open_client", interrupt)
        with pytest.raises(KeyboardInterrupt):
            connect(url, "test", lock_wait=0.0)
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
        assert waits is None or all(waits <= wait <= 1.1 * waits for wait in slept)
        assert store.count() == 3


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
        assert store.upsert(make_points("a")) == 1
        with pytest.raises(Exception, match=words) as caught:
            store.flush()
        assert isinstance(caught.value, StoreError) or "KEY" in words
        assert (slept, rpc.methods.count("Upsert")) == ([], 1)


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
