"""Several writes under way: what is counted as written is, nothing overtakes what it must not, and no error is lost."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from ingest.errors import SourceError, StoreError
from ingest.model import Document, File, Ignored, Skipped, is_whole
from ingest.stores import server_writes
from ingest.stores.flight import Flight
from ingest.stores.server import ServerStore
from ingest.stores.wire import Wire
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, RowsSource
from tests.loopback import Answer, Request, Server
from tests.stores.rest import refuse, serve_qdrant
from tests.stores.samples import fill, make_collection, make_payload, make_point, make_points, make_vector

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
WRITERS = 4
HASH = "text"


@dataclass
class Gate:
    """Holds every write of points until it is opened, and counts how many are held at the same time.

    answers: what the writes are answered with, one after another, instead of being made.
    """

    open: threading.Event = field(default_factory=threading.Event)
    held: int = 0
    most: int = 0
    answers: list[Answer | None] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, request: Request) -> Answer | None:
        if not (request.method == "PUT" and "/points?" in request.path):
            return None
        with self.lock:
            self.held += 1
            self.most = max(self.most, self.held)
            answer = self.answers.pop(0) if self.answers else None
        self.came.release()
        assert self.open.wait(20)
        with self.lock:
            self.held -= 1
        return answer


@contextmanager
def hold(*answers: Answer | None) -> Iterator[tuple[ServerStore, Gate, Server]]:
    """A store whose writes are held, of a collection that is there."""
    gate = Gate(answers=list(answers))
    with serve_qdrant(gate) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, sleep=lambda _: None, wire=Wire(WRITERS))
        store.create(make_collection())
        server.requests.clear()
        yield store, gate, server
        gate.open.set()
        store.close()


def list_kinds(server: Server) -> list[str]:
    return [request.path.partition("?")[0].rpartition("/")[2] for request in server.requests]


def test_so_many_writes_are_under_way_and_what_waits_is_gathered() -> None:
    with hold() as (store, gate, server):
        batches = [make_points([f"{n} {m}" for m in range(32)]) for n in range(10)]
        assert [store.upsert(batch) for batch in batches] == [32 * n for n in range(1, 11)]
        for _ in range(WRITERS):
            assert gate.came.acquire(timeout=20)
        gate.open.set()
        store.flush()
        assert gate.most == WRITERS
        sizes = [len(request.json["batch"]["ids"]) for request in server.requests]
        assert sizes == [32] * WRITERS + [192]
        assert store.count() == 320


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.mark("laws", "luật.txt", "state"),
        lambda store: store.record("laws", {"path": "/a"}),
        lambda store: store.forget("laws"),
        lambda store: store.delete([make_point("a").id]),
        lambda store: store.overwrite({make_point("a").id: make_payload("laws", "luật.txt", "other")}),
        lambda store: store.create_index("metadata.a", "float"),
        lambda store: store.count(),
        lambda store: store.count_origins("laws"),
        lambda store: store.count_states("laws"),
        lambda store: store.count_datasets([HASH]),
        lambda store: list(store.list_points("laws", ["luật.txt"])),
        lambda store: store.fetch_payloads([make_point("a").id]),
        lambda store: store.search(make_vector(1), 3),
        lambda store: list(store.scroll()),
        lambda store: store.count_strangers(),
        lambda store: list(store.delete_strangers()),
        lambda store: store.upsert([make_point("a")]),
        lambda store: store.flush(),
        lambda store: store.settle(),
        lambda store: store.close(),
    ],
)
def test_nothing_overtakes_the_points_that_it_depends_on(act: "object") -> None:
    """Whatever else is asked comes to the server after the points, each of which was answered."""
    with hold() as (store, gate, server):
        store.upsert(make_points("abc"))
        assert gate.came.acquire(timeout=20)
        acting = threading.Thread(target=act, args=(store,), daemon=True)  # type: ignore[arg-type]  # it is one of the above
        acting.start()
        acting.join(0.05)
        assert list_kinds(server) == ["points"]
        assert acting.is_alive()
        gate.open.set()
        acting.join(20)
        assert not acting.is_alive()


def test_what_does_not_depend_on_them_is_not_held_up() -> None:
    with hold() as (store, gate, server):
        fresh = make_point("fresh")
        store.upsert([fresh])
        own = fresh.payload["ingest"]
        assert isinstance(own, dict)
        found = store.find_vectors([str(own["text"]), "unknown"])
        assert found.keys() == {own["text"]}
        assert (found[str(own["text"])] == fresh.vector).all()
        assert list(store.list_points("laws", ["another.txt"])) == []
        assert store.fetch_payloads([make_point("another").id]) == {}
        assert gate.came.acquire(timeout=20)
        assert sorted(list_kinds(server)) == ["points", "points", "scroll", "scroll"]


@pytest.mark.parametrize("at", range(3))
def test_an_error_of_a_write_under_way_surfaces_once_when_the_others_have_ended(at: int) -> None:
    answers: list[Answer | None] = [None] * 3
    answers[at] = refuse(400, "its words")
    with hold(*answers) as (store, gate, _):
        for text in "abc":
            store.upsert(make_points(text))
            assert gate.came.acquire(timeout=20)
        gate.open.set()
        with pytest.raises(StoreError, match="its words"):
            store.flush()
        assert store.count() == 2
        assert store.upsert(make_points("abcd")) == 4
        store.flush()
        assert store.count() == 4


def test_nothing_that_waits_is_sent_after_an_error() -> None:
    with hold(refuse(400, "its words")) as (store, gate, server):
        for number in range(WRITERS + 2):
            store.upsert([make_point(str(number))])
        for _ in range(WRITERS):
            assert gate.came.acquire(timeout=20)
        gate.open.set()
        with pytest.raises(StoreError, match="its words"):
            store.record("laws", {})
        store.close()
        assert list_kinds(server).count("points") <= WRITERS + 1


def test_marks_go_together_and_after_all_points() -> None:
    with hold() as (store, gate, server):
        gate.open.set()
        points = [make_point(str(n), f"{n}.txt") for n in range(20)]
        store.upsert(points)
        for number in range(20):
            store.mark("laws", f"{number}.txt", f"state {number % 3}")
        store.upsert([make_point("late", "1.txt")])
        store.mark("laws", "0.txt", "again")
        store.mark("laws", "0.txt", "at last")
        assert sum(store.count_states("laws").values()) == 20
        assert store.count_states("laws")["at last"] == 1
        kinds = [kind for kind in list_kinds(server) if kind in ("points", "batch")]
        assert kinds == ["points", "batch", "points", "batch", "batch"]


@pytest.mark.parametrize(("origins", "expected"), [(1, [1]), (8, [8]), (20, [8, 8, 4])])
def test_marks_take_a_request_for_many_origins(
    origins: int, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_writes, "MOST_MARKS", 8)
    with hold() as (store, gate, server):
        gate.open.set()
        names = [f"{number}.txt" for number in range(origins)]
        store.upsert([make_point(name, name) for name in names])
        store.flush()
        server.requests.clear()
        for name in names:
            store.mark("laws", name, f"state of {name}")
        store.flush()
        assert sorted(map(count_operations, server.requests), reverse=True) == expected
        assert store.count_states("laws") == {f"state of {name}": 1 for name in names}


def count_operations(request: Request) -> int:
    assert "/points/batch" in request.path
    return len(request.json["operations"])


@pytest.mark.parametrize("slow", [refuse(408, "Request timeout"), Answer(504, "Gateway Timeout")])
def test_marks_that_take_too_long_together_are_made_alone(slow: Answer) -> None:
    """How many points an origin has is known to nobody here. Points go on in full batches afterwards."""

    def fail(request: Request) -> Answer | None:
        return slow if "/points/batch" in request.path and count_operations(request) > 1 else None

    with serve_qdrant(fail) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, sleep=refuse_to_wait, wire=Wire(WRITERS))
        names = [f"{number}.txt" for number in range(9)]
        fill(store, [make_point(name, name) for name in names])
        for name in names:
            store.mark("laws", name, f"state of {name}")
        store.flush()
        assert store.count_states("laws") == {f"state of {name}": 1 for name in names}
        server.requests.clear()
        store.upsert(make_points([str(number) for number in range(256)]))
        store.flush()
        assert list_kinds(server) == ["points"]
        store.close()


def refuse_to_wait(seconds: float) -> None:
    raise AssertionError(f"{seconds} s were waited for what gets no better")


def test_marks_that_a_server_never_lets_through_at_once_are_halved() -> None:
    def fail(request: Request) -> Answer | None:
        if "/points/batch" in request.path and count_operations(request) > 3:
            return refuse(429, "Write rate limit exceeded, request larger than rate limiter capacity")
        return None

    with serve_qdrant(fail) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, sleep=refuse_to_wait, wire=Wire(WRITERS))
        names = [f"{number}.txt" for number in range(16)]
        fill(store, [make_point(name, name) for name in names])
        server.requests.clear()
        for name in names:
            store.mark("laws", name, f"state of {name}")
        store.flush()
        assert sum(store.count_states("laws").values()) == 16
        sizes = [count_operations(request) for request in server.requests if "/points/batch" in request.path]
        assert sorted(sizes) == [2] * 8 + [4] * 4 + [8] * 2 + [16]
        store.close()


@contextmanager
def linger(seconds: float, clock: list[float]) -> Iterator[tuple[ServerStore, Server]]:
    """A store whose points wait for others, of a collection that is there; what `clock` holds is the time."""
    with serve_qdrant() as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        wire = Wire(WRITERS, linger=seconds)
        store = ServerStore(client, "test", name=server.url, clock=lambda: clock[0], wire=wire)
        store.create(make_collection())
        server.requests.clear()
        yield store, server
        store.close()


def list_sizes(server: Server) -> list[int]:
    return [len(request.json["batch"]["ids"]) for request in server.requests if "batch" in request.json]


def test_what_comes_fast_goes_in_full_writes() -> None:
    with linger(2.0, [0.0]) as (store, server):
        for number in range(32):
            store.upsert(make_points([f"{number} {n}" for n in range(32)]))
        store.flush()
        assert sorted(list_sizes(server)) == [32, 224, 256, 256, 256]
        assert store.count() == 1024


@pytest.mark.parametrize("step", [2.0, 60.0, -1.0])
def test_what_comes_slowly_goes_as_it_comes(step: float) -> None:
    """A clock that was set back holds nothing up."""
    clock = [1000.0]
    with linger(2.0, clock) as (store, server):
        for number in range(5):
            store.upsert(make_points([f"{number} {n}" for n in range(3)]))
            store._writes._flight.settle()
            assert list_sizes(server) == [3] * (number + 1)
            clock[0] += step


def test_what_waits_goes_with_the_first_that_comes_late_enough() -> None:
    clock = [1000.0]
    with linger(2.0, clock) as (store, server):
        for moment in (0.0, 0.1, 1.9, 2.0, 2.1):
            clock[0] = 1000.0 + moment
            store.upsert(make_points([f"{moment}"]))
            store._writes._flight.settle()
        assert list_sizes(server) == [1, 3]
        store.flush()
        assert list_sizes(server) == [1, 3, 1]


def test_heavy_points_wait_for_no_more_than_a_write_takes() -> None:
    """What is held in memory is bounded by bytes too."""
    with linger(2.0, [0.0]) as (store, server):
        for number in range(12):
            point = make_point(str(number))
            store.upsert([replace(point, payload={**point.payload, "page_content": "x" * 1_000_000})])
            assert len(store._writes._points) <= 4
        store.flush()
        assert sum(list_sizes(server)) == 12
        assert max(list_sizes(server)) == 3


def test_what_waits_is_written_at_the_close_of_a_run_that_was_interrupted() -> None:
    with linger(2.0, [0.0]) as (store, server):
        store.upsert(make_points("ab"))
        store.upsert(make_points("cd"))
        other = ServerStore(QdrantClient(url=server.url, check_compatibility=False), "test", name=server.url)
        store.close()
        assert other.count() == 4
        other.close()


operations = st.lists(
    st.tuples(
        st.sampled_from(["upsert", "upsert", "overwrite", "delete", "mark", "record", "read"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=20,
)


def apply(store: ServerStore, name: str, number: int, variant: int) -> list[str]:
    """Do something to a store, and give what it reads."""
    point = make_point(f"text {number}", f"{number % 2}.txt")
    match name:
        case "upsert":
            store.upsert([replace(point, vector=make_vector(variant)), make_point(f"{variant}", "9.txt")])
        case "overwrite" if store.fetch_payloads([point.id]):
            store.overwrite({point.id: make_payload("laws", f"{number % 2}.txt", f"other {variant}")})
        case "delete":
            store.delete([point.id])
        case "mark":
            store.mark("laws", f"{number % 2}.txt", f"state {variant}")
        case "record":
            store.record(f"dataset {number}", {"variant": variant})
        case _:
            return sorted(stored.id for stored in store.list_points("laws", [f"{variant}.txt"]))
    return []


@settings(max_examples=12)
@given(operations, st.randoms(use_true_random=False))
def test_any_history_leaves_what_it_leaves_one_by_one(history: list[tuple[str, int, int]], draw: random.Random) -> None:
    """Writes under way take their time, each another one; the reads on the way find what they find one by one."""
    pauses = [draw.random() / 100 for _ in range(200)]
    lock = threading.Lock()

    def pause(request: Request) -> None:
        with lock:
            seconds = pauses.pop() if pauses else 0
        threading.Event().wait(seconds if "points" in request.path else 0)

    with serve_qdrant(pause) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        times = iter(range(10_000))
        wire = Wire(WRITERS, linger=draw.choice([0, 1, 3]))
        several = ServerStore(client, "test", name=server.url, clock=lambda: next(times), wire=wire)
        single = ServerStore(QdrantClient(":memory:"), "test", name="local")
        for store in (several, single):
            store.create(make_collection())
        for operation in history:
            assert apply(several, *operation) == apply(single, *operation)
        assert {p.id: p.payload for p in several.scroll()} == {p.id: p.payload for p in single.scroll()}
        assert several.count_states("laws") == single.count_states("laws")
        several.close()


def test_a_flight_raises_the_error_of_a_request_once() -> None:
    flight = Flight(2)

    def fail() -> None:
        raise StoreError("its words")

    flight.start(fail)
    with pytest.raises(StoreError, match="its words"):
        flight.settle()
    assert flight.settle()


def test_a_flight_drops_the_errors_of_the_others_and_waits_for_them() -> None:
    flight, end = Flight(3), threading.Event()

    def fail_late() -> None:
        end.wait(20)
        raise StoreError("of the same trouble")

    def fail() -> None:
        raise StoreError("its words")

    flight.start(fail_late)
    flight.start(fail)
    threading.Timer(0.05, end.set).start()
    with pytest.raises(StoreError, match="its words"):
        flight.settle()
    assert end.is_set()
    assert flight.settle()


def test_where_no_thread_can_start_requests_are_made_by_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_to_start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    flight = Flight(2)
    made: list[int] = []
    monkeypatch.setattr(threading.Thread, "start", refuse_to_start)
    for number in range(5):
        flight.start(partial(made.append, number))
    assert flight.settle(0.0)
    assert made == [0, 1, 2, 3, 4]


def test_a_flight_that_takes_too_long_is_left() -> None:
    flight, end = Flight(2), threading.Event()

    def wait() -> None:
        end.wait(20)

    flight.start(wait)
    assert not flight.settle(0.0)
    end.set()
    assert flight.settle()


def test_a_limit_on_points_is_found_once_for_the_run() -> None:
    """`upsert_max_batchsize` of a collection's strict mode."""

    def limit(request: Request) -> Answer | None:
        if request.method == "PUT" and "/points?" in request.path and (n := len(request.json["batch"]["ids"])) > 20:
            return refuse(
                400,
                f'Bad request: Limit exceeded {n} > 20 for "upsert limit". Help: Reduce the "upsert limit" parameter '
                "to or below 20.",
            )
        return None

    with serve_qdrant(limit) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, wire=Wire(WRITERS))
        fill(store, make_points([str(n) for n in range(256)]))
        assert store.count() == 256
        server.requests.clear()
        store.upsert(make_points([str(n) for n in range(256)]))
        store.flush()
        assert [len(request.json["batch"]["ids"]) for request in server.requests] == [16] * 16
        store.close()


@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_run_counts_nothing_as_added_that_is_not_written_and_the_next_one_heals(tmp_path: Path, at: int) -> None:
    source = RowsSource(tmp_path / "rows").write(
        {f"{n}.json": [("", f"Đáp {n} {m}.", "nguồn") for m in range(8)] for n in range(8)}
    )
    writes, refused = iter(range(99)), [refuse(400, "its words")]

    def fail(request: Request) -> Answer | None:
        is_write = request.method == "PUT" and "/points?" in request.path
        return refused.pop() if is_write and next(writes) >= at and refused else None

    with serve_qdrant(fail) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, wire=Wire(WRITERS))
        report = sync([source], embedder=CountingEmbedder(), store=store, options=Options(batch_size=4))
        assert report.exit_code == 6
        assert "its words" in str(report.failure)
        assert report.total("added") <= store.count() <= 60
        counts, done = store.count_origins("rows"), store.count_states("rows")
        assert sum(is_whole(state, points) for state, points in done.items()) == list(counts.values()).count(8) < 8
        again = sync([source], embedder=CountingEmbedder(), store=store, options=Options(batch_size=4))
        assert again.exit_code == 0
        assert store.count() == 64
        assert len(store.count_states("rows")) == 8
        store.close()


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("failing", [1, 4])
def test_an_error_ends_the_run_and_is_told_of_its_own_dataset_alone(tmp_path: Path, status: int, failing: int) -> None:
    """Several writers fail one after another; 403 is a CredentialError."""
    sources = [
        RowsSource(tmp_path / name, dataset=name).write(
            {f"{n}.json": [(f"Câu {name} {n} {m}?", f"Đáp {n} {m}.", "nguồn") for m in range(8)] for n in range(4)}
        )
        for name in "abcd"
    ]
    lock, left = threading.Lock(), iter(range(failing))

    def fail(request: Request) -> Answer | None:
        if not (request.method == "PUT" and "/points?" in request.path):
            return None
        with lock:
            number = next(left, None)
        threading.Event().wait(0.05 * (number or 0))
        return None if number is None else refuse(status, "its words")

    with serve_qdrant(fail) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, wire=Wire(WRITERS))
        report = sync(sources, embedder=CountingEmbedder(), store=store, options=Options(batch_size=4))
        assert [tally.dataset for tally in report.datasets] == ["a"]
        assert report.exit_code == (2 if status == 403 else 6)
        assert 0 <= report.total("added") <= store.count()
        store.close()


@dataclass
class Broken(RowsSource):
    """Fails as a whole at its last file."""

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored]:
        if file.origin == "z.json":
            raise SourceError("its end")
        yield from super().parse(file, content)


def test_the_end_of_a_dataset_does_not_spoil_the_count_of_the_next(tmp_path: Path) -> None:
    """The first ends with points under way, by what is not the store's fault."""
    rows = [("", f"a{n}", "s") for n in range(600)]
    first = Broken(tmp_path / "a", dataset="a").write({"a.json": rows, "z.json": []})
    second = RowsSource(tmp_path / "b", dataset="b").write({"b.json": [("", f"b{n}", "s") for n in range(8)]})

    def pause(request: Request) -> None:
        threading.Event().wait(0.05 if "/points?" in request.path else 0)

    with serve_qdrant(pause) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, wire=Wire(WRITERS))
        third = Broken(tmp_path / "c", dataset="c").write({"z.json": []})
        sources = [first, third, second]
        report = sync(sources, embedder=CountingEmbedder(), store=store, options=Options(batch_size=2))
        assert [str(tally.error) for tally in report.datasets] == ["its end", "its end", "None"]
        assert 0 <= report.datasets[0].added < report.datasets[0].embedded
        assert [tally.added for tally in report.datasets[1:]] == [0, 8]
        assert report.total("added") <= store.count()
        store.close()


@pytest.mark.parametrize("road", ["upsert", "delete"])
def test_whatever_is_too_much_at_once_is_halved(road: str) -> None:
    words = "Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity"

    def limit(request: Request) -> Answer | None:
        much = 0
        if request.method == "PUT" and "/points?" in request.path:
            much = len(request.json["batch"]["ids"]) if road == "upsert" else 0
        if "points/delete" in request.path:
            much = len(request.json["points"])
        return refuse(429, words) if much > 100 else None

    with serve_qdrant(limit) as server:
        client = QdrantClient(url=server.url, check_compatibility=False)
        store = ServerStore(client, "test", name=server.url, wire=Wire(WRITERS))
        points = make_points([str(n) for n in range(600)])
        fill(store, points)
        assert store.count() == 600
        store.delete([point.id for point in points])
        assert store.count() == 0
        store.close()


def test_a_deletion_does_not_hide_that_the_points_before_it_failed() -> None:
    with hold(refuse(404, "Not found: Collection `test` doesn't exist!")) as (store, gate, _):
        store.upsert(make_points("ab"))
        gate.open.set()
        with pytest.raises(StoreError, match="doesn't exist"):
            store.delete([make_point("z").id])


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, [{"a": 2**70}], float("nan"), [float("inf")]])
def test_a_number_that_the_server_would_change_is_refused_by_name(value: Any) -> None:
    with hold() as (store, _, server):
        point = replace(make_point("a"), payload=make_payload("laws", "luật.txt", "a", code=value))
        with pytest.raises(StoreError, match=rf"point {point.id} \(luật.txt, row 3\).*metadata.code"):
            store.upsert([make_point("b"), point])
        with pytest.raises(StoreError, match=r"metadata.code"):
            store.overwrite({point.id: point.payload})
        store.flush()
        assert list_kinds(server) == []


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), True, 1e300, -0.0, "9" * 30, [[1, [2.0, None]], {}]])
def test_every_other_value_comes_back_as_it_was(value: Any) -> None:
    with hold() as (store, gate, _):
        gate.open.set()
        store.upsert([replace(make_point("a"), payload=make_payload("laws", "luật.txt", "a", code=value))])
        found = next(iter(store.scroll())).payload["metadata"]
        assert isinstance(found, dict)
        assert repr(found["code"]) == repr(value)


@pytest.mark.parametrize("at", ["weigh", "start"])
def test_ctrl_c_in_the_midst_of_taking_points_leaves_nothing_behind(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was taken before is written at the close, which ends, and lets go of the lock."""
    released: list[bool] = []

    class Lock:
        def release(self) -> None:
            released.append(True)

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    with hold() as (store, gate, _):
        gate.open.set()
        store._lock = Lock()  # type: ignore[assignment]  # it is one for this
        store.upsert(make_points("ab"))
        with monkeypatch.context() as patched:
            patched.setattr(server_writes if at == "weigh" else Flight, at, interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.upsert(make_points("cd"))
        store.close()
        assert released == [True]
        with monkeypatch.context() as patched:
            patched.setattr(Flight, "settle", interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.close()
        assert released == [True, True]
