"""A rebuilt collection is what a first run would have made; until the switch everything is served by the old one."""

import os
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from ingest.errors import EmbeddingError, GuardError, IdentityError, UsageError
from ingest.guard import Guard
from ingest.protocols import Store
from ingest.rebuilding import NOT_SWITCHED, rebuild
from ingest.removal import remove_dataset
from ingest.report import Report
from ingest.stores import open_store
from ingest.stores.readonly import ReadOnlyStore
from ingest.stores.server import ServerStore
from ingest.sync import Options, sync
from tests.fakes import WRITES, CountingEmbedder, Crash, Files, RowsSource, contents
from tests.stores.memory import MemoryStore
from tests.test_sync import ANYTHING, histories

NEW = "another model"
LIVE = os.environ.get("QDRANT_TEST_URL")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        yield


def run(source: RowsSource, store: Store, embedder: CountingEmbedder | None = None, **options: Any) -> Report:
    return sync([source], embedder=embedder or CountingEmbedder(), store=store, options=Options(**options))


def remake(source: RowsSource, store: Store, embedder: CountingEmbedder, **more: Any) -> Report:
    options = more.pop("options", ANYTHING)
    return rebuild([source], embedder=embedder, store=store, options=options, **more)


def open_embedded(folder: Path, _: QdrantClient) -> Store:
    return open_store(path=str(folder))


def open_behind_alias(_: Path, client: QdrantClient) -> Store:
    return ServerStore(client, "legal_rag", name="memory", alias="laws")


def open_memory(_: Path, __: QdrantClient) -> Store:
    return MemoryStore()


STORES = [open_memory, open_embedded, open_behind_alias]
Opener = Callable[[Path, QdrantClient], Store]


@pytest.mark.parametrize("make", STORES)
@given(history=histories, model=st.sampled_from(["fake", NEW]))
@settings(max_examples=12)
def test_a_rebuilt_collection_is_what_a_first_run_makes(make: Opener, history: list[Files], model: str) -> None:
    with TemporaryDirectory() as folder:
        source = RowsSource(Path(folder) / "rows")
        store, fresh = make(Path(folder) / "store", QdrantClient(":memory:")), MemoryStore()
        for files in history:
            run(source.write(files), store, prune=True, guard=ANYTHING.guard)
        embedder = CountingEmbedder(model)
        before = store.describe()
        report = remake(source, store, embedder)
        sync([source], embedder=CountingEmbedder(model), store=fresh, options=ANYTHING)
        if report.exit_code in (0, 3):
            assert contents(store) == contents(fresh)
            assert (described := store.describe()) is None or described.identity.model == model
        else:
            assert store.describe() == before
        assert store.clear() == []
        again = CountingEmbedder(model)
        if before:
            run(source, store, again, guard=ANYTHING.guard)
            assert not {item for item in again.asked if "poison" not in item}
        store.close()


@given(
    history=histories,
    limit=st.sampled_from(["0", "2", "50%", "100%"]),
    poison=st.booleans(),
    damaged=st.booleans(),
)
@settings(max_examples=60)
def test_a_dry_run_ends_as_the_rebuild_that_follows(
    history: list[Files], limit: str, poison: bool, damaged: bool
) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder) / "rows"), MemoryStore()
        run(source.write(history[0]), store, guard=ANYTHING.guard)
        files = dict(history[-1])
        if poison:
            files["x.json"] = [*files.get("x.json", [])[1:], ("mới", "poison", "")]
        source.write(files)
        if damaged:
            source.root.joinpath("y.json").write_text("damaged", encoding="utf-8")
        before = contents(store)
        options = Options(guard=Guard(limit))
        dry = remake(source, ReadOnlyStore(store), CountingEmbedder(), options=options, switch=False)
        assert contents(store) == before
        wet = remake(source, store, CountingEmbedder(), options=options)
        assert (dry.exit_code, str(dry.failure)) == (wet.exit_code, str(wet.failure))


@pytest.fixture
def source(tmp_path: Path) -> RowsSource:
    rows = [("", f"Trả lời số {number}", "") for number in range(4)]
    return RowsSource(tmp_path / "rows").write({"a": rows, "b": [("", "Đáp.", "")]})


@pytest.fixture
def other(tmp_path: Path) -> RowsSource:
    return RowsSource(tmp_path / "other", dataset="others").write({"x": [("", "답변", "")]})


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = request.param(tmp_path / "store", QdrantClient(":memory:"))
    yield opened
    opened.close()


def test_the_same_model_embeds_nothing_again(source: RowsSource, store: Store) -> None:
    run(source, store)
    embedder = CountingEmbedder()
    report = remake(source, store, embedder)
    assert report.exit_code == 0
    assert embedder.asked == []
    assert report.total("reused") == report.total("added") == 5


def test_what_was_recorded_of_a_dataset_is_kept(source: RowsSource, store: Store) -> None:
    run(source, store, chunk_size=200)
    remake(source, store, CountingEmbedder(NEW))
    described = store.describe()
    assert described
    assert described.identity.model == NEW
    assert described.datasets["rows"]["chunking"]["size"] == 200  # type: ignore[index,call-overload]
    assert "last_run" in described.datasets["rows"]


def test_datasets_that_are_not_named_are_copied(source: RowsSource, other: RowsSource, store: Store) -> None:
    run(source, store)
    run(other, store)
    before, recorded = contents(store), store.describe()
    report = remake(source, store, CountingEmbedder())
    assert report.exit_code == 0
    assert any("copied" in note and "others" in note for note in report.notes)
    assert contents(store) == before
    described = store.describe()
    assert described
    assert recorded
    assert described.datasets["others"] == recorded.datasets["others"]


def test_datasets_of_another_model_are_not_dropped_in_silence(
    source: RowsSource, other: RowsSource, store: Store
) -> None:
    run(source, store)
    run(other, store)
    before, described = contents(store), store.describe()
    with pytest.raises(GuardError, match=r"others.*--drop-others"):
        remake(source, store, CountingEmbedder(NEW))
    assert (contents(store), store.describe()) == (before, described)
    assert store.clear() == []

    report = remake(source, store, CountingEmbedder(NEW), drop_others=True)
    assert report.exit_code == 0
    assert any("dropped" in note and "others" in note for note in report.notes)
    assert store.count("others") == 0
    assert "others" not in (store.describe() or pytest.fail("gone")).datasets


def test_a_service_that_fails_switches_nothing_and_the_next_rebuild_goes_on(source: RowsSource, store: Store) -> None:
    run(source, store)
    before, described = contents(store), store.describe()
    failing = CountingEmbedder(NEW, fail_after=3)
    report = remake(source, store, failing, options=Options(batch_size=1, concurrency=1))
    assert report.exit_code == 5
    assert isinstance(report.failure, EmbeddingError)
    assert any("not switched" in note for note in report.notes)
    assert (contents(store), store.describe()) == (before, described)

    working = CountingEmbedder(NEW)
    assert remake(source, store, working).exit_code == 0
    assert sorted(failing.asked + working.asked) == sorted({*failing.asked, *working.asked})
    assert len(failing.asked) == 3


def test_a_build_of_another_model_is_started_over(source: RowsSource, store: Store) -> None:
    run(source, store)
    remake(source, store, CountingEmbedder("a third", fail_after=3), options=Options(batch_size=1, concurrency=1))
    embedder = CountingEmbedder(NEW)
    assert remake(source, store, embedder).exit_code == 0
    assert len(embedder.asked) == 5
    assert (store.describe() or pytest.fail("gone")).identity.model == NEW


def test_an_ordinary_run_clears_away_what_was_abandoned(source: RowsSource, store: Store) -> None:
    run(source, store)
    before = contents(store)
    remake(source, store, CountingEmbedder(NEW, fail_after=3), options=Options(batch_size=1, concurrency=1))
    embedder = CountingEmbedder()
    assert run(source, store, embedder).exit_code == 0
    assert embedder.asked == []
    assert contents(store) == before
    assert store.clear() == []


def test_the_guard_compares_the_new_with_the_old(source: RowsSource, store: Store) -> None:
    run(source, store)
    before = contents(store)
    source.write({"b": [("", "Đáp.", "")]})
    report = remake(source, store, CountingEmbedder(NEW), options=Options(guard=Guard("50%")))
    assert report.exit_code == 7
    assert contents(store) == before
    report = remake(source, store, CountingEmbedder(NEW), options=Options(guard=Guard("4")))
    assert report.exit_code == 0
    assert store.count() == 1


def test_a_dry_run_says_what_would_leave_and_what_would_become_of_the_others(
    source: RowsSource, other: RowsSource, store: Store
) -> None:
    run(source, store)
    run(other, store)
    source.write({"a": [("", f"Trả lời số {number}", "") for number in range(4)]})
    dry = remake(source, ReadOnlyStore(store), CountingEmbedder(), options=Options(), switch=False)
    assert dry.exit_code == 0
    assert dry.notes == [
        "1 of 5 chunks of rows would leave the collection",
        "would be copied with their vectors: others",
    ]
    dry = remake(source, ReadOnlyStore(store), CountingEmbedder(), switch=False, drop_others=True)
    assert dry.notes[1:] == ["would be dropped, as --drop-others says: others"]
    assert store.count() == 6


@pytest.mark.parametrize("switch", [True, False])
def test_what_was_not_done_is_not_told(source: RowsSource, other: RowsSource, store: Store, switch: bool) -> None:
    run(source, store)
    run(other, store)
    source.root.joinpath("a").write_text("damaged", encoding="utf-8")
    source.root.joinpath("b").write_text("damaged", encoding="utf-8")
    report = remake(source, store if switch else ReadOnlyStore(store), CountingEmbedder(), switch=switch)
    assert report.exit_code == 4
    assert report.notes == ([NOT_SWITCHED] if switch else [])


def test_an_item_that_is_skipped_is_not_lost(source: RowsSource, store: Store) -> None:
    run(source, store)
    before = contents(store)
    rows = [("", "Đáp.", ""), ("Mới", "poison", "")]
    source.write({"a": [("", "poison", ""), *[("thêm", f"{n}", "") for n in range(9)]], "b": rows})
    source.root.joinpath("a").write_text("damaged", encoding="utf-8")
    report = remake(source, store, CountingEmbedder(NEW), options=Options(guard=Guard("90%")))
    assert report.exit_code == 7
    assert "skipped" in str(report.failure)
    assert contents(store) == before


def test_a_new_item_that_is_skipped_stops_no_switch(source: RowsSource, store: Store) -> None:
    run(source, store)
    source.write({"a": [("Mới", "poison", "")], "b": [("", "Đáp.", "")]})
    run(source, store, guard=Guard("100%"))
    report = remake(source, store, CountingEmbedder(NEW), options=Options(guard=Guard("100%")))
    assert report.exit_code == 3
    assert (store.describe() or pytest.fail("gone")).identity.model == NEW


@pytest.mark.parametrize("options", [Options(limit=3), Options(prune=False)])
def test_a_part_of_a_collection_is_no_rebuild(source: RowsSource, store: Store, options: Options) -> None:
    run(source, store)
    with pytest.raises(UsageError):
        remake(source, store, CountingEmbedder(NEW), options=options)


def test_where_nothing_is_there_a_rebuild_is_a_run(source: RowsSource, store: Store) -> None:
    assert remake(source, store, CountingEmbedder()).exit_code == 0
    assert store.count() == 5


def test_without_rebuild_another_model_is_refused_and_told_of_it(source: RowsSource, store: Store) -> None:
    run(source, store)
    with pytest.raises(IdentityError, match="--rebuild"):
        run(source, store, CountingEmbedder(NEW))


class Countdown:
    """The process dies at its n-th write, to whichever of its collections."""

    def __init__(self, at: int) -> None:
        self.left = at

    def wrap(self, store: Store) -> Any:
        return Dying(store, self)


class Dying:
    """A store, and the builds that are opened from it, under one countdown."""

    def __init__(self, store: Store, countdown: Countdown) -> None:
        self._store, self._countdown = store, countdown

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        if name == "build":
            return lambda: Dying(attribute(), self._countdown)
        return self._wrap(attribute) if name in WRITES else attribute

    def _wrap(self, method: Any) -> Any:
        def write(*args: Any, **kwargs: Any) -> Any:
            self._countdown.left -= 1
            if self._countdown.left < 0:
                raise Crash
            return method(*(item._store if isinstance(item, Dying) else item for item in args), **kwargs)

        return write


@pytest.mark.parametrize("make", [open_embedded, open_behind_alias])
@pytest.mark.parametrize("again", [rebuild, sync])
def test_a_death_at_any_write_leaves_the_old_or_the_new(
    make: Opener, again: Callable[..., Report], source: RowsSource, other: RowsSource, tmp_path: Path
) -> None:
    """A death in the middle of `switch` is the stores' own test."""
    reference = MemoryStore()
    run(source, reference)
    run(other, reference)
    old = contents(reference)
    for at in range(100):
        folder, client = tmp_path / f"store{at}", QdrantClient(":memory:")
        store = make(folder, client)
        run(source, store)
        run(other, store)
        died = False
        with suppress(Crash):
            remake(source, Countdown(at).wrap(store), CountingEmbedder())
            died = True
        if make is open_embedded:
            store.close()
        store = make(folder, client)
        store.describe()
        assert contents(store) == old
        embedder = CountingEmbedder()
        options = {"options": ANYTHING}
        assert again([source, other], embedder=embedder, store=store, **options).exit_code == 0
        assert embedder.asked == []
        assert contents(store) == old
        assert store.clear() == []
        assert len(list_collections(folder, client)) == 1
        store.close()
        if died:
            assert at > 5
            return
    pytest.fail("it never came to an end")


def list_collections(folder: Path, client: QdrantClient) -> Sequence[str]:
    """The collections of either store that are there."""
    shards = [path.name for path in folder.glob("*/shard-*")]
    return shards or [item.name for item in client.get_collections().collections]


def test_a_reader_behind_an_alias_never_finds_less(source: RowsSource, other: RowsSource) -> None:
    """Before and after every request that the rebuild makes, a search by the alias finds each text of the sources."""
    client = QdrantClient(":memory:")
    store = ServerStore(client, "legal_rag", name="memory", alias="laws")
    run(source, store)
    run(other, store)
    asked, searched = client.query_points, 0
    vector = CountingEmbedder().encode_query("Câu hỏi").tolist()

    def search() -> None:
        nonlocal searched
        found = asked("laws", vector, limit=100, with_payload=True).points
        assert {point.payload["page_content"] for point in found if point.payload} >= {"Đáp.", "답변"}
        assert len(found) == 6
        searched += 1

    for name in ("upsert", "delete", "set_payload", "create_collection", "delete_collection", "update_collection"):
        _surround(client, name, search)
    _surround(client, "update_collection_aliases", search)
    assert remake(source, store, CountingEmbedder()).exit_code == 0
    assert searched > 10
    assert len(client.get_collections().collections) == 1
    assert (store.describe() or pytest.fail("gone")).datasets.keys() == {"rows", "others"}


@pytest.mark.skipif(not LIVE, reason="QDRANT_TEST_URL names no server")
def test_a_reader_of_a_live_server_never_finds_less(source: RowsSource) -> None:
    """A thread searches by the alias all the time, while the collection behind it is made anew twice."""
    name, key = f"test-{uuid.uuid4()}", os.environ.get("QDRANT_API_KEY")
    store = open_store(url=LIVE, collection=name, alias=f"{name}-alias", api_key=key)
    reader = QdrantClient(url=LIVE, headers={"api-key": key} if key else None)
    vector, found, ended = CountingEmbedder().encode_query("Câu hỏi").tolist(), [], threading.Event()

    def search() -> None:
        while not ended.is_set():
            found.append(len(reader.query_points(f"{name}-alias", vector, limit=100).points))

    try:
        run(source, store)
        thread = threading.Thread(target=search)
        thread.start()
        for model in (NEW, "fake"):
            assert remake(source, store, CountingEmbedder(model)).exit_code == 0
        ended.set()
        thread.join()
        assert set(found) == {5}
    finally:
        ended.set()
        for number in range(1, 4):
            reader.delete_collection(f"{name}-{number}")
        reader.close()
        store.close()


def _surround(client: QdrantClient, name: str, look: Callable[[], None]) -> None:
    made = getattr(client, name)

    def request(*args: Any, **kwargs: Any) -> Any:
        look()
        answer = made(*args, **kwargs)
        look()
        return answer

    setattr(client, name, request)


def test_a_vector_that_is_damaged_is_not_copied_but_made_anew(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store)
    whole = contents(store)
    for id_, flaw in zip(list(whole), (np.nan, np.inf, 0.0, 3.0), strict=False):
        store._points[id_] = replace(store._points[id_], vector=np.full(8, flaw, np.float32))
    embedder = CountingEmbedder()
    assert remake(source, store, embedder).exit_code == 0
    assert len(embedder.asked) == 4
    assert contents(store) == whole


def die_at_the_switch(source: RowsSource, store: Store) -> None:
    """Rebuild until all is written, and die."""
    dying = Countdown(10_000).wrap(store)
    dying.switch = lambda _: (_ for _ in ()).throw(Crash)
    with suppress(Crash):
        remake(source, dying, CountingEmbedder())


def test_a_resumed_build_holds_nothing_that_the_run_does_not_ask_for(
    source: RowsSource, other: RowsSource, store: Store
) -> None:
    run(source, store)
    run(other, store)
    die_at_the_switch(source, store)
    remove_dataset(store, "others")
    assert remake(source, store, CountingEmbedder()).exit_code == 0
    assert (store.count(), store.count("others")) == (5, 0)
    assert (store.describe() or pytest.fail("gone")).datasets.keys() == {"rows"}


def test_a_source_that_was_cut_short_is_not_switched_to(source: RowsSource, store: Store) -> None:
    run(source, store)
    source.write({"a": [("", "Trả lời số 0", "")], "b": [("", "Đáp.", "")]})
    report = remake(source, store, CountingEmbedder(), options=Options())
    assert report.exit_code == 7
    assert store.count() == 5
    dry = remake(source, ReadOnlyStore(store), CountingEmbedder(), options=Options(), switch=False)
    assert dry.exit_code == 7


def test_an_item_that_moved_and_is_refused_now_is_not_lost(source: RowsSource, store: Store) -> None:
    source.write({"a": [("một", "tốt", ""), ("hai", "cũng tốt", ""), ("ba", "rất tốt", "")]})
    run(source, store)
    source.write({"a": [("mới", "thêm", ""), ("một", "tốt", ""), ("hai", "poison", ""), ("ba", "rất tốt", "")]})
    report = remake(source, store, CountingEmbedder(), options=Options())
    assert report.exit_code == 7
    assert store.count() == 6


def test_a_dataset_that_was_made_meanwhile_is_copied_too(source: RowsSource, other: RowsSource, store: Store) -> None:
    run(source, store)
    seen: list[Report] = []
    elsewhere = Countdown(10_000).wrap(store)
    elsewhere.clear = list  # a run of another host clears no build away that goes on

    def watch(_: Any) -> None:
        if not seen:
            seen.append(run(other, elsewhere))

    source.write({"a": [("Câu mới", "Trả lời mới", "")], "b": [("", "Đáp.", "")]})
    options = Options(guard=Guard("100%"))
    report = rebuild([source], embedder=CountingEmbedder(), store=store, options=options, watch=watch)
    assert (report.exit_code, store.count("others")) == (0, 1)


def test_when_a_dataset_was_complete_last_is_not_forgotten(source: RowsSource, store: Store) -> None:
    run(source, store)
    source.write({"a": [("Mới", "poison", "")], "b": [("", "Đáp.", "")]})
    assert remake(source, store, CountingEmbedder(), options=Options(guard=Guard("100%"))).exit_code == 3
    assert "last_run" in (store.describe() or pytest.fail("gone")).datasets["rows"]


def test_a_signal_while_switching_is_not_called_unswitched(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store)
    switch = store.switch

    def interrupted(built: Store) -> str:
        switch(built)
        raise KeyboardInterrupt

    store.switch = interrupted  # type: ignore[method-assign]
    report = remake(source, store, CountingEmbedder(NEW))
    assert report.exit_code == 130
    assert any("ended while switching" in note for note in report.notes)
    assert (store.describe() or pytest.fail("gone")).identity.model == NEW


def test_a_build_for_another_alias_is_left_alone(source: RowsSource, other: RowsSource) -> None:
    client = QdrantClient(":memory:")
    laws, faq = (ServerStore(client, "legal_rag", name="memory", alias=alias) for alias in ("laws", "faq"))
    run(source, laws)
    run(other, faq)
    die_at_the_switch(source, laws)
    assert remake(other, faq, CountingEmbedder()).exit_code == 0
    assert (faq.count("others"), faq.count("rows")) == (1, 0)
    assert remake(source, laws, CountingEmbedder()).exit_code == 0
    assert (laws.count("others"), laws.count("rows")) == (0, 5)
